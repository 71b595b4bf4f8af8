"""Reviews days before they are closed: rules first, then estimates, each written beside what is there.

Order of a look at a day: validate, estimate, close. Rules are pure (`domain.validation`); what they find is committed
with the values that follow from it, then these go into the series store, then to the supplier. A kill at any moment
goes on with the same versions (`finish`): docs/architecture/validation.md.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common import outbox
from metering.domain.journal_spans import Span, spans_of
from metering.domain.journals import StoredEntry
from metering.domain.local_days import LocalDay
from metering.domain.own_versions import OwnVersion
from metering.domain.reconciliation import StoredSlot
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import Installed, Registry, place_at
from metering.domain.supplier_stream import stored_messages
from metering.domain.validation.context import DayContext, DaySums
from metering.domain.validation.limits import SetLimit, limits_of
from metering.domain.validation.review import Known, ReviewedDay, review
from metering.domain.validation.verdicts import State
from metering.domain.zones import valid_on
from metering.metrics import VERDICTS
from metering.repository import ledger, limits, under_way, verdicts, zone_checks
from metering.repository.limits import Terms
from metering.repository.zone_checks import DatedSchedule
from metering.store.engine import Engine
from metering.store.review import DayRows, read_day_rows, write_values
from metering.store.spans import read_entries
from topics.supplier import supplier_intervals

_topic = cache(supplier_intervals)

NOTHING: Final = DayRows()
JOURNAL_DAYS: Final = 7
# More than one turn of the ledger can leave behind.
VALUES_A_TURN: Final = 50_000


class Fill(Protocol):
    """Estimates what is missing of days that the rules have been through; the step after them.

    It gets all days of one local date at once, so that what it reads it reads once for many points, and returns values
    to be written (`slot.version` by `topics.quality.value_version` for a gap, so that the actual value replaces it).
    Given the same days it returns the same values, and none for a half hour that already has an equal one: that ends
    the circle, since what is written is published as a further revision. What it keeps of method and inputs it
    commits itself, with the values under way. `day.slots` is what counts, `day.context` all that the rules knew.
    """

    async def __call__(self, days: Sequence[ReviewedDay], *, now: datetime) -> Sequence[OwnVersion]: ...


async def fill_nothing(days: Sequence[ReviewedDay], *, now: datetime) -> Sequence[OwnVersion]:
    """For a review without estimates."""
    del days, now
    return ()


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What counts of a point's day after the review, for whoever closes it."""

    slots: Mapping[int, StoredSlot]
    snapshots: Sequence[StoredSnapshot]


@dataclass(frozen=True, slots=True)
class _Around:
    """What PostgreSQL knows around the days of one review, by point."""

    set_limits: Sequence[SetLimit]
    days: Mapping[UUID, Mapping[date, DaySums]]
    known: Mapping[UUID, Sequence[Known]]
    terms: Mapping[UUID, Terms]
    schedules: Mapping[str | None, Sequence[DatedSchedule]]
    spans: Mapping[UUID, Sequence[Span]]


