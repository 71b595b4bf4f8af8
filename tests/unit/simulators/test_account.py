"""Registers against half hours: outages, tariff zones, days of 46, 48 and 50 half hours."""

from datetime import date, datetime, timedelta
from functools import reduce
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.simulators.meters import moscow, utc

from simulators.account import SLOT, EnergyAccount, Registers
from simulators.curves import ZERO, Curve, CurveKind, Energy, add, subtract
from simulators.power import Outage, OutagePlan

START = Registers(Energy(1_000_000, 5, 300_000, 10), Energy(500_000, 6, 100_000, 20))


def account(
    *,
    zone: str = "Europe/Moscow",
    kind: CurveKind = CurveKind.HOUSEHOLD,
    seeded: bool = False,
    outages: tuple[Outage, ...] = (),
    **changes: Any,
) -> EnergyAccount:
    commissioned_on = date(2026, 1, 1)
    plan = OutagePlan(zone=ZoneInfo(zone), seed=4, seeded=seeded, given=outages, first_day_on=commissioned_on)
    defaults: dict[str, Any] = {
        "curve": Curve(kind, 4, 700, 400),
        "zone": ZoneInfo(zone),
        "commissioned_on": commissioned_on,
        "start": START,
        "outages": plan,
        "tariffs": 2,
        "register_step_seconds": 1,
    }
    return EnergyAccount(**(defaults | changes))


def sum_of_slots(meter: EnergyAccount, start_at: datetime, slots: int) -> Energy:
    energies = (meter.slot(start_at + number * SLOT).energy for number in range(slots))
    return reduce(add, energies, ZERO)


@settings(max_examples=60)
@given(
    first=st.integers(min_value=0, max_value=48 * 400),
    slots=st.integers(min_value=0, max_value=200),
    zone=st.sampled_from(("Europe/Moscow", "Europe/Berlin", "Asia/Kamchatka", "Asia/Kolkata", "UTC")),
    seeded=st.booleans(),
    tariffs=st.sampled_from((1, 2)),
)
def test_a_register_difference_is_the_sum_of_its_half_hours(
    first: int, slots: int, zone: str, seeded: bool, tariffs: int
) -> None:
    """INVARIANT: what registers gained between two borders is what the half hours between them hold."""
    meter = account(zone=zone, seeded=seeded, tariffs=tariffs)
    start_at = meter.commissioned_at + first * SLOT
    gained = subtract(meter.registers(start_at + slots * SLOT).total, meter.registers(start_at).total)
    assert gained == sum_of_slots(meter, start_at, slots)


@given(seconds=st.lists(st.integers(min_value=0, max_value=86_400 * 40), min_size=2, max_size=12))
@settings(max_examples=40)
def test_registers_never_run_backwards(seconds: list[int]) -> None:
    meter = account(seeded=True)
    shown = [meter.registers(meter.commissioned_at + timedelta(seconds=second)) for second in sorted(seconds)]
    for earlier, later in pairwise(shown):
        assert all(a <= b for a, b in zip(earlier.t1 + earlier.t2, later.t1 + later.t2, strict=True))


def test_the_order_of_questions_and_a_restart_change_nothing() -> None:
    first, second = account(seeded=True), account(seeded=True)
    late, early = moscow(2026, 9, 3, 14, 17, 5), moscow(2026, 2, 3, 4, 5, 6)
    assert (first.registers(late), first.registers(early)) == tuple(
        reversed((second.registers(early), second.registers(late)))
    )


def test_before_commissioning_there_is_no_half_hour_and_the_start_registers_stand() -> None:
    meter = account()
    assert meter.registers(moscow(2025, 12, 1)) == START
    assert meter.registers(moscow(2026, 1, 1)) == START
    assert not meter.slot(moscow(2025, 12, 31, 23, 30)).is_written
    assert meter.slot(moscow(2026, 1, 1)).is_incomplete


def test_the_day_zone_counts_from_seven_to_twenty_three_local() -> None:
    meter = account()
    night, day, evening = (meter.registers(moscow(2026, 2, 10, hour)) for hour in (7, 23, 0))
    assert night.t1 == evening.t1
    assert night.t2 != evening.t2
    assert day.t1 != night.t1
    assert day.t2 == night.t2
    assert (meter.tariff(moscow(2026, 2, 10, 6, 59)), meter.tariff(moscow(2026, 2, 10, 7))) == (2, 1)


