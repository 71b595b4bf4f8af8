"""Calendar periods: without holes, on the point's own midnights, in zones with history, past 2038; days opposite."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.local_days import local_day
from metering.domain.periods import (
    Against,
    Align,
    PeriodStep,
    check_days,
    days,
    end_of_last,
    first_of,
    month_after,
    opposite_days,
    periods,
)
from metering.errors import InvalidPeriod

ZONES = [
    "Europe/Moscow",
    "Europe/Samara",
    "Europe/Volgograd",
    "Asia/Kamchatka",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Sao_Paulo",
]
some_day = st.dates(date(1990, 1, 1), date(2090, 1, 1))
length = st.integers(1, 400)
zone = st.sampled_from(ZONES)


@given(some_day, length, zone, st.sampled_from(list(PeriodStep)))
def test_periods_follow_each_other_without_holes_and_hold_every_day(
    first: date, count: int, name: str, step: PeriodStep
):
    """INVARIANT: every half hour of the days asked for lies in exactly one period."""
    if step is PeriodStep.HALF_HOUR:
        count = min(count, 40)
    end = first + timedelta(days=count)

    found = periods(step, first, end, name)

    assert all(one.end_epoch == other.start_epoch for one, other in pairwise(found))
    assert found[0].start_epoch <= local_day(first, name).start_epoch
    assert found[-1].end_epoch >= local_day(end - timedelta(days=1), name).end_epoch
    assert found[0].start_epoch == local_day(first_of(step, first), name).start_epoch
    assert found[-1].end_epoch == local_day(end_of_last(step, end), name).start_epoch


@given(some_day, zone, st.sampled_from([PeriodStep.MONTH, PeriodStep.WEEK, PeriodStep.DAY]))
def test_a_period_begins_at_the_midnight_of_its_zone(day: date, name: str, step: PeriodStep):
    (period,) = periods(step, day, day + timedelta(days=1), name)

    begins = datetime.fromtimestamp(period.start_epoch, UTC).astimezone(ZoneInfo(name))
    assert begins.date() == period.first_on
    # Where midnight is left out, the day begins with the first half hour that there is.
    assert begins.hour * 60 + begins.minute < 90
    if step is PeriodStep.WEEK:
        assert period.first_on.weekday() == 0
    if step is PeriodStep.MONTH:
        assert period.first_on.day == 1


@pytest.mark.parametrize(
    ("name", "day", "slots"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 46),
        ("Europe/Berlin", date(2026, 10, 25), 50),
        ("Europe/Moscow", date(2026, 3, 29), 48),
        ("Europe/Moscow", date(2014, 10, 26), 50),
        ("Europe/Moscow", date(2011, 3, 27), 46),
        ("Europe/Samara", date(2010, 3, 28), 48),
        ("Europe/Volgograd", date(2020, 12, 27), 50),
        ("Europe/Moscow", date(2038, 1, 19), 48),
        ("Europe/Berlin", date(2039, 3, 27), 46),
    ],
)
def test_a_day_has_46_48_or_50_half_hours(name: str, day: date, slots: int):
    assert len(periods(PeriodStep.HALF_HOUR, day, day + timedelta(days=1), name)) == slots


@given(some_day, st.integers(1, 366), st.sampled_from(list(Against)), st.sampled_from(list(Align)))
def test_every_day_has_an_opposite_before_it_or_none(first: date, count: int, against: Against, align: Align):
    end = first + timedelta(days=count)

    pairs = list(zip(days(first, end), opposite_days(first, end, against, align), strict=True))

    assert all(other is None or other < day for day, other in pairs)
    if align is Align.WEEKDAY:
        assert all(other is not None and other.weekday() == day.weekday() for day, other in pairs)
    elif against is Against.LAST_YEAR:
        assert all(
            (other.month, other.day, other.year) == (day.month, day.day, day.year - 1)
            if other
            else (day.month, day.day) == (2, 29)
            for day, other in pairs
        )
    if against is Against.PREVIOUS:
        assert all(other is None or other < first for _, other in pairs)


def test_a_month_is_set_against_the_month_before_by_day():
    march = opposite_days(date(2026, 3, 1), date(2026, 4, 1), Against.PREVIOUS, Align.DAY)

    assert march[0] == date(2026, 2, 1)
    assert march[27:] == [date(2026, 2, 28), None, None, None]


def test_seven_days_are_set_against_the_seven_before():
    found = opposite_days(date(2026, 3, 4), date(2026, 3, 11), Against.PREVIOUS, Align.DAY)

    assert found == list(days(date(2026, 2, 25), date(2026, 3, 4)))


@given(some_day, st.integers(-30, 30))
def test_months_are_counted_from_the_first(day: date, months: int):
    found = month_after(day, months)

    assert found.day == 1
    assert (found.year - day.year) * 12 + found.month - day.month == months


@pytest.mark.parametrize(
    ("first", "end", "code"),
    [
        (date(2026, 3, 1), date(2026, 3, 1), "invalid_period"),
        (date(2025, 3, 1), date(2026, 3, 3), "period_too_long"),
        (date(1970, 1, 1), date(1970, 1, 3), "period_out_of_range"),
        (date(2106, 1, 30), date(2106, 2, 3), "period_out_of_range"),
    ],
)
def test_days_that_cannot_be_asked_for_are_refused(first: date, end: date, code: str):
    with pytest.raises(InvalidPeriod) as refused:
        check_days(first, end)
    assert refused.value.code == code