class Review:
    """The step of the ledger's worker that looks at days before they are closed."""

    def __init__(self, *, engine: AsyncEngine, store: Engine, fill: Fill = fill_nothing) -> None:
        self._engine = engine
        self._store = store
        self._fill = fill

    async def days(
        self, registry: Registry, day: LocalDay, point_ids: Sequence[UUID], *, now: datetime
    ) -> dict[UUID, Reviewed]:
        """Review one local day of points of its zone. A repeat changes nothing. Raises StoreAway.

        Points whose supplier is not settled are left as they are: nobody may be told of them.
        """
        rows = await read_day_rows(self._store, point_ids, day)
        spans = await self._spans(day, point_ids)
        async with self._engine.connect() as connection:
            around = _Around(
                await limits.set_limits(connection),
                await limits.closed_days(connection, point_ids, day.day),
                await verdicts.known_around(connection, point_ids, day.day),
                await limits.terms_of(connection, point_ids),
                await zone_checks.schedules(connection),
                spans,
            )
        contexts = {
            point_id: context
            for point_id in point_ids
            if (context := _context(registry, day, point_id, rows.get(point_id, NOTHING), around, now)) is not None
        }

        def run() -> dict[UUID, ReviewedDay]:
            return {point_id: review(each, around.known.get(point_id, ())) for point_id, each in contexts.items()}

        reviewed = await asyncio.to_thread(run)
        decided = [
            OwnVersion.of(point_id, start, slot)
            for point_id, each in reviewed.items()
            for start, slot in each.decisions.items()
        ]
        async with self._engine.begin() as connection:
            await self._keep_verdicts(connection, reviewed, now=now)
            await under_way.begin(connection, decided)
        await self._finish(registry, decided, now=now)
        estimated = await self._fill(list(reviewed.values()), now=now)
        await self._finish(registry, estimated, now=now)
        return _after(rows, [*decided, *estimated], point_ids, stored_epoch=int(now.timestamp()))

    async def finish(self, registry: Registry, *, now: datetime) -> None:
        """Bring values to their end that a kill or a fault left under way. To be called before a look at days.

        Those of points whose supplier is not settled wait. Raises StoreAway.
        """
        async with self._engine.connect() as connection:
            left = await under_way.left(connection, limit=VALUES_A_TURN)
        await self._finish(registry, [each for each in left if _may_be_told(registry, each.point_id)], now=now)

    async def _finish(self, registry: Registry, values: Sequence[OwnVersion], *, now: datetime) -> None:
        """Write values that are under way, and only then tell of them: nobody hears of what the store may lack."""
        if not values:
            return
        await write_values(self._store, values, stored_at=now)
        async with self._engine.begin() as connection:
            await _tell(connection, registry, values, now=now)
            await under_way.end(connection, values)

    async def _spans(self, day: LocalDay, point_ids: Sequence[UUID]) -> dict[UUID, list[Span]]:
        """Return by point what the journals tell of the day, and of the days before it that V13 looks at."""
        start = day.start_epoch - JOURNAL_DAYS * 86_400
        entries: dict[UUID, list[StoredEntry]] = {}
        for entry in await read_entries(self._store, point_ids, start_epoch=start, end_epoch=day.end_epoch):
            entries.setdefault(entry.point_id, []).append(entry)
        return {point_id: spans_of(each) for point_id, each in entries.items()}

    async def _keep_verdicts(
        self, connection: AsyncConnection, reviewed: Mapping[UUID, ReviewedDay], *, now: datetime
    ) -> None:
        news = [(point_id, each.context.day.day, judged) for point_id, each in reviewed.items() for judged in each.news]
        await verdicts.save(connection, news, now=now)
        await ledger.look_again(
            connection, [(point_id, other) for point_id, each in reviewed.items() for other in each.again], now=now
        )
        for _, _, judged in news:
            if judged.state is State.OPEN:
                verdict = judged.verdict
                VERDICTS.labels(rule=verdict.rule.value, severity=verdict.severity.value).inc()


def _context(
    registry: Registry, day: LocalDay, point_id: UUID, rows: DayRows, around: _Around, now: datetime
) -> DayContext | None:
    """Return what the rules may know; None where no meter stood, or while contracts names another supplier."""
    places = registry.places.get(point_id, ())
    expected = [place for place in places if place.from_epoch < day.end_epoch and place.to_epoch > day.start_epoch]
    if not expected or not _may_be_told(registry, point_id):
        return None
    terms = around.terms.get(point_id, Terms())
    return DayContext(
        places=places,
        day=day,
        now=now,
        limits=limits_of(around.set_limits, expected[-1], on=day.day, known_at=now),
        slots=rows.slots,
        automatic=rows.automatic,
        snapshots=rows.snapshots,
        days=around.days.get(point_id, {}),
        spans=around.spans.get(point_id, ()),
        contract_closed_at=terms.contract_closed_at,
        schedules=valid_on(zone_checks.of_supplier(around.schedules, places[-1].supplier_code), day.day),
        tariff=terms.tariff,
    )


async def _tell(
    connection: AsyncConnection, registry: Registry, values: Sequence[OwnVersion], *, now: datetime
) -> None:
    """Have the supplier told of values on the stream of half hours, with the store's version of each."""
    by_point: dict[UUID, dict[int, StoredSlot]] = {}
    for value in values:
        by_point.setdefault(value.point_id, {})[value.start] = value.slot(stored_epoch=int(now.timestamp()))
    for point_id, slots in by_point.items():
        places = registry.places[point_id]
        topic = _topic(_supplier(places, min(slots)))
        for message in stored_messages(places, slots):
            await outbox.add(connection, topic, message)


def _may_be_told(registry: Registry, point_id: UUID) -> bool:
    places = registry.places.get(point_id, ())
    return bool(places) and registry.is_settled(places[-1])


def _supplier(places: tuple[Installed, ...], epoch: int) -> str:
    return (place_at(places, epoch) or places[-1]).supplier_code


def _after(
    rows: Mapping[UUID, DayRows], values: Sequence[OwnVersion], point_ids: Sequence[UUID], *, stored_epoch: int
) -> dict[UUID, Reviewed]:
    """Return what counts when these values are there too: the highest version."""
    found = {point_id: dict(rows.get(point_id, NOTHING).slots) for point_id in point_ids}
    for value in values:
        there = found[value.point_id].get(value.start)
        if there is None or there.version < value.version:
            found[value.point_id][value.start] = value.slot(stored_epoch=stored_epoch)
    return {point_id: Reviewed(slots, rows.get(point_id, NOTHING).snapshots) for point_id, slots in found.items()}
