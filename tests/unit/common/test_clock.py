from datetime import UTC, datetime, timedelta

import pytest

from common.clock import ClockSettings, FixedClock, ScaledClock, SystemClock, clock_from_settings

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_without_settings_it_is_the_systems_clock():
    assert isinstance(clock_from_settings(ClockSettings()), SystemClock)


def test_a_scaled_clock_shows_the_start_at_the_anchor_and_runs_ahead():
    clock = ScaledClock(anchor_at=datetime.now(UTC) - timedelta(seconds=10), start_at=NOON, speed=360)
    assert clock.now() - NOON == pytest.approx(timedelta(hours=1), abs=timedelta(minutes=6))


async def test_sleeping_until_the_past_returns_at_once():
    clock = FixedClock(NOON)
    await clock.sleep_until(NOON - timedelta(days=1))
    assert clock.now() == NOON


async def test_a_fixed_clock_jumps_to_the_instant_that_was_waited_for():
    clock = FixedClock(NOON)
    await clock.sleep_until(NOON + timedelta(hours=3))
    assert clock.now() == NOON + timedelta(hours=3)


@pytest.mark.parametrize(
    "settings",
    [
        ClockSettings(anchor_at=NOON),
        ClockSettings(start_at=NOON),
        ClockSettings(anchor_at=NOON, start_at=NOON.replace(tzinfo=None)),
    ],
)
def test_half_a_setting_or_one_without_an_offset_is_refused_with_the_way_out(settings: ClockSettings):
    with pytest.raises(ValueError, match="CLOCK_ANCHOR_AT and CLOCK_START_AT"):
        clock_from_settings(settings)
