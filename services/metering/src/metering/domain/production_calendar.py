"""Types of day: working days, Saturdays, Sundays with holidays, by the Russian production calendar of each year.

Holidays: article 112 of the Labour Code. Days off moved by the Government: постановления Правительства РФ of 2023-08-10
№ 1314 (for 2024), 2024-10-04 № 1335 (2025), 2025-09-24 № 1466 (2026). Of a year whose decree is not listed nothing is
moved, and `decree_of` says that it is not known: whoever shows what rests on a type of day tells so.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Final

SATURDAY: Final = 5
SUNDAY: Final = 6


class DayType(str, Enum):
    """Type of a local day; a holiday, or a day off that was moved, is as a Sunday."""

    WORKDAY = "workday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@dataclass(frozen=True, slots=True)
class Holidays:
    """Holidays (month, day) that the law names from one year to another (not included; None: until it changes)."""

    valid_from: int
    valid_to: int | None
    source: str
    days: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Moved:
    """A year's days off on working days, and working Saturdays, by the decree and by article 112 where it is silent."""

    source: str
    days_off: frozenset[date]
    working_saturdays: frozenset[date]


HOLIDAYS: Final = (
    Holidays(
        2013,
        None,
        "ТК РФ, ст. 112",
        frozenset(
            {*((1, day) for day in range(1, 9)), (2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)},
        ),
    ),
)
MOVED: Final = {
    2024: Moved(
        "постановление Правительства РФ от 10.08.2023 № 1314",
        frozenset({date(2024, 4, 29), date(2024, 4, 30), date(2024, 5, 10), date(2024, 12, 30), date(2024, 12, 31)}),
        frozenset({date(2024, 4, 27), date(2024, 11, 2), date(2024, 12, 28)}),
    ),
    2025: Moved(
        "постановление Правительства РФ от 04.10.2024 № 1335",
        frozenset({date(2025, 5, 2), date(2025, 5, 8), date(2025, 6, 13), date(2025, 11, 3), date(2025, 12, 31)}),
        frozenset({date(2025, 11, 1)}),
    ),
    2026: Moved(
        "постановление Правительства РФ от 24.09.2025 № 1466; ТК РФ, ст. 112",
        frozenset({date(2026, 1, 9), date(2026, 3, 9), date(2026, 5, 11), date(2026, 12, 31)}),
        frozenset(),
    ),
}


@lru_cache(maxsize=16_384)
def day_type(day: date) -> DayType:
    """Return the type of a local day; of a year without a known decree by weekday and the law's holidays alone."""
    moved = MOVED.get(day.year)
    if moved is not None and day in moved.working_saturdays:
        return DayType.WORKDAY
    if is_holiday(day) or (moved is not None and day in moved.days_off) or day.weekday() == SUNDAY:
        return DayType.SUNDAY
    return DayType.SATURDAY if day.weekday() == SATURDAY else DayType.WORKDAY


def decree_of(year: int) -> str | None:
    """Return what moved the year's days off; None: not known here."""
    moved = MOVED.get(year)
    return None if moved is None else moved.source


def days_left(day: date) -> int:
    """Return in how many days a year begins whose decree is not known; below 1 if that of `day` is not."""
    year = day.year
    while decree_of(year) is not None:
        year += 1
    return (date(year, 1, 1) - day).days


def is_holiday(day: date) -> bool:
    """Say whether the law names the day a holiday."""
    return any(
        (day.month, day.day) in each.days
        for each in HOLIDAYS
        if each.valid_from <= day.year and (each.valid_to is None or day.year < each.valid_to)
    )
