"""E8: the mean half hour of all good days that are known."""

from collections.abc import Sequence
from fractions import Fraction

from metering.domain.estimation.material import Material
from metering.domain.estimation.rounding import Number


def flat_mean(material: Material, run: Sequence[int], channel: int) -> list[Number] | None:
    """Return the same mean for each half hour; None without a good day."""
    values = [
        value
        for day in material.good_days.values()
        for start in day.slots
        if (value := material.value(start, channel)) is not None
    ]
    if not values:
        return None
    mean = Fraction(sum(Fraction(value) for value in values), len(values))
    return [mean] * len(run)
