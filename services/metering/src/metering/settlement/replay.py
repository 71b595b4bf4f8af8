"""Sends half hours or days again from the store to the supplier's topic, as operators have asked.

A day of all points at a time; after a kill the day that was under way goes out once more, which is harmless. A day
that is no longer as it was published is not sent but looked at: its next revision tells.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, Final, Literal
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import Busy, TooMany
from common.logging import get_logger
from metering.domain.ledger import as_published, day_of
from metering.domain.local_days import ONE_DAY, LocalDay, local_day
from metering.domain.registry import Registry
from metering.domain.supplier_stream import stored_messages
from metering.errors import InvalidPeriod, UnknownPoint
from metering.metrics import REPLAYED
from metering.repository import ledger, replays
from metering.repository.faults import passes
from metering.repository.replays import PublishedDay, Replay
from metering.resources import Resources
from metering.store.days import read_days, read_slots
from metering.turns import take_turns
from topics.supplier import SupplierIntervals, supplier_days, supplier_intervals
from topics.supplier_days import SupplierDay

log = get_logger(__name__)

What = Literal["intervals", "days"]
# Gives resources with a producer of their own.
OwnPublisher = Callable[[Resources], AbstractAsyncContextManager[Resources]]

# What is not in the store: the revision's own row says it.
AS_SAID: Final = ("revision", "reason", "change", "lands_in_period", "corrects_period")
MAX_DAYS: Final = 92
AT_ONCE: Final = 3
POINTS_A_READ: Final = 200
LOOK_EVERY_SECONDS: Final = 2.0


async def ask(
    connection: AsyncConnection,
    supplier_code: str,
    *,
    what: What,
    point_ids: Sequence[UUID],
    start: date,
    end: date,
    asked_by: UUID | None,
    asked_at: datetime,
) -> Replay:
    """Have days [start, end) of these points, or of all of the supplier if none is named, sent again.

    Raises InvalidPeriod, UnknownPoint for a point that is not the supplier's, TooMany while three still run.
    """
    if not start < end or (end - start).days > MAX_DAYS:
        raise InvalidPeriod(f"a replay is of 1 to {MAX_DAYS} days")
    if await replays.unfinished(connection, supplier_code) >= AT_ONCE:
        raise TooMany(f"{AT_ONCE} replays are still running", code="replays_running", retry_after_seconds=60)
    found = {point_id for point_id, _ in await replays.points(connection, supplier_code, point_ids)}
    if set(point_ids) - found:
        raise UnknownPoint("a point is not the supplier's")
    replay = Replay(
        id=uuid4(),
        supplier_code=supplier_code,
        what=what,
        point_ids=sorted(set(point_ids)),
        from_day=start,
        to_day=end,
        asked_by=asked_by,
        asked_at=asked_at,
        done_until=None,
        messages_sent=0,
        finished_at=None,
    )
    await replays.add(connection, replay)
    return replay


async def run(resources: Resources, own: OwnPublisher) -> None:
    """Do what was asked until cancelled, each supplier's by a task and a producer of its own.

    So a supplier whose topic takes nothing holds up nobody else. Every failure backs off and goes on with the same day.
    """
    await resources.registry.loaded()
    tasks: dict[str, asyncio.Task[None]] = {}

    async def look() -> None:
        for code in [code for code, task in tasks.items() if task.done()]:
            tasks.pop(code).result()
        async with resources.engine.connect() as connection:
            asked = await replays.suppliers(connection)
        for code in asked - tasks.keys() - resources.registry.current().without_streams:
            tasks[code] = asyncio.create_task(_of_supplier(resources, own, code), name=f"replay {code}")

    try:
        await take_turns(look, worker="replay", pause_seconds=LOOK_EVERY_SECONDS)
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


async def _of_supplier(resources: Resources, own: OwnPublisher, code: str) -> None:
    """Do all that is asked for a supplier. A fault that passes ends it: the next look begins anew."""
    try:
        async with own(resources) as mine:
            while await step(mine, of=code):
                pass
    except (Busy, OSError, DBAPIError) as error:
        if isinstance(error, DBAPIError) and not passes(error):
            raise
        log.warning("replay.paused", supplier=code, error=repr(error))


async def step(resources: Resources, *, of: str | None = None) -> bool:
    """Send the next day of the oldest replay, `of` a supplier if one is named; return whether there was one.

    What is asked for a supplier whose streams are not there waits for them, and nobody waits for it.
    """
    async with resources.engine.begin() as connection:
        replay = await replays.take(connection, of=of, waiting=resources.registry.current().without_streams)
        if replay is None:
            return False
        day = replay.done_until or replay.from_day
        points = await replays.points(connection, replay.supplier_code, replay.point_ids)
        sent = 0
        for zone, group in groupby(points, key=lambda point: point[1]):
            ids = [point_id for point_id, _ in group]
            for at in range(0, len(ids), POINTS_A_READ):
                sent += await _send(resources, connection, replay, ids[at : at + POINTS_A_READ], local_day(day, zone))
        done_until = day + ONE_DAY
        finished_at = resources.clock.now() if done_until >= replay.to_day else None
        await replays.progress(connection, replay, done_until=done_until, sent=sent, finished_at=finished_at)
    REPLAYED.labels(what=replay.what).inc(sent)
    if finished_at is not None:
        log.info("replay.finished", replay_id=str(replay.id), supplier=replay.supplier_code, what=replay.what)
    return True


async def _send(
    resources: Resources, connection: AsyncConnection, replay: Replay, point_ids: Sequence[UUID], day: LocalDay
) -> int:
    registry = resources.registry.current()
    if replay.what == "intervals":
        slots = await read_slots(
            resources.store.engine, point_ids, start_epoch=day.start_epoch, end_epoch=day.end_epoch
        )
        blocks: list[SupplierIntervals] = [
            message
            for point_id, found in slots.items()
            for message in stored_messages(registry.places.get(point_id, ()), found)
        ]
        await resources.publisher.send(supplier_intervals(replay.supplier_code), blocks)
        return len(blocks)
    published = await replays.published_days(connection, point_ids, day.day)
    same = list(await _published(resources, registry, published, day))
    changed = {(point_id, day.day): day for point_id in published.keys() - {found.point_id for found in same}}
    now = resources.clock.now()
    await ledger.mark(connection, changed, now=now, look_at=now)
    await resources.publisher.send(supplier_days(replay.supplier_code), same)
    return len(same)


async def _published(
    resources: Resources, registry: Registry, published: Mapping[UUID, PublishedDay], day: LocalDay
) -> Iterator[SupplierDay]:
    """Make the days again out of the store, as they were published; those that changed since are left out."""
    rows = await read_days(resources.store.engine, list(published), day, neighbours=1) if published else {}

    def make() -> Iterator[SupplierDay]:
        for point_id, one in published.items():
            made = day_of(
                registry.places.get(point_id, ()),
                registry.contract_numbers,
                day,
                rows[point_id].slots,
                rows[point_id].snapshots,
                previous=one.previous,
                closed_at=_utc(one.row["closed_at"]),
            )
            then = None if made is None else as_published(made, one.row["digest"], ledger.said_in(one.row))
            if then is not None:
                yield _as_said(then, one.row)

    return make()


def _as_said(then: SupplierDay, row: RowMapping) -> SupplierDay:
    said: dict[str, Any] = {name: row[name] for name in AS_SAID}
    return msgspec.structs.replace(then, **said)


def _utc(instant: Any) -> datetime:
    found: datetime = instant
    return found.astimezone(UTC)
