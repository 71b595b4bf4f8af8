from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from metering.domain import canary
from metering.domain.intervals import STEP_SECONDS
from simulators.curves import Curve, CurveKind


@given(st.integers(100, 20_000), st.dates(date(2020, 1, 1), date(2037, 12, 31)), st.integers(0, 47))
def test_the_checker_knows_the_curve_that_the_simulated_meter_counts(mean_w: int, day: date, slot: int):
    zone = "Europe/Samara"
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + slot * timedelta(minutes=30)
    counted = Curve(kind=CurveKind.CANARY, seed=1, mean_w=mean_w).slot(day, slot).a_plus_wh
    assert canary.expected_wh(int(start.timestamp()), mean_w=mean_w, clock_zone=zone) == counted


def test_a_tampered_value_and_a_missing_one_are_found_and_a_right_day_is_not():
    """INVARIANT: one watt-hour of difference is noticed, and a gap is late, not a difference."""
    starts = canary.due_starts(1_800_000_000, late_seconds=7_200, slots=48)
    right: dict[int, int | None] = {
        start: canary.expected_wh(start, mean_w=1_000, clock_zone="Etc/UTC") for start in starts
    }
    assert canary.judge(starts, right, mean_w=1_000, clock_zone="Etc/UTC") == canary.Findings([], [])
    wrong = dict(right)
    wrong[starts[3]] = (wrong[starts[3]] or 0) + 1
    del wrong[starts[9]]
    wrong[starts[10]] = None
    found = canary.judge(starts, wrong, mean_w=1_000, clock_zone="Etc/UTC")
    assert (found.differing, found.missing) == ([starts[3]], [starts[9], starts[10]])


def test_a_half_hour_is_due_so_long_after_its_end():
    at = 10 * STEP_SECONDS + 7_200
    assert list(canary.due_starts(at, late_seconds=7_200, slots=2)) == [8 * STEP_SECONDS, 9 * STEP_SECONDS]
    assert canary.due_starts(at - 1, late_seconds=7_200, slots=2)[-1] == 8 * STEP_SECONDS
