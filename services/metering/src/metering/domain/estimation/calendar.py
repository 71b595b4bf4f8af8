"""Types of day: working days, Saturdays, Sundays and holidays, by the Russian production calendar of each year.

Holidays: article 112 of the Labour Code. Days off that the Government moves are listed by the year and their decree;
for a year without a decree a holiday at a weekend moves to the next working day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from typing import Final

SATURDAY: Final = 5
SUNDAY: Final = 6


class DayType(str, Enum):
    WORK = "work"
    SATURDAY = "saturday"
    SUNDAY_OR_HOLIDAY = "sunday_or_holiday"


@dataclass(frozen=True, slots=True)
class Holidays:
    """Holidays (month, day) that the law names from one year to another (not included; None: until it changes)."""

    valid_from: int
    valid_to: int | None
    source: str
    days: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Moved:
    """What a decree moves within a year: working days on which nobody works, and Saturdays on which all do."""

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
        "постановление от 10.08.2023 № 1314",
        frozenset({date(2024, 4, 29), date(2024, 4, 30), date(2024, 5, 10), date(2024, 12, 30), date(2024, 12, 31)}),
        frozenset({date(2024, 4, 27), date(2024, 11, 2), date(2024, 12, 28)}),
    ),
    2025: Moved(
        "постановление от 04.10.2024 № 1335",
        frozenset({date(2025, 5, 2), date(2025, 5, 8), date(2025, 6, 13), date(2025, 11, 3), date(2025, 12, 31)}),
        frozenset({date(2025, 11, 1)}),
    ),
    2026: Moved(
        "постановление от 24.09.2025 № 1466; ст. 112 ТК РФ",
        frozenset({date(2026, 1, 9), date(2026, 3, 9), date(2026, 5, 11), date(2026, 12, 31)}),
        frozenset(),
    ),
}


@lru_cache(maxsize=16_384)
def day_type(day: date) -> DayType:
    """Return the type of a local day."""
    moved = MOVED.get(day.year)
    if moved is not None and day in moved.working_saturdays:
        return DayType.WORK
    if is_holiday(day) or (day in moved.days_off if moved is not None else _is_moved_to(day)):
        return DayType.SUNDAY_OR_HOLIDAY
    if day.weekday() == SUNDAY:
        return DayType.SUNDAY_OR_HOLIDAY
    return DayType.SATURDAY if day.weekday() == SATURDAY else DayType.WORK


def is_holiday(day: date) -> bool:
    """Say whether the law names the day a holiday."""
    return any(
        (day.month, day.day) in each.days
        for each in HOLIDAYS
        if each.valid_from <= day.year and (each.valid_to is None or day.year < each.valid_to)
    )


def _is_moved_to(day: date) -> bool:
    """Say whether a holiday at a weekend moves to this day; those of January are moved by decree alone."""
    if day.weekday() >= SATURDAY or day.month == 1:
        return False
    before = day - timedelta(days=1)
    while before.weekday() >= SATURDAY:
        if is_holiday(before):
            return True
        before -= timedelta(days=1)
    return False
