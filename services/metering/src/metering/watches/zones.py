"""Checks the tariff zones of every closed day, once for each of its revisions, and raises an alarm when they go wrong.

A check and its alarm are one transaction, so a kill neither loses nor doubles one; of two processes one keeps its
check. How zones are checked: `domain.zones`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from common import outbox
from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import LocalDay, local_day
from metering.domain.schedules import DatedSchedule, valid_on
from metering.domain.zones import ZoneCause, ZoneCheck, check_zones
from metering.metrics import ZONE_CHECKS
from metering.repository import zone_checks as repository
from metering.repository.zone_checks import WaitingDay
from metering.resources import Resources
from metering.store.days import read_days
from metering.turns import take_turns
from topics.metering import ALARMS, Alarm

LOOK_EVERY_SECONDS: Final = 5.0
DAYS_A_TURN: Final = 200
# A day that is corrected later than this is history: its zones tell nothing about the meter as it is set now.
CHECKED_DAYS: Final = 40
# A revision is seen when its transaction is over, and clocks of two machines differ.
SEEN_LATE: Final = timedelta(hours=1)
ALARMING: Final = frozenset({ZoneCause.WRONG_CLOCK, ZoneCause.WRONG_SCHEDULE})
NAMES: Final = UUID("0196f0c5-7f1e-7c9a-9a55-6b8f4a1d2e01")


async def run(resources: Resources) -> None:
    """Work until cancelled. Every failure backs off and starts over from the tables."""
    await resources.registry.loaded()
    closed_since = resources.clock.now() - timedelta(days=CHECKED_DAYS)

    async def look() -> None:
        nonlocal closed_since
        began_at = resources.clock.now()
        while await turn(resources, closed_since=closed_since) == DAYS_A_TURN:
            pass
        closed_since = began_at - SEEN_LATE

    await take_turns(look, worker="zone_watch", pause_seconds=LOOK_EVERY_SECONDS)


async def turn(resources: Resources, *, closed_since: datetime) -> int:
    """Check what was closed since then and waits, at most DAYS_A_TURN days; return how many these were.

    A repeat checks nothing twice.
    """
    since = (resources.clock.now() - timedelta(days=CHECKED_DAYS)).date()
    async with resources.engine.connect() as connection:
        waiting = await repository.waiting_days(connection, since=since, closed_since=closed_since, limit=DAYS_A_TURN)
        schedules = await repository.schedules(connection) if waiting else {}
    for window, group in groupby(sorted(waiting, key=_window), key=_window):
        await _check(resources, local_day(*window), list(group), schedules)
    return len(waiting)


async def _check(
    resources: Resources,
    day: LocalDay,
    waiting: Sequence[WaitingDay],
    schedules: Mapping[str | None, Sequence[DatedSchedule]],
) -> None:
    rows = await read_days(resources.store.engine, [each.point_id for each in waiting], day, neighbours=1)
    places = resources.registry.current().places

    def run_checks() -> list[ZoneCheck]:
        return [
            check_zones(
                day,
                rows[each.point_id].slots,
                rows[each.point_id].snapshots,
                valid_on(repository.of_supplier(schedules, each.supplier_code), day.day),
                tariff=each.tariff,
                limit_wh=max((place.limit(STEP_SECONDS) for place in places.get(each.point_id, ())), default=0),
            )
            for each in waiting
        ]

    checked = await asyncio.to_thread(run_checks)
    now = resources.clock.now()
    async with resources.engine.begin() as connection:
        for each, check in zip(waiting, checked, strict=True):
            if await repository.keep(connection, each, check, checked_at=now):
                await _raise_alarm(connection, day, each, check)
    for check in checked:
        ZONE_CHECKS.labels(verdict=check.verdict.value, cause=check.cause.value if check.cause else "").inc()


async def _raise_alarm(connection: AsyncConnection, day: LocalDay, waiting: WaitingDay, check: ZoneCheck) -> None:
    """Tell the first day of a fault alone: the days after it are the same news."""
    if check.cause not in ALARMING or check.cause is await repository.cause_before(
        connection, waiting.point_id, waiting.day
    ):
        return
    worst = max(check.zones, key=lambda each: abs(each.register_wh - each.profile_wh))
    alarm = Alarm(
        alarm_id=uuid5(NAMES, f"zones:{waiting.point_id}:{waiting.day}:{check.cause.value}"),
        kind="zones_differ",
        severity="warning",
        point_id=waiting.point_id,
        contract_id=waiting.contract_id,
        supplier_code=waiting.supplier_code,
        at=day.ends_at,
        details={
            "point": waiting.point_number,
            "day": waiting.day.isoformat(),
            "cause": check.cause.value,
            "plan": check.plan,
            "shift_minutes": check.shift_minutes,
            "fits": check.fits,
            "zone": worst.zone,
            "register_wh": worst.register_wh,
            "profile_wh": worst.profile_wh,
        },
    )
    await outbox.add(connection, ALARMS, alarm)


def _window(waiting: WaitingDay) -> tuple[date, str]:
    return waiting.day, waiting.time_zone