def test_a_meter_of_one_tariff_counts_all_in_the_first() -> None:
    assert account(tariffs=1).registers(moscow(2026, 3, 1)).t2 == START.t2


@pytest.mark.parametrize("day_on", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_changeover_day_has_46_or_50_half_hours_and_all_are_counted(day_on: date) -> None:
    meter = account(zone="Europe/Berlin")
    start_at, end_at = meter.midnight(day_on), meter.midnight(day_on + timedelta(days=1))
    slots = (end_at - start_at) // SLOT
    assert slots == (46 if day_on.month == 3 else 50)
    gained = subtract(meter.registers(end_at).total, meter.registers(start_at).total)
    assert gained == sum_of_slots(meter, start_at, slots)
    assert gained != ZERO


def test_a_read_within_the_step_after_a_border_shows_exactly_the_border() -> None:
    meter = account(register_step_seconds=600)
    border_at = moscow(2026, 4, 5, 19)
    assert meter.registers(border_at + timedelta(seconds=599)) == meter.registers(border_at)
    assert meter.registers(border_at + timedelta(seconds=600)) != meter.registers(border_at)


def test_registers_move_in_proportion_inside_a_half_hour() -> None:
    meter = account(curve=Curve(CurveKind.FLAT, 1, 1000))
    border_at = moscow(2026, 4, 5, 12)
    gained = [
        meter.registers(border_at + timedelta(seconds=second)).total.a_plus_wh
        - meter.registers(border_at).total.a_plus_wh
        for second in (0, 4, 900, 1799, 1800)
    ]
    assert gained == [0, 1, 250, 499, 500]


def test_an_outage_leaves_a_gap_between_two_incomplete_half_hours() -> None:
    """INVARIANT: a half hour without supply is not written; it is no zero."""
    outage = Outage(moscow(2026, 4, 5, 10, 10), moscow(2026, 4, 5, 11, 40))
    meter = account(curve=Curve(CurveKind.FLAT, 1, 1000), outages=(outage,))
    slots = [meter.slot(moscow(2026, 4, 5, 9, 30) + number * SLOT) for number in range(6)]
    assert [slot.is_written for slot in slots] == [True, True, False, False, True, True]
    assert [slot.is_incomplete for slot in slots] == [False, True, False, False, True, False]
    assert [slot.energy.a_plus_wh for slot in slots] == [500, 166, 0, 0, 333, 500]


def test_registers_stand_still_during_an_outage() -> None:
    outage = Outage(moscow(2026, 4, 5, 10, 10), moscow(2026, 4, 5, 11, 40))
    meter = account(outages=(outage,))
    shown = {meter.registers(moscow(2026, 4, 5, 10, minute)) for minute in (10, 20, 29, 30, 59)}
    assert shown == {meter.registers(moscow(2026, 4, 5, 11, 39, 59))}


def test_overlapping_outages_count_once() -> None:
    outages = (
        Outage(moscow(2026, 4, 5, 10, 0), moscow(2026, 4, 5, 10, 20)),
        Outage(moscow(2026, 4, 5, 10, 10), moscow(2026, 4, 5, 10, 15)),
    )
    meter = account(curve=Curve(CurveKind.FLAT, 1, 1000), outages=outages)
    assert meter.slot(moscow(2026, 4, 5, 10)).energy.a_plus_wh == 166


def test_seeded_outages_happen_and_stay_within_their_day() -> None:
    zone = ZoneInfo("Europe/Moscow")
    plan = OutagePlan(zone=zone, seed=4, seeded=True, given=(), first_day_on=date(2026, 1, 1))
    found = plan.within(utc(2026, 1, 1), utc(2027, 1, 1))
    assert 10 <= len(found) <= 60
    for outage in found:
        assert outage.off_at.astimezone(zone).date() == outage.on_at.astimezone(zone).date()
        assert timedelta(minutes=20) <= outage.on_at - outage.off_at < timedelta(hours=5)
