"""E5: the mean of the three nearest good days of the same type, half hour by half hour."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Final

from metering.domain.estimation.material import Material
from metering.domain.estimation.rounding import Number

DAYS: Final = 3


def like_days(material: Material) -> list[date]:
    """Return the three nearest good days of this day's type, nearest first, of two as near the earlier; fewer: none."""
    wanted = material.type_of(material.day.day)
    same = [day for day in material.good_days if material.type_of(day) is wanted]
    same.sort(key=lambda day: (abs((day - material.day.day).days), day))
    return same[:DAYS] if len(same) >= DAYS else []


def mean_of_like_days(material: Material, run: Sequence[int], channel: int) -> list[Number] | None:
    """Return the means at the local times of `run`; None without three like days, or where one leaves a time out."""
    days = like_days(material)
    if not days:
        return None
    means: list[Number] = []
    for start in run:
        values: list[Number] = []
        for day in days:
            same = material.at_same_time(start, material.good_days[day])
            value = None if same is None else material.value(same, channel)
            if value is None:
                return None
            values.append(value)
        means.append(Fraction(sum(Fraction(value) for value in values), len(values)))
    return means
