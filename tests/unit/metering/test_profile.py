"""Profiles for display: every slot there, gaps as gaps, hours of two known halves."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.intervals import NUMBER, STEP_SECONDS
from metering.domain.profile import Halves, Series, Step, check_period, series
from metering.errors import InvalidPeriod
from topics.quality import Quality

START = datetime(2026, 3, 10, tzinfo=UTC)
EPOCH = int(START.timestamp())
UTC_ZONE = ZoneInfo("UTC")


def halves(*values: int | None, quality: Quality = Quality.VALID, ratio: int = 1, first: int = EPOCH) -> Halves:
    """Rows of consecutive slots; None is a row whose channel is not measured."""
    count = len(values)
    return Halves(
        starts=np.arange(first, first + count * STEP_SECONDS, STEP_SECONDS, dtype=np.int64),
        values=np.array([value or 0 for value in values], dtype=np.int64),
        ratios=np.full(count, ratio, dtype=np.int64),
        known=np.array([value is not None for value in values], dtype=np.bool_),
        quality=np.full(count, NUMBER[quality], dtype=np.int64),
    )


def shown(rows: Halves, slots: int, step: Step = Step.HALF_HOUR) -> Series:
    return series(rows, start_epoch=EPOCH, end_epoch=EPOCH + slots * STEP_SECONDS, step=step)


def test_every_slot_of_the_period_is_there_and_a_missing_one_is_a_gap():
    """INVARIANT: a gap is never a zero."""
    assert shown(halves(0, 5), 4) == Series([0, 5, None, None], ["VALID", "VALID", "GAP", "GAP"])


def test_a_channel_that_is_not_measured_is_a_gap():
    assert shown(halves(None, 5), 2) == Series([None, 5], ["GAP", "VALID"])


def test_the_ratio_is_applied_once():
    assert shown(halves(5, ratio=40), 1).values == [200]


def test_rows_outside_of_the_period_are_not_shown():
    assert shown(halves(1, 2, 3, first=EPOCH - STEP_SECONDS), 1).values == [2]


def test_an_hour_is_the_sum_of_two_known_halves():
    assert shown(halves(1, 2, 3, 4), 4, Step.HOUR) == Series([3, 7], ["VALID", "VALID"])


def test_an_hour_with_one_half_missing_is_a_gap():
    assert shown(halves(1, 2, 3), 4, Step.HOUR) == Series([3, None], ["VALID", "GAP"])


def test_an_hour_has_the_worse_quality_of_its_halves():
    rows = halves(1, 2)
    rows.quality[1] = NUMBER[Quality.DERIVED]

    assert shown(rows, 2, Step.HOUR) == Series([3], ["DERIVED"])


@given(st.lists(st.none() | st.integers(0, 30_000), min_size=2, max_size=100).filter(lambda v: len(v) % 2 == 0))
def test_hours_add_up_to_their_halves(values: list[int | None]):
    half = shown(halves(*values), len(values)).values
    hours = shown(halves(*values), len(values), Step.HOUR).values

    for hour, (first, second) in zip(hours, zip(half[::2], half[1::2], strict=True), strict=True):
        assert hour == (None if first is None or second is None else first + second)


@pytest.mark.parametrize(
    ("zone", "day", "slots"),
    [
        ("Europe/Moscow", (2026, 3, 29), 48),
        ("Europe/Berlin", (2026, 3, 29), 46),
        ("Europe/Berlin", (2026, 10, 25), 50),
        ("Asia/Kamchatka", (2026, 10, 25), 48),
        ("Europe/Moscow", (2014, 10, 26), 50),
        ("Europe/Moscow", (2038, 1, 19), 48),
    ],
)
def test_a_local_day_has_as_many_half_hours_as_its_zone_says(zone: str, day: tuple[int, int, int], slots: int):
    """INVARIANT: days are those of the point's zone, with 46, 48 or 50 half hours."""
    midnight = datetime(*day, tzinfo=ZoneInfo(zone))
    start, end = check_period(midnight, midnight + timedelta(days=1), step=Step.HALF_HOUR, zone=ZoneInfo(zone))

    assert len(series(halves(), start_epoch=start, end_epoch=end, step=Step.HALF_HOUR).values) == slots
    start, end = check_period(midnight, midnight + timedelta(days=1), step=Step.HOUR, zone=ZoneInfo(zone))
    assert len(series(halves(), start_epoch=start, end_epoch=end, step=Step.HOUR).values) == slots // 2


@pytest.mark.parametrize(
    ("start", "end", "step", "code"),
    [
        (START, START, Step.HALF_HOUR, "invalid_period"),
        (START, START - timedelta(hours=1), Step.HALF_HOUR, "invalid_period"),
        (START, START + timedelta(days=366, minutes=30), Step.HALF_HOUR, "period_too_long"),
        (START + timedelta(minutes=1), START + timedelta(days=1), Step.HALF_HOUR, "period_off_grid"),
        (START, START + timedelta(minutes=31), Step.HALF_HOUR, "period_off_grid"),
        (START, START + timedelta(minutes=30), Step.HOUR, "period_off_grid"),
        (START + timedelta(minutes=30), START + timedelta(minutes=90), Step.HOUR, "period_off_grid"),
        (datetime(1969, 12, 31, tzinfo=UTC), START.replace(year=1970), Step.HALF_HOUR, "period_out_of_range"),
        (datetime(2106, 1, 1, tzinfo=UTC), datetime(2106, 12, 1, tzinfo=UTC), Step.HALF_HOUR, "period_out_of_range"),
    ],
)
def test_a_period_off_the_grid_empty_or_too_long_is_refused(start: datetime, end: datetime, step: Step, code: str):
    with pytest.raises(InvalidPeriod) as refused:
        check_period(start, end, step=step, zone=UTC_ZONE)
    assert refused.value.code == code


def test_hours_begin_on_full_hours_of_the_points_zone():
    zone = ZoneInfo("Asia/Kolkata")
    start = datetime(2026, 3, 10, tzinfo=zone)

    assert check_period(start, start + timedelta(hours=1), step=Step.HOUR, zone=zone)[0] % 3600 == 1800
