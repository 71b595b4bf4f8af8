from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.meter_poller.parts import HALF_HOUR, NOON

from meter_poller.schedule import lag_of, next_border, next_due, offset_of

SECONDS = st.integers(0, 10**9).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))


@given(SECONDS, st.integers(60, 7_200), st.integers(0, 10_000))
def test_the_next_due_instant_is_always_ahead_and_at_most_a_period_away(now: datetime, every: int, offset: int):
    period = timedelta(seconds=every)
    due = next_due(now, every=period, offset=timedelta(seconds=offset))
    assert now < due <= now + period
    assert next_due(due, every=period, offset=timedelta(seconds=offset)) == due + period


def test_polls_come_after_the_border_by_the_wires_own_offset():
    assert next_due(NOON, every=HALF_HOUR, offset=timedelta(seconds=20)) == NOON + timedelta(seconds=20)
    late = NOON + timedelta(seconds=20)
    assert next_due(late, every=HALF_HOUR, offset=timedelta(seconds=20)) == NOON + HALF_HOUR + timedelta(seconds=20)


def test_borders_are_never_missed_by_a_step():
    assert next_border(NOON - timedelta(microseconds=1)) == NOON
    assert next_border(NOON) == NOON + HALF_HOUR


def test_wires_spread_over_the_given_seconds_and_keep_their_place():
    offsets = [offset_of(UUID(int=i), delay_seconds=15, spread_seconds=60) for i in range(500)]
    assert offsets == [offset_of(UUID(int=i), delay_seconds=15, spread_seconds=60) for i in range(500)]
    assert all(timedelta(seconds=15) <= offset < timedelta(seconds=75) for offset in offsets)
    quarters = [sum(offset < timedelta(seconds=15 + 15 * quarter) for offset in offsets) for quarter in (1, 2, 3)]
    assert all(abs(found - 125 * quarter) < 50 for quarter, found in zip((1, 2, 3), quarters, strict=True))


def test_only_a_clock_that_is_behind_delays_its_meter_and_not_for_long():
    limit = timedelta(minutes=15)
    assert lag_of(None, limit=limit) == timedelta()
    assert lag_of(30, limit=limit) == timedelta()
    assert lag_of(-0.9, limit=limit) == timedelta()
    assert lag_of(-2, limit=limit) == timedelta(seconds=30)
    assert lag_of(-31, limit=limit) == timedelta(seconds=60)
    assert lag_of(-86_400, limit=limit) == limit
