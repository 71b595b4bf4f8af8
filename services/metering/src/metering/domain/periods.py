"""Calendar periods of a point's zone: months, weeks from Monday, days and half hours, and which days stand opposite.

Borders are local midnights; so a day has 46, 48 or 50 half hours where clocks change. Definitions:
docs/architecture/queries.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final

from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import ONE_DAY, local_day
from metering.errors import InvalidPeriod

WEEK_DAYS: Final = 7
MONTHS_A_YEAR: Final = 12
WEEKS_A_YEAR: Final = 52
MAX_DAYS: Final = 366
# Five years, the time that half hours are kept.
MAX_DAYS_OF_SUMS: Final = 1_827
# Borders of the store's time column, with a day to spare on each side for every zone.
FIRST_DAY: Final = date(1970, 1, 2)
LAST_DAY: Final = date(2106, 2, 1)


class PeriodStep(str, Enum):
    """What is summed into one value."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HALF_HOUR = "half_hour"


class Against(str, Enum):
    """The period to compare with."""

    PREVIOUS = "previous"
    LAST_YEAR = "last_year"


class Align(str, Enum):
    """Which day stands opposite: the same date, or the same day of the week."""

    DAY = "day"
    WEEKDAY = "weekday"


@dataclass(frozen=True, slots=True)
class Period:
    """A whole month, week, day or half hour: [start, end) in UTC seconds; `first_on` is its first local day."""

    first_on: date
    start_epoch: int
    end_epoch: int


def check_days(first_on: date, end_on: date, *, at_most: int = MAX_DAYS) -> None:
    """Raise InvalidPeriod unless [first_on, end_on) is one to `at_most` days that the store can hold."""
    if end_on <= first_on:
        raise InvalidPeriod("the period ends before it begins")
    if (end_on - first_on).days > at_most:
        raise InvalidPeriod(f"at most {at_most} days at once", code="period_too_long")
    if first_on < FIRST_DAY or end_on > LAST_DAY:
        raise InvalidPeriod("the period lies outside of 1970 to 2106", code="period_out_of_range")


def periods(step: PeriodStep, first_on: date, end_on: date, time_zone: str) -> list[Period]:
    """Return the whole periods that touch the local days [first_on, end_on), in order and without holes."""
    if step is PeriodStep.HALF_HOUR:
        return [
            Period(day.day, slot, slot + STEP_SECONDS)
            for day in (local_day(each, time_zone) for each in days(first_on, end_on))
            for slot in day.slots
        ]
    return [
        Period(first, local_day(first, time_zone).start_epoch, local_day(following, time_zone).start_epoch)
        for first, following in _whole(step, first_on, end_on)
    ]


def days(first_on: date, end_on: date) -> Iterator[date]:
    """Give the days of [first_on, end_on)."""
    for number in range((end_on - first_on).days):
        yield first_on + number * ONE_DAY


def _whole(step: PeriodStep, first_on: date, end_on: date) -> Iterator[tuple[date, date]]:
    first = first_of(step, first_on)
    while first < end_on:
        following = _next(step, first)
        yield first, following
        first = following


def first_of(step: PeriodStep, day: date) -> date:
    """Return the first day of the month or week that holds `day`; of other steps the day itself."""
    if step is PeriodStep.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if step is PeriodStep.WEEK else day


def end_of_last(step: PeriodStep, end_on: date) -> date:
    """Return the day after the last whole period that touches the days before `end_on`."""
    return _next(step, first_of(step, end_on - ONE_DAY))


def _next(step: PeriodStep, first: date) -> date:
    if step is PeriodStep.MONTH:
        return month_after(first, 1)
    return first + (WEEK_DAYS * ONE_DAY if step is PeriodStep.WEEK else ONE_DAY)


def month_after(first_on: date, months: int) -> date:
    """Return the first day of the month that is `months` after that of `first_on`."""
    count = first_on.year * MONTHS_A_YEAR + first_on.month - 1 + months
    return date(count // MONTHS_A_YEAR, count % MONTHS_A_YEAR + 1, 1)


def opposite_days(first_on: date, end_on: date, against: Against, align: Align) -> list[date | None]:
    """Return for each day of [first_on, end_on) the day to compare it with; None where there is no such date.

    By weekday: whole weeks back, 52 for last year. By day: the same date a year before; a period of whole months is
    set against as many months before it by day of the month, any other against as many days before it.
    """
    count = (end_on - first_on).days
    if align is Align.WEEKDAY:
        weeks = WEEKS_A_YEAR if against is Against.LAST_YEAR else -(-count // WEEK_DAYS)
        return [day - timedelta(weeks=weeks) for day in days(first_on, end_on)]
    if against is Against.LAST_YEAR:
        return [_months_before(day, MONTHS_A_YEAR) for day in days(first_on, end_on)]
    if first_on.day == end_on.day == 1:
        months = (end_on.year - first_on.year) * MONTHS_A_YEAR + end_on.month - first_on.month
        return [_months_before(day, months) for day in days(first_on, end_on)]
    return [day - timedelta(days=count) for day in days(first_on, end_on)]


def _months_before(day: date, months: int) -> date | None:
    month = month_after(day, -months)
    try:
        return month.replace(day=day.day)
    except ValueError:
        return None
