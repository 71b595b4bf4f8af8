"""Marks half hours as REVENUE that billing says it used in a bill, and tells the supplier of it as of any change.

Only what was measured is marked: an estimate that was billed still gives way to the actual value. A version of the
rank REVENUE is above every automatic one, so from then on only a decision of a person changes such a half hour.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from common.errors import Busy
from common.logging import get_logger
from metering.domain.ledger import MEASURED, day_of
from metering.domain.local_days import LocalDay, local_day
from metering.domain.reconciliation import StoredSlot
from metering.domain.registry import Registry
from metering.domain.supplier_stream import stored_messages
from metering.metrics import SLOTS_BILLED
from metering.repository import ledger, receipts
from metering.repository.faults import passes
from metering.repository.receipts import BilledDay
from metering.resources import Resources
from metering.store.days import read_slots
from metering.store.review import NewValue, write_values
from topics.quality import RANK, RANK_FACTOR, Quality
from topics.supplier import supplier_intervals

log = get_logger(__name__)

LOOK_EVERY_SECONDS: Final = 2.0
DAYS_A_STEP: Final = 500
REVENUE_VERSIONS: Final = RANK[Quality.REVENUE] * RANK_FACTOR

Slots = Mapping[int, StoredSlot]


async def run(resources: Resources) -> None:
    """Mark what receipts ask for until cancelled. Every failure backs off and starts over from the table."""
    await resources.registry.loaded()
    while True:
        try:
            worked = await step(resources)
        except (Busy, OSError, DBAPIError) as error:
            if isinstance(error, DBAPIError) and not passes(error):
                raise
            log.warning("billed.paused", error=repr(error), pause_seconds=LOOK_EVERY_SECONDS)
            worked = False
        if not worked:
            await asyncio.sleep(LOOK_EVERY_SECONDS)


async def step(resources: Resources) -> bool:
    """Mark up to DAYS_A_STEP days; return whether there were any. A kill repeats them, which changes nothing."""
    now = resources.clock.now().replace(microsecond=0)
    async with resources.engine.begin() as connection:
        found = await receipts.to_be_marked(connection, limit=DAYS_A_STEP)
        touched: dict[tuple[UUID, LocalDay], Slots] = {}
        for key, group in groupby(found, key=lambda each: (each.day, each.time_zone)):
            touched |= await _revenue(resources, local_day(*key), list(group))
        if touched:
            values = [
                NewValue(point_id, start, slot)
                for (point_id, _), slots in touched.items()
                for start, slot in slots.items()
            ]
            await write_values(resources.store.engine, values, stored_at=now)
            days = {(point_id, day.day): day for point_id, day in touched}
            await ledger.mark(connection, days, now=now, look_at=now)
            await _tell(resources, found, touched)
        await receipts.marked(connection, found)
    SLOTS_BILLED.inc(sum(map(len, touched.values())))
    return bool(found)


async def _revenue(
    resources: Resources, day: LocalDay, billed: Sequence[BilledDay]
) -> dict[tuple[UUID, LocalDay], Slots]:
    """Return the slots to be written; none of a day that has changed since the revision that was billed."""
    registry = resources.registry.current()
    ids = [each.point_id for each in billed]
    slots = await read_slots(resources.store.engine, ids, start_epoch=day.start_epoch, end_epoch=day.end_epoch)
    found: dict[tuple[UUID, LocalDay], Slots] = {}
    for each in billed:
        there = slots.get(each.point_id, {})
        if _is_as_billed(registry, each, day, there):
            raised = {start: _raised(slot) for start, slot in there.items() if _may_be_raised(slot)}
            if raised:
                found[each.point_id, day] = raised
    return found


def _is_as_billed(registry: Registry, billed: BilledDay, day: LocalDay, slots: Slots) -> bool:
    places = registry.places.get(billed.point_id, ())
    made = day_of(places, {}, day, slots, [], previous=None, closed_at=day.ends_at)
    return made is not None and made.digest == billed.digest


def _may_be_raised(slot: StoredSlot) -> bool:
    return slot.quality in MEASURED and slot.version < REVENUE_VERSIONS


def _raised(slot: StoredSlot) -> StoredSlot:
    """The same value in the rank REVENUE, by the time of its reading: a repeat gives the same version."""
    return replace(slot, quality=Quality.REVENUE, version=REVENUE_VERSIONS + slot.version % RANK_FACTOR)


async def _tell(
    resources: Resources, billed: Sequence[BilledDay], touched: Mapping[tuple[UUID, LocalDay], Slots]
) -> None:
    suppliers = {each.point_id: each.supplier_code for each in billed}
    places = resources.registry.current().places
    for code in sorted(set(suppliers.values())):
        messages = [
            message
            for (point_id, _), slots in touched.items()
            if suppliers[point_id] == code
            for message in stored_messages(places.get(point_id, ()), slots)
        ]
        await resources.publisher.send(supplier_intervals(code), messages)
