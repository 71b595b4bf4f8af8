"""Registers by tariff zone against half hours: what agrees, what differs, and by which cause."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from metering.domain.local_days import LocalDay, local_day
from metering.domain.reconciliation import StoredSlot
from metering.domain.registers import StoredSnapshot
from metering.domain.schedules import DatedSchedule, Schedule, choose, schedule_zones, valid_on
from metering.domain.zones import ZoneCause, ZoneCheck, ZoneVerdict, check_zones
from topics.quality import Quality

DAY = local_day(date(2026, 11, 1), "Europe/Samara")
TWO = Schedule("two", ("Двухзонный",), None, schedule_zones({"T1": [["07:00", "23:00"]], "T2": [["23:00", "07:00"]]}))
THREE = Schedule(
    "three",
    ("Трёхзонный",),
    None,
    schedule_zones(
        {
            "T1": [["07:00", "10:00"], ["17:00", "21:00"]],
            "T2": [["23:00", "07:00"]],
            "T3": [["10:00", "17:00"], ["21:00", "23:00"]],
        }
    ),
)
SCHEDULES = [TWO, THREE]
LIMIT_WH = 22_770


def load(slot: int) -> int:
    """A load of which no two parts of a day are alike."""
    return 100 + 37 * slot % 211 + 5 * slot


def slots(day: LocalDay = DAY, *, missing: frozenset[int] = frozenset(), ratio: int = 1) -> dict[int, StoredSlot]:
    return {
        start: StoredSlot((load(number), None, None, None), Quality.VALID, 0, 1, ratio, "m", 0)
        for number, start in enumerate(day.slots)
        if number not in missing
    }


def counted(schedule: Schedule, *, late_minutes: int = 0, names: dict[str, str] | None = None) -> dict[str, int]:
    """What a meter counts whose zones come `late_minutes` late."""
    totals = dict.fromkeys(schedule.names, 0)
    for number, _ in enumerate(DAY.slots):
        zone = schedule.zones[(number - late_minutes // 30) % 48]
        totals[(names or {}).get(zone, zone)] += load(number)
    return totals


def snapshot(at: datetime, values: dict[str, int]) -> StoredSnapshot:
    return StoredSnapshot(
        point_id=METER,
        meter_id=METER,
        at=at,
        zones=["sum", *values],
        channels=["a_plus"] * (len(values) + 1),
        values_wh=[sum(values.values()), *values.values()],
        meter_time=None,
        drift_seconds=None,
        frames_sha256="ab" * 32,
    )


METER = uuid4()


def checked(
    totals: dict[str, int], *, rows: dict[int, StoredSlot] | None = None, tariff: str | None = None, **changes: Any
) -> ZoneCheck:
    before = dict.fromkeys(totals, 5_000_000)
    start = datetime.fromtimestamp(DAY.start_epoch, UTC)
    values = {zone: before[zone] + value for zone, value in totals.items()}
    readings = [snapshot(start, before), replace(snapshot(DAY.ends_at, values), **changes)]
    return check_zones(DAY, slots() if rows is None else rows, readings, SCHEDULES, tariff=tariff, limit_wh=LIMIT_WH)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda each: each.plan)
def test_zones_that_follow_their_schedule_agree(schedule: Schedule):
    found = checked(counted(schedule))

    assert (found.verdict, found.cause, found.plan) == (ZoneVerdict.AGREES, None, schedule.plan)
    assert all(zone.register_wh == zone.profile_wh for zone in found.zones)


def test_day_and_night_in_each_others_place_are_a_wrong_schedule():
    found = checked(counted(TWO, names={"T1": "T2", "T2": "T1"}))

    assert (found.verdict, found.cause, found.fits) == (ZoneVerdict.DIFFERS, ZoneCause.WRONG_SCHEDULE, "two:T1/T2")


@pytest.mark.parametrize("late", [60, 120, -30, -180])
def test_zones_that_come_late_or_early_by_half_hours_are_a_wrong_clock(late: int):
    found = checked(counted(TWO, late_minutes=late))

    assert (found.cause, found.shift_minutes) == (ZoneCause.WRONG_CLOCK, late)


def test_a_point_of_two_zones_whose_meter_counts_three_has_a_wrong_schedule():
    found = checked(counted(THREE), tariff="Двухзонный")

    assert (found.cause, found.plan, found.fits) == (ZoneCause.WRONG_SCHEDULE, "two", "three:T2/T1/T3")


def test_a_gap_is_named_before_anything_is_guessed():
    found = checked(counted(TWO), rows=slots(missing=frozenset({20})))

    assert (found.verdict, found.cause) == (ZoneVerdict.DIFFERS, ZoneCause.MISSING_SLOTS)


def test_what_no_schedule_and_no_clock_explains_is_said_to_be_unexplained():
    totals = counted(TWO)

    found = checked({"T1": totals["T1"] + 777, "T2": totals["T2"]})

    assert (found.verdict, found.cause) == (ZoneVerdict.DIFFERS, ZoneCause.UNEXPLAINED)


def test_a_rounding_of_half_a_step_a_half_hour_is_no_difference():
    totals = counted(TWO)

    assert checked({"T1": totals["T1"] + 25, "T2": totals["T2"] - 25}).verdict is ZoneVerdict.AGREES
    assert checked({"T1": totals["T1"] + 26, "T2": totals["T2"] - 25}).verdict is ZoneVerdict.DIFFERS


def test_a_reading_off_the_border_allows_what_may_have_gone_through_between():
    totals = counted(TWO)
    rows = slots() | {DAY.end_epoch: StoredSlot((400, None, None, None), Quality.VALID, 0, 1, 1, "m", 0)}
    late = DAY.ends_at + timedelta(minutes=3)

    assert checked({**totals, "T2": totals["T2"] + 400}, rows=rows, at=late).verdict is ZoneVerdict.AGREES
    assert checked({**totals, "T2": totals["T2"] + 500}, rows=rows, at=late).verdict is ZoneVerdict.DIFFERS


def test_a_ratio_multiplies_both_sides():
    found = checked(counted(TWO), rows=slots(ratio=40))

    assert found.verdict is ZoneVerdict.AGREES
    assert found.zones[0].register_wh == 40 * counted(TWO)["T1"]


def test_without_registers_zones_or_with_an_exchange_nothing_is_judged():
    assert check_zones(DAY, slots(), [], SCHEDULES, tariff=None, limit_wh=LIMIT_WH).cause is ZoneCause.NO_REGISTERS
    assert checked({"T1": 1}).cause is ZoneCause.ONE_ZONE
    assert checked({"T1": 1, "T4": 2}).cause is ZoneCause.NO_SCHEDULE
    assert checked(counted(TWO), meter_id=uuid4()).cause is ZoneCause.EXCHANGE


def test_the_tariff_names_the_schedule_and_else_the_zones_that_count():
    assert choose(SCHEDULES, tariff=" двухзонный", used={"T1", "T2", "T3"}) is TWO
    assert choose(SCHEDULES, tariff="Особый", used={"T1", "T2", "T3"}) is THREE
    assert choose(SCHEDULES, tariff=None, used={"T1", "T4"}) is None


def test_a_schedule_holds_from_its_first_day_until_its_last_is_over():
    rows = [DatedSchedule(date(2020, 1, 1), date(2026, 11, 1), THREE), DatedSchedule(date(2026, 11, 1), None, TWO)]

    assert [valid_on(rows, day) for day in (date(2019, 1, 1), date(2026, 10, 31), date(2026, 11, 1))] == [
        [],
        [THREE],
        [TWO],
    ]


@pytest.mark.parametrize(
    "windows",
    [
        {"T1": [["07:00", "23:00"]]},
        {"T1": [["00:00", "24:00"]], "T2": [["23:00", "07:00"]]},
        {"T1": [["07:10", "07:10"]]},
    ],
)
def test_a_schedule_with_holes_overlaps_or_odd_borders_is_refused(windows: Any):
    with pytest.raises(ValueError, match=r"zone|share|border"):
        schedule_zones(windows)
