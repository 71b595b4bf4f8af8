"""Marks half hours as REVENUE that billing says it used in a bill, and tells the supplier of it as of any change.

Only what was measured or decided by a person is marked: an estimate that was billed still gives way to the actual
value, and a questioned value still waits for a person. From then on only a person changes such a half hour.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final
from uuid import UUID

from metering.domain.ledger import MEASURED, as_said, day_of
from metering.domain.local_days import LocalDay, local_day
from metering.domain.own_versions import OwnVersion
from metering.domain.reconciliation import StoredSlot
from metering.domain.registry import Registry
from metering.domain.supplier_stream import stored_messages
from metering.metrics import SLOTS_BILLED
from metering.repository import ledger, receipts
from metering.repository.receipts import BilledDay
from metering.resources import Resources
from metering.store.days import read_slots
from metering.store.review import write_values
from metering.turns import take_turns
from topics.quality import Quality, billed_version
from topics.supplier import supplier_intervals

LOOK_EVERY_SECONDS: Final = 2.0
DAYS_A_STEP: Final = 500

Slots = Mapping[int, StoredSlot]


async def run(resources: Resources) -> None:
    """Mark what receipts ask for until cancelled. Every failure backs off and starts over from the table."""
    await resources.registry.loaded()
    await take_turns(lambda: step(resources), worker="billed", pause_seconds=LOOK_EVERY_SECONDS)


async def step(resources: Resources) -> bool:
    """Mark up to DAYS_A_STEP days; return whether there were any.

    Which days are marked is committed before a half hour is written: once some are REVENUE, the digest cannot tell. So
    a failure or a kill repeats all of it, to the same versions.
    """
    begun = await _begin(resources)
    return await _finish(resources) or begun


async def _begin(resources: Resources) -> bool:
    """Decide which days are marked: none that has changed since the revision that was billed."""
    registry = resources.registry.current()
    async with resources.engine.begin() as connection:
        found = await receipts.to_be_marked(connection, marking=False, limit=DAYS_A_STEP)
        as_billed = [
            each
            async for each, day, slots in _with_slots(resources, found)
            if _is_as_billed(registry, each, day, slots) and any(map(_may_be_raised, slots.values()))
        ]
        await receipts.marking(connection, as_billed)
        await receipts.marked(connection, [each for each in found if each not in as_billed])
    return bool(found)


async def _finish(resources: Resources) -> bool:
    """Write and tell of the days that are being marked, also of half hours that a former try wrote."""
    now = resources.clock.now().replace(microsecond=0)
    registry = resources.registry.current()
    async with resources.engine.begin() as connection:
        found = await receipts.to_be_marked(connection, marking=True, limit=DAYS_A_STEP)
        touched: dict[tuple[UUID, LocalDay], Slots] = {}
        values: list[OwnVersion] = []
        async for each, day, slots in _with_slots(resources, found):
            if any(map(_is_revenue, slots.values())) or _is_as_billed(registry, each, day, slots):
                raised = {start: _raised(slot) for start, slot in slots.items() if _may_be_raised(slot)}
                values += [OwnVersion.of(each.point_id, start, slot) for start, slot in raised.items()]
                there = {start: slot for start, slot in slots.items() if _is_revenue(slot)}
                touched[each.point_id, day] = dict(sorted((there | raised).items()))
        await write_values(resources.store.engine, values, stored_at=now)
        days = {(point_id, day.day): day for point_id, day in touched}
        await ledger.mark(connection, days, now=now, look_at=now)
        await _tell(resources, found, touched)
        await receipts.marked(connection, found)
    SLOTS_BILLED.inc(len(values))
    return bool(found)


async def _with_slots(
    resources: Resources, billed: Sequence[BilledDay]
) -> AsyncIterator[tuple[BilledDay, LocalDay, Slots]]:
    """Give each day with what is stored of it."""
    for key, group in groupby(billed, key=lambda each: (each.day, each.time_zone)):
        day, those = local_day(*key), list(group)
        slots = await read_slots(
            resources.store.engine,
            [each.point_id for each in those],
            start_epoch=day.start_epoch,
            end_epoch=day.end_epoch,
        )
        for each in those:
            yield each, day, slots.get(each.point_id, {})


def _is_as_billed(registry: Registry, billed: BilledDay, day: LocalDay, slots: Slots) -> bool:
    places = registry.places.get(billed.point_id, ())
    made = day_of(places, {}, day, slots, [], previous=None, closed_at=day.ends_at)
    return made is not None and as_said(made, billed.registers).digest == billed.digest


def _may_be_raised(slot: StoredSlot) -> bool:
    return slot.quality in MEASURED


def _is_revenue(slot: StoredSlot) -> bool:
    return slot.quality is Quality.REVENUE


def _raised(slot: StoredSlot) -> StoredSlot:
    """The same value in the rank REVENUE, by the time of its reading: a repeat gives the same version."""
    return replace(slot, quality=Quality.REVENUE, version=billed_version(slot.version))


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
