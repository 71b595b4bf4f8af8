"""Closes days: marks what may have changed, has what is due reviewed, and publishes a revision where a digest is new.

A revision and its event are one transaction, and a day that was touched meanwhile is looked at again: a kill at any
moment neither loses nor doubles one. One process works, by an advisory lock. How: docs/architecture/ledger.md.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common import outbox
from common.clock import Clock
from common.errors import Busy
from common.logging import get_logger
from metering.closing.review import Review, Reviewed
from metering.domain.intervals import CheckedBlocks
from metering.domain.journals import StoredEntry
from metering.domain.ledger import day_of, says_nothing_new
from metering.domain.local_days import (
    ONE_DAY,
    LocalDay,
    TouchedDays,
    day_at,
    days_before_snapshots,
    days_of_blocks,
    ended_days_within,
    local_day,
)
from metering.domain.reconciliation import FURTHEST_SECONDS, half_hours_beside, has_last_reading
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import Registry
from metering.domain.settlement import CutOffs, lands_in, period_of
from metering.domain.validation.columns import impossible_values
from metering.domain.validation.verdicts import Judged
from metering.freshness import Step, reached
from metering.metrics import LEDGER_DAYS_DUE, LEDGER_DAYS_FAILED, LEDGER_REVISIONS
from metering.registry_cache import RegistryCache
from metering.repository import bill_runs, verdicts
from metering.repository import ledger as repository
from metering.repository.faults import passes
from metering.repository.ledger import DueDay, NextRevision
from metering.settings import Settings
from topics.supplier import supplier_days
from topics.supplier_days import SupplierDay

log = get_logger(__name__)

ADVISORY_LOCK: Final = 0x6C656467  # "ledg"
LOOK_EVERY_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 2.0
DAYS_A_TURN: Final = 200
# How far back days of which nothing came are added; a meter's memory does not reach further.
FILLED_DAYS: Final = 100
HOMELESS_FOR: Final = timedelta(hours=1)
FAILED_FOR: Final = timedelta(hours=1)
PASSING: Final = (Busy, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

_topic = cache(supplier_days)


class DayMarks:
    """Remembers in PostgreSQL which days a batch may have changed. A repeat is harmless: digests decide."""

    def __init__(self, engine: AsyncEngine, *, settle_seconds: float) -> None:
        self._engine = engine
        self._settles_within = timedelta(seconds=settle_seconds)

    async def blocks_stored(self, checked: CheckedBlocks, *, now: datetime) -> None:
        """To be called when the half hours are readable, and before their offsets are committed."""

        def run() -> tuple[tuple[TouchedDays, TouchedDays], list[tuple[UUID, date, Judged]]]:
            return days_of_blocks(checked), impossible_values(checked)

        (touched, beside), impossible = await asyncio.to_thread(run)
        look_at = now + self._settles_within

        async def write(connection: AsyncConnection) -> None:
            await repository.mark(connection, touched, now=now, look_at=look_at)
            await repository.mark_waiting(connection, beside, look_at=look_at)
            await verdicts.save(connection, impossible, now=now, keep=True)
            await repository.look_again(connection, [each[:2] for each in impossible], now=look_at)

        if touched or impossible:
            await self._write(write)

    async def snapshots_stored(self, snapshots: Iterable[StoredSnapshot], registry: Registry, *, now: datetime) -> None:
        """To be called when the readings are readable: an open day may have waited for them."""
        before, look_at = days_before_snapshots(snapshots, registry), now + self._settles_within
        instants = ((each.point_id, each.at.timestamp()) for each in snapshots)
        spans = [(point_id, at - FURTHEST_SECONDS, at + FURTHEST_SECONDS) for point_id, at in instants]
        late = ended_days_within(_zoned(registry, spans), now_epoch=now.timestamp())

        async def write(connection: AsyncConnection) -> None:
            await repository.mark_waiting(connection, before, look_at=look_at)
            await repository.look_again(connection, late, now=look_at)

        if before or late:
            await self._write(write)

    async def entries_are_new(self, entries: Iterable[StoredEntry], registry: Registry, *, now: datetime) -> None:
        """To be called before entries that were not known are written, and when they are readable.

        The days that have ended are judged by them: those of an entry that closes until now, if it was known open, so
        with it comes what was known. Before, since a repeat no longer finds them new.
        """
        now_epoch = now.timestamp()
        spans = [(entry.point_id, entry.opened_at.timestamp(), _end_of(entry, now_epoch)) for entry in entries]
        late = ended_days_within(_zoned(registry, spans), now_epoch=now_epoch)
        if late:
            await self._write(partial(repository.look_again, days=late, now=now + self._settles_within))

    async def _write(self, write: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        try:
            async with self._engine.begin() as connection:
                await write(connection)
        except (OSError, DBAPIError) as error:
            if not passes(error):
                raise
            raise Busy(f"the days were not marked: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Look:
    """What looking at a due day came to: the next revision, or nothing new and when to look again."""

    due: DueDay
    supplier_code: str = ""
    day: SupplierDay | None = None
    reaches_beside: bool = False
    again_at: datetime | None = None


class Ledger:
    """The worker that closes days by the clock and corrects closed ones."""

    def __init__(
        self,
        settings: Settings,
        *,
        engine: AsyncEngine,
        review: Review,
        registry: RegistryCache,
        clock: Clock,
    ) -> None:
        self._dsn = settings.database_url.get_secret_value().replace("postgresql+asyncpg://", "postgresql://")
        self._hour = settings.ledger_closes_at_hour
        self._engine = engine
        self._review = review
        self._registry = registry
        self._clock = clock
        self._filled: dict[str, LocalDay] = {}

    async def run(self) -> None:
        """Work until cancelled. Every failure backs off and starts over from the tables."""
        await self._registry.loaded()
        while True:
            try:
                async with self._leadership():
                    while True:
                        if await self.turn() < DAYS_A_TURN:
                            await asyncio.sleep(LOOK_EVERY_SECONDS)
            except (*PASSING, DBAPIError) as error:
                if isinstance(error, DBAPIError) and not passes(error):
                    raise
                log.warning("ledger.paused", error=repr(error), pause_seconds=PAUSE_SECONDS)
                await asyncio.sleep(PAUSE_SECONDS)

    async def turn(self) -> int:
        """Look at the days that are due, at most DAYS_A_TURN of them; return how many these were."""
        now = self._clock.now().replace(microsecond=0)
        await self._fill(now)
        await self._review.finish_left(self._registry.current(), now=now)
        async with self._engine.connect() as connection:
            due = await repository.due_days(connection, now=now, limit=DAYS_A_TURN)
            LEDGER_DAYS_DUE.set(await repository.count_due(connection, now=now) if due else 0)
        looks: list[Look] = []
        for day, group in groupby(sorted(due, key=_window), key=_window):
            looks += await self._look_at_all(local_day(*day), list(group), now)
        await self._write(looks)
        return len(due)

    async def _look_at_all(self, day: LocalDay, due: Sequence[DueDay], now: datetime) -> list[Look]:
        """Look at days together; if that fails by none of the faults that pass, one by one, and put off what fails."""
        try:
            return await self._look_at(day, due, now)
        except PASSING:
            raise
        except Exception as error:  # one bad day must not keep all others from being closed
            if isinstance(error, DBAPIError) and passes(error):
                raise
            if len(due) > 1:
                return [look for each in due for look in await self._look_at_all(day, [each], now)]
            LEDGER_DAYS_FAILED.inc()
            log.exception("ledger_day.failed", point_id=str(due[0].point_id), day=due[0].day.isoformat())
            return [Look(due[0], again_at=now + FAILED_FOR)]

    async def _write(self, looks: Sequence[Look]) -> None:
        closed = [(look, look.day) for look in looks if look.day is not None]
        added: list[SupplierDay] = []
        async with self._engine.begin() as connection:
            await repository.postpone(connection, [(look.due, look.again_at) for look in looks if look.day is None])
            codes = sorted({look.supplier_code for look, _ in closed})
            cut_offs = await bill_runs.cut_offs(connection, codes) if codes else {}
            for code in codes:
                landed = [
                    NextRevision(look.due, _landed(day, cut_offs[code]), look.reaches_beside)
                    for look, day in closed
                    if look.supplier_code == code
                ]
                revisions = await repository.add_revisions(connection, landed)
                await outbox.add_all(connection, _topic(code), revisions)
                added += revisions
                self._follow(code, revisions)
        for revision in added:
            LEDGER_REVISIONS.labels(reason=revision.reason, verdict=revision.verdict).inc()

    def _follow(self, supplier_code: str, revisions: Sequence[SupplierDay]) -> None:
        for revision in revisions:
            if revision.revision == 1:
                end = local_day(revision.day, revision.time_zone).end_epoch
                took = revision.closed_at.timestamp() - end
                reached(Step.CLOSED, supplier_code, data_epoch=end, seconds=took, clock=self._clock)

    async def _look_at(self, day: LocalDay, due: Sequence[DueDay], now: datetime) -> list[Look]:
        registry = self._registry.current()
        reviewed = await self._review.days(registry, day, [each.point_id for each in due], now=now)

        def run() -> list[Look]:
            return [self._look(registry, day, each, reviewed[each.point_id], now) for each in due]

        return await asyncio.to_thread(run)

    def _look(self, registry: Registry, day: LocalDay, due: DueDay, reviewed: Reviewed, now: datetime) -> Look:
        places = registry.places.get(due.point_id, ())
        if not registry.may_be_told(due.point_id):
            # As with its telemetry: while the registry and contracts disagree nobody may get the data.
            return Look(due, again_at=now + HOMELESS_FOR)
        slots, snapshots = reviewed.slots, reviewed.snapshots
        made = day_of(places, registry.contract_numbers, day, slots, snapshots, previous=due.previous, closed_at=now)
        if made is None or (due.previous is not None and says_nothing_new(made, due.previous)):
            return Look(due)
        closes_at = day.closes_at(registry.closing_hour(places[-1].supplier_code, day.day, default=self._hour))
        beside = half_hours_beside(day, snapshots)
        settled = made.state == "complete" and has_last_reading(day, snapshots) and beside <= slots.keys()
        if due.previous is None and now < closes_at and not settled:
            return Look(due, again_at=closes_at)
        return Look(due, supplier_code=places[-1].supplier_code, day=made, reaches_beside=bool(beside))

    async def _fill(self, now: datetime) -> None:
        """Add the days of which nothing came, once for each zone when a day of it has ended, and at the start."""
        zones = {place.time_zone for places in self._registry.current().places.values() for place in places}
        for zone in zones:
            last = local_day(day_at(now.timestamp(), zone).day - ONE_DAY, zone)
            if self._filled.get(zone) == last:
                continue
            days = [local_day(last.day - number * ONE_DAY, zone) for number in range(FILLED_DAYS)]
            starts = [datetime.fromtimestamp(day.start_epoch, UTC) for day in days]
            async with self._engine.begin() as connection:
                added = await repository.fill(connection, zone, days, starts=starts)
            self._filled[zone] = last
            if added:
                log.info("ledger_days.added_without_telemetry", time_zone=zone, days=added)

    @asynccontextmanager
    async def _leadership(self) -> AsyncIterator[None]:
        connection = await asyncpg.connect(self._dsn)
        try:
            while not await connection.fetchval("select pg_try_advisory_lock($1)", ADVISORY_LOCK):
                await asyncio.sleep(LOOK_EVERY_SECONDS)
            yield
        finally:
            await connection.close()


def _landed(day: SupplierDay, cut_offs: CutOffs) -> SupplierDay:
    """Say to which period a revision belongs, and which one it corrects if that was cut off before."""
    own, lands = period_of(day.day), lands_in(day.day, day.closed_at, cut_offs)
    return msgspec.structs.replace(day, lands_in_period=lands, corrects_period=None if lands == own else own)


def _zoned(registry: Registry, spans: Iterable[tuple[UUID, float, float]]) -> Iterator[tuple[UUID, str, float, float]]:
    """Put the zone of its point into each (point, first, last); a point that is gone has no days."""
    for point_id, first, last in spans:
        places = registry.places.get(point_id)
        if places:
            yield point_id, places[-1].time_zone, first, last


def _end_of(entry: StoredEntry, now_epoch: float) -> float:
    """An entry that is open reaches until now."""
    return now_epoch if entry.closed_at is None else entry.closed_at.timestamp()


def _window(due: DueDay) -> tuple[Any, str]:
    return due.day, due.time_zone
