"""The watches on real parts: zones of closed days, max power in the running half hour, their alarms and their pages."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.service.metering.conftest import Portal
from tests.service.metering.days import DAY, START, Days

from common.clock import FixedClock
from metering.domain.registry import Registry
from metering.metrics import SCHEDULES_MALFORMED
from metering.registry_cache import RegistryCache
from metering.resources import Resources
from metering.watches import max_power as power_limit
from metering.watches import zones as zone_watch
from metering.watches.max_power import PowerWatch
from topics.metering import ALARMS, Alarm
from topics.poller import INTERVAL_BLOCKS, REGISTER_SNAPSHOTS

SLOTS = 48
LOAD = [100 + 37 * slot % 211 for slot in range(SLOTS)]
TODAY: dict[str, Any] = {"start": str(DAY.day), "end": str(DAY.day + timedelta(days=1))}
LIMIT_W = 10_000


def resources_of(portal: Portal, clock: FixedClock) -> Resources:
    transport: Any = portal.client._transport
    resources: Resources = transport.app.state.resources
    return replace(resources, clock=clock)


async def alarms(portal: Portal) -> list[Alarm]:
    async with portal.engine.connect() as connection:
        rows = await connection.execute(text("select topic, payload from outbox order by id"))
        return [ALARMS.decode(row.payload, ALARMS.headers()) for row in rows if row.topic == ALARMS.name]


def counted(*, late_slots: int) -> tuple[int, int]:
    """T1 and T2 of a meter whose zones come late."""
    day = [7 <= (number - late_slots) % SLOTS / 2 < 23 for number in range(SLOTS)]
    t1 = sum(value for value, is_day in zip(LOAD, day, strict=True) if is_day)
    return t1, sum(LOAD) - t1


async def close_day(days: Days, *, late_slots: int) -> None:
    place = days.portal.place
    t1, t2 = counted(late_slots=late_slots)
    await days.portal.chain.take(
        REGISTER_SNAPSHOTS,
        place.snapshot(START, ("sum", 3_000_000), ("T1", 1_000_000), ("T2", 2_000_000)),
        place.snapshot(DAY.ends_at, ("sum", 3_000_000 + t1 + t2), ("T1", 1_000_000 + t1), ("T2", 2_000_000 + t2)),
    )
    await days.take(LOAD)
    days.clock.instant = DAY.closes_at(6)
    await days.told()


async def test_a_closed_day_is_checked_once_and_zones_that_agree_raise_nothing(days: Days):
    await close_day(days, late_slots=0)
    resources = resources_of(days.portal, days.clock)

    assert [await zone_watch.turn(resources, closed_since=START) for _ in range(3)] == [1, 0, 0]

    found = (await days.portal.get(f"/points/{days.portal.place.point_id}/zone-checks", **TODAY)).json()
    (day,) = found["items"]
    t1, t2 = counted(late_slots=0)
    assert (day["day"], day["verdict"], day["cause"], day["plan"]) == ("2026-03-18", "agrees", None, "two")
    assert (day["slots_expected"], day["slots_valid"], day["slots_missing"]) == (48, 48, 0)
    assert [(zone["zone"], zone["register_wh"], zone["difference_wh"]) for zone in day["zones"]] == [
        ("T1", t1, 0),
        ("T2", t2, 0),
    ]
    assert await alarms(days.portal) == []


async def test_a_meter_that_changes_its_zones_an_hour_late_raises_one_alarm_with_the_cause(days: Days):
    await close_day(days, late_slots=2)
    resources = resources_of(days.portal, days.clock)

    await zone_watch.turn(resources, closed_since=START)
    await days.take([None] * 47 + [LOAD[-1] + 1], polled_at=DAY.ends_at + timedelta(hours=5))
    days.clock.instant += timedelta(minutes=5)
    await days.told()
    await zone_watch.turn(resources, closed_since=START)

    told = await alarms(days.portal)
    assert {(each.kind, each.details["cause"], each.details["shift_minutes"]) for each in told} == {
        ("zones_differ", "wrong_clock", 60)
    }
    assert len({each.alarm_id for each in told}) == 1
    found = (await days.portal.get(f"/points/{days.portal.place.point_id}/zone-checks", **TODAY)).json()
    assert (found["items"][0]["revision"], found["items"][0]["shift_minutes"]) == (2, 60)


@pytest.mark.parametrize(
    "change",
    [
        """windows = '{"T1": [["00:00", "07:00"]]}'""",
        "windows = '[]'",
        """windows = '{"T1": [["0"]]}'""",
        "clock = 'Nowhere/None'",
    ],
)
async def test_a_malformed_schedule_stops_no_day_and_no_zones_are_checked_against_another(
    days: Days, capsys: pytest.CaptureFixture[str], change: str
):
    """INVARIANT: a schedule that cannot be read is told of, and nothing is judged by another one in its place."""
    async with days.portal.engine.begin() as connection:
        await connection.execute(
            text(
                "insert into tariff_schedules (supplier_code, plan, titles, valid_from, windows, document)"
                " select 'demo', plan, titles, valid_from, windows, document from tariff_schedules"
            )
        )
        own = "supplier_code = 'demo' and plan = 'two'"
        await connection.execute(text(f"update tariff_schedules set {change} where {own}"))  # noqa: S608 -- constants
    await close_day(days, late_slots=2)
    resources = resources_of(days.portal, days.clock)

    assert await zone_watch.turn(resources, closed_since=START) == 1

    found = (await days.portal.get(f"/points/{days.portal.place.point_id}/zone-checks", **TODAY)).json()
    assert [each["verdict"] for each in found["items"]] == ["not_checked"]
    assert await alarms(days.portal) == []
    assert "tariff_schedule.malformed" in capsys.readouterr().out
    assert SCHEDULES_MALFORMED._value.get() == 1


async def watched(portal: Portal, clock: FixedClock, *powers_w: int) -> Resources:
    """Let a point with a limit run one minute at each of the powers, from the beginning of a half hour on."""
    place = portal.place
    async with portal.engine.begin() as connection:
        await connection.execute(
            text("update points set power_limit_w = :limit where id = :id"), {"limit": LIMIT_W, "id": place.point_id}
        )
    resources = resources_of(portal, clock)
    watch, register = PowerWatch(resources), 1_000_000.0
    await watch.take(place.snapshot(START, ("sum", round(register))))
    for minute, power in enumerate(powers_w, start=1):
        register += power / 60
        clock.instant = START + timedelta(minutes=minute)
        snapshot = place.snapshot(clock.instant, ("sum", round(register)))
        await watch.take(snapshot)
        await watch.take(snapshot)
    return resources


async def test_a_half_hour_near_its_limit_is_told_once_and_one_that_passes_it_once_more(portal: Portal):
    clock = FixedClock(START)

    resources = await watched(portal, clock, *[4_000] * 3, *[14_000] * 27)

    told = await alarms(portal)
    assert [(each.kind, each.at) for each in told] == [
        ("power_limit_near", START + timedelta(minutes=4)),
        ("power_limit_passed", START + timedelta(minutes=24)),
    ]
    await portal.chain.take(INTERVAL_BLOCKS, portal.place.block([6_500], start=START, polled_at=DAY.ends_at))
    clock.instant = START + timedelta(minutes=45)
    assert (await power_limit.settle_turn(resources), await power_limit.settle_turn(resources)) == (1, 0)
    shown = (await portal.get(f"/points/{portal.place.point_id}/power-limit", **TODAY)).json()
    assert (shown["limit_w"], shown["exceeded"], shown["near_misses"]) == (LIMIT_W, 1, 0)
    assert (shown["warned"][0]["mean_w"], shown["warned"][0]["outcome"]) == (13_000, "exceeded")
    assert shown["over_limit"] == [{"start": "2026-03-17T20:00:00Z", "mean_w": 13_000, "quality": "VALID"}]
    assert shown["running"] is None


async def test_a_warned_half_hour_that_stays_under_the_limit_is_a_near_miss(portal: Portal):
    clock = FixedClock(START)
    resources = await watched(portal, clock, *[14_000] * 5, *[1_000] * 25)
    await portal.chain.take(INTERVAL_BLOCKS, portal.place.block([1_584], start=START, polled_at=DAY.ends_at))
    clock.instant = START + timedelta(minutes=45)

    await power_limit.settle_turn(resources)

    shown = (await portal.get(f"/points/{portal.place.point_id}/power-limit", **TODAY)).json()
    assert (shown["exceeded"], shown["near_misses"], shown["over_limit"]) == (0, 1, [])
    assert [each.kind for each in await alarms(portal)] == ["power_limit_near"]


async def test_what_was_read_long_ago_warns_nobody(portal: Portal):
    clock = FixedClock(START)
    resources = await watched(portal, clock)
    watch = PowerWatch(resources)
    clock.instant = START + timedelta(hours=6)
    for minute in range(20):
        at = START + timedelta(minutes=minute)
        await watch.take(portal.place.snapshot(at, ("sum", 1_000_000 + minute * 500)))

    assert await alarms(portal) == []


async def test_a_meter_that_was_exchanged_passes_no_limit_by_its_other_register(portal: Portal):
    """The old meter showed 1,000 kWh, the new one shows 5,000 kWh; both ran far under the limit."""
    clock = FixedClock(START)
    resources = await watched(portal, clock, *[1_000] * 10)
    old, new = portal.place, replace(portal.place, meter_id=uuid4(), serial="2")
    exchange = int((START + timedelta(minutes=10, seconds=30)).timestamp())
    cache = RegistryCache(resources.settings, resources.engine)
    cache._registry = Registry.of([old.installed(to_epoch=exchange), new.installed(from_epoch=exchange)], {})
    watch = PowerWatch(replace(resources, registry=cache))
    for minute in range(30):
        clock.instant = START + timedelta(minutes=minute)
        meter, register = (old, 1_000_000) if minute <= 10 else (new, 5_000_000)
        await watch.take(meter.snapshot(clock.instant, ("sum", register + minute * 16)))

    assert await alarms(portal) == []


async def test_another_meter_that_answers_on_the_wire_warns_nobody(portal: Portal):
    clock = FixedClock(START)
    resources = await watched(portal, clock)
    watch = PowerWatch(resources)
    for minute in range(20):
        clock.instant = START + timedelta(minutes=minute)
        await watch.take(portal.place.snapshot(clock.instant, ("sum", 1_000_000 + minute * 500), serial="1"))

    assert await alarms(portal) == []
