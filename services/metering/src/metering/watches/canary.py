"""Checks what comes out of the chain for the canary's point against its known curve, and raises the alarm.

It asks the store as the pages do. Half hours that differ and late ones are metrics; a log line and an alarm come once
for each value that differs, and once a day for what is late, whoever looks and however often.
"""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

from common import outbox
from common.logging import get_logger
from metering.domain.canary import due_starts, expected_wh, judge
from metering.domain.intervals import STEP_SECONDS
from metering.domain.registry import Installed
from metering.metrics import CANARY_DIFFERING, CANARY_LATE
from metering.repository import alarms
from metering.resources import Resources
from metering.store.days import read_slots
from topics.metering import ALARMS, Alarm

log = get_logger(__name__)

LOOKED_AT_SLOTS: Final = 48
Details = dict[str, str | int | float | bool | None]

CANARY_ALARMS: Final = UUID("01930000-0000-5000-8000-63616e617279")


async def check(resources: Resources) -> None:
    """Judge the newest day of half hours of the canary, if there is one. A repeat tells nothing twice."""
    point_id, mean_w = resources.settings.canary_point_id, resources.settings.canary_mean_w
    places = resources.registry.current().places.get(point_id, ()) if point_id is not None else ()
    if point_id is None or not places:
        return
    now = resources.clock.now()
    late_seconds = resources.settings.canary_late_seconds
    starts = [
        start
        for start in due_starts(now.timestamp(), late_seconds=late_seconds, slots=LOOKED_AT_SLOTS)
        if start >= places[0].from_epoch
    ]
    if not starts:
        return
    slots = await read_slots(
        resources.store.engine, [point_id], start_epoch=starts[0], end_epoch=starts[-1] + STEP_SECONDS
    )
    found = {start: slot.energies[0] for start, slot in slots.get(point_id, {}).items()}
    zone = resources.settings.canary_clock_zone
    findings = judge(starts, found, mean_w=mean_w, clock_zone=zone)
    CANARY_DIFFERING.set(len(findings.differing))
    CANARY_LATE.set(len(findings.missing))
    for start in findings.differing:
        expected = expected_wh(start, mean_w=mean_w, clock_zone=zone)
        details: Details = {"start": _text(start), "expected_wh": expected, "found_wh": found[start]}
        await _alarm(resources, places[-1], "canary_differs", f"{start} {found[start]}", details, now=now)
    # Before anything came, and after a pause of the whole stack, nothing is late yet.
    if findings.missing and len(findings.missing) < len(starts):
        first = _text(findings.missing[0])
        late: Details = {"start": first, "half_hours": len(findings.missing)}
        await _alarm(resources, places[-1], "canary_late", first[: len("2026-11-24")], late, now=now)


async def _alarm(
    resources: Resources, place: Installed, kind: str, what: str, details: Details, *, now: datetime
) -> None:
    alarm = Alarm(
        alarm_id=uuid5(CANARY_ALARMS, f"{kind} {place.point_id} {what}"),
        kind=kind,
        severity="critical",
        point_id=place.point_id,
        contract_id=place.contract_id,
        supplier_code=place.supplier_code,
        at=now,
        details=details,
    )
    async with resources.engine.begin() as connection:
        is_news = await alarms.is_news(connection, alarm.alarm_id, told_at=now)
        if is_news:
            await outbox.add(connection, ALARMS, alarm)
    if is_news:
        log.error("canary.alarmed", kind=kind, **details)


def _text(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).isoformat()
