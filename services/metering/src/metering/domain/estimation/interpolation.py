"""E4: a straight line between the neighbours of a gap of at most two hours; with one neighbour, flat."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from metering.domain.estimation.material import Material
from metering.domain.estimation.rounding import Number
from metering.domain.intervals import STEP_SECONDS

MOST_SLOTS: Final = 4


def interpolated(material: Material, run: Sequence[int], channel: int) -> list[Number] | None:
    """Return the line over consecutive half hours; None for a longer gap or one without a good neighbour."""
    if not run or len(run) > MOST_SLOTS:
        return None
    before = material.value(run[0] - STEP_SECONDS, channel)
    after = material.value(run[-1] + STEP_SECONDS, channel)
    if before is None and after is None:
        return None
    first = after if before is None else before
    last = before if after is None else after
    if first is None or last is None:
        return None
    rise = Fraction(last) - Fraction(first)
    return [Fraction(first) + rise * (number + 1) / (len(run) + 1) for number in range(len(run))]
