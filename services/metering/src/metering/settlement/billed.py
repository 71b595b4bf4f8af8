"""Marks half hours as REVENUE that billing says it used in a bill, and tells the supplier of it as of any change.

Only what was measured or decided by a person is marked: an estimate that was billed still gives way to the actual
value, and a questioned value still waits for a person. From then on only a person changes such a half hour.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from metering.domain.ledger import as_published, day_of
from metering.domain.local_days import LocalDay, local_day
from metering.domain.own_versions import OwnVersion
from metering.domain.qualities import BILLABLE
from metering.domain.reconciliation import StoredSlot
from metering.domain.registry import Registry
from metering.metrics import SLOTS_BILLED
from metering.own_values import OwnValues
from metering.repository import receipts, under_way
from metering.repository.receipts import BilledDay
from metering.resources import Resources
from metering.store.days import read_slots
from metering.turns import take_turns
from topics.quality import Quality, billed_version

LOOK_EVERY_SECONDS: Final = 2.0
DAYS_A_STEP: Final = 500

Slots = Mapping[int, StoredSlot]


async def run(resources: Resources) -> None:
    """Mark what receipts ask for until cancelled. Every failure backs off and starts over from the table."""
    await resources.registry.loaded()
    await take_turns(lambda: step(resources), worker="billed", pause_seconds=LOOK_EVERY_SECONDS)


async def step(resources: Resources) -> bool:
    """Mark up to DAYS_A_STEP days, none that has changed since it was billed; return whether there were any.

    What is marked is committed with its versions before a half hour is written; a failure or a kill behind that leaves
    the rest to the ledger's next turn.
    """
    now = resources.clock.now().replace(microsecond=0)
    registry = resources.registry.current()
    values: list[OwnVersion] = []
    async with resources.engine.begin() as connection:
        found = await receipts.to_be_marked(connection, limit=DAYS_A_STEP)
        async for each, day, slots in _with_slots(resources, found):
            if _is_as_billed(registry, each, day, slots):
                values += [
                    OwnVersion.of(each.point_id, start, _raised(slot))
                    for start, slot in slots.items()
                    if slot.quality in BILLABLE
                ]
        await under_way.begin(connection, values)
        await receipts.marked(connection, found)
    told = [each for each in values if registry.may_be_told(each.point_id)]
    await OwnValues(engine=resources.engine, store=resources.store.engine).finish_and_look(registry, told, now=now)
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
    return made is not None and as_published(made, billed.digest, billed.registers) is not None


def _raised(slot: StoredSlot) -> StoredSlot:
    """The same value in the rank REVENUE, by the time of its reading: a repeat gives the same version."""
    return replace(slot, quality=Quality.REVENUE, version=billed_version(slot.version))
