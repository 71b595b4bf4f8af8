"""Reviews days before they are closed: rules first, then estimates, each written beside what is there.

Order of a look at a day: validate, estimate, close. Rules are pure (`domain.validation`); what they find is committed
with the values that follow from it, then these go into the series store, then to the supplier. A kill at any moment
goes on with the same versions (`own_values.py`): docs/architecture/validation.md.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from metering.domain.journal_spans import Span, spans_of
from metering.domain.journals import StoredEntry
from metering.domain.local_days import LocalDay
from metering.domain.own_versions import OwnVersion
from metering.domain.reconciliation import StoredSlot
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import Registry
from metering.domain.schedules import DatedSchedule
from metering.domain.validation.context import DayContext, DaySums
from metering.domain.validation.limits import SetLimit, limits_of
from metering.domain.validation.review import Known, ReviewedDay, review
from metering.domain.validation.verdicts import State
from metering.metrics import VERDICTS
from metering.own_values import OwnValues
from metering.repository import ledger, limits, under_way, verdicts, zone_checks
from metering.repository.limits import Terms
from metering.store.days import DayRows, read_days
from metering.store.engine import Engine
from metering.store.spans import read_entries

JOURNAL_DAYS: Final = 7


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
        self._own = OwnValues(engine=engine, store=store)

    async def days(
        self, registry: Registry, day: LocalDay, point_ids: Sequence[UUID], *, now: datetime
    ) -> dict[UUID, Reviewed]:
        """Review one local day of points of its zone. A repeat changes nothing. Raises StoreAway.

        Points whose supplier is not settled are left as they are: nobody may be told of them.
        """
        rows = await read_days(self._store, point_ids, day)
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
            if (context := _context(registry, day, point_id, rows[point_id], around, now)) is not None
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
        await self._own.finish(registry, decided, now=now)
        estimated = await self._fill(list(reviewed.values()), now=now)
        await self._own.finish(registry, estimated, now=now)
        return _after(rows, [*decided, *estimated], point_ids, stored_epoch=int(now.timestamp()))

    async def finish_left(self, registry: Registry, *, now: datetime) -> None:
        """Bring values to their end that a kill or a fault left, before days are looked at. Raises StoreAway."""
        await self._own.finish_left(registry, now=now)

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
    if not expected or not registry.may_be_told(point_id):
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
        schedules=zone_checks.of_supplier(around.schedules, places[-1].supplier_code),
        tariff=terms.tariff,
    )


def _after(
    rows: Mapping[UUID, DayRows], values: Sequence[OwnVersion], point_ids: Sequence[UUID], *, stored_epoch: int
) -> dict[UUID, Reviewed]:
    """Return what counts when these values are there too: the highest version."""
    found = {point_id: dict(rows[point_id].slots) for point_id in point_ids}
    for value in values:
        there = found[value.point_id].get(value.start)
        if there is None or there.version < value.version:
            found[value.point_id][value.start] = value.slot(stored_epoch=stored_epoch)
    return {point_id: Reviewed(slots, rows[point_id].snapshots) for point_id, slots in found.items()}
