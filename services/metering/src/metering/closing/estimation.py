"""Estimates what is still missing of a day at its closing hour: the step of the review behind the rules.

What it keeps of method and inputs is committed with the values under way, before these are written; a kill between
goes on with the same versions. E0, the meter's own archive, is asked first. How: docs/architecture/estimation.md.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common import outbox
from common.clock import Clock
from metering.domain.estimation.estimate import estimates
from metering.domain.estimation.legal import ConsumerKind, Substitution, rule_on
from metering.domain.estimation.material import Material, good_days_of
from metering.domain.estimation.months import before, months_of
from metering.domain.estimation.outcome import NAMES, Outcome, actual_wh, counting, energy_wh, outcome, unknown
from metering.domain.estimation.rounding import half_up
from metering.domain.estimation.stored import StoredEstimate
from metering.domain.intervals import STEP_SECONDS
from metering.domain.journal_spans import Span, spans_of
from metering.domain.journals import StoredEntry
from metering.domain.local_days import ONE_DAY, LocalDay
from metering.domain.own_versions import OwnVersion
from metering.domain.qualities import GUESSED
from metering.domain.reconciliation import StoredSlot
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import Installed, place_at
from metering.domain.validation.limits import PointClass, class_of
from metering.domain.validation.review import ReviewedDay
from metering.metrics import ARCHIVE_WAITS, ESTIMATES, ESTIMATES_REPLACED
from metering.registry_cache import RegistryCache
from metering.repository import estimates as repository
from metering.repository import ledger, substitutions, under_way
from metering.settings import Settings
from metering.store.days import read_slots
from metering.store.engine import Engine
from metering.store.material import read_months, read_readings
from metering.store.spans import read_entries
from metering.turns import take_turns
from topics.metering import ALARMS, Alarm
from topics.quality import RANK, Quality

BACK: Final = timedelta(days=28)
AHEAD: Final = timedelta(days=14)
POINTS_A_READ: Final = 25
LOOK_EVERY_SECONDS: Final = 5.0
LOOKS_A_TURN: Final = 200


@dataclass(frozen=True, slots=True)
class _Work:
    """A day with half hours to be estimated, and what of ours stands there."""

    reviewed: ReviewedDay
    ours: Sequence[StoredEstimate]
    missing: Sequence[int]
    estimated: Sequence[int]

    @property
    def point_id(self) -> UUID:
        return self.place.point_id

    @property
    def place(self) -> Installed:
        context = self.reviewed.context
        return place_at(context.places, context.expected[-1]) or context.places[-1]


@dataclass(frozen=True, slots=True)
class _Around:
    """What was read for many points at once."""

    slots: Mapping[UUID, Mapping[int, StoredSlot]]
    ours: Mapping[UUID, Sequence[StoredEstimate]]
    snapshots: Mapping[UUID, Sequence[StoredSnapshot]]
    spans: Mapping[UUID, Sequence[Span]]
    months: Mapping[UUID, Mapping[date, int]] = field(default_factory=dict)
    laws: Mapping[str, Sequence[Substitution]] = field(default_factory=dict)
    periods: Mapping[UUID, int] = field(default_factory=dict)
    controls: Mapping[UUID, tuple[UUID, Mapping[int, StoredSlot]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a day, and when to look at it again."""

    work: _Work
    outcome: Outcome
    again_at: datetime | None


class Estimator:
    """Fills what is missing of reviewed days. Given the same it gives the same."""

    def __init__(self, settings: Settings, *, engine: AsyncEngine, store: Engine, registry: RegistryCache) -> None:
        self._settings = settings
        self._registry = registry
        self._engine = engine
        self._store = store

    async def __call__(self, days: Sequence[ReviewedDay], *, now: datetime) -> list[OwnVersion]:
        """Return the values to be written for days of one local date. Raises StoreAway."""
        if not days:
            return []
        day = days[0].context.day
        points = [each.context.places[-1].point_id for each in days]
        async with self._engine.connect() as connection:
            ours = _by_point(
                await repository.open_estimates(connection, points, start=day.start_epoch, end=day.end_epoch)
            )
        work = [found for each in days if (found := _work(each, ours)) is not None and now >= self._closes_at(found)]
        values: list[OwnVersion] = []
        for at in range(0, len(work), POINTS_A_READ):
            values += await self._estimate(day, work[at : at + POINTS_A_READ], now)
        return values

    async def _estimate(self, day: LocalDay, work: Sequence[_Work], now: datetime) -> list[OwnVersion]:
        around = await self._around(day, [each.place for each in work], now)
        done = await asyncio.to_thread(lambda: [self._done(each, around, now) for each in work])
        values = [
            OwnVersion.of(each.work.point_id, start, slot)
            for each in done
            for start, slot in each.outcome.values.items()
        ]
        async with self._engine.begin() as connection:
            for each in done:
                await self._keep(connection, each, now)
            await under_way.begin(connection, values)
            await repository.look_later(connection, {(each.work.point_id, day.day): each.again_at for each in done})
        return values

    def _done(self, work: _Work, around: _Around, now: datetime) -> _Done:
        material = _material(work, around)
        archive_until = self._closes_at(work) + timedelta(hours=self._settings.estimation_archive_hours)
        waiting = [start for start in work.missing if now < archive_until and _is_silent(start, material)]
        wanted = [*(start for start in work.missing if start not in set(waiting)), *work.estimated]
        found = estimates(material, wanted) if wanted else []
        result = outcome(work.place, found, work.reviewed.slots, work.ours, now=now)
        if waiting:
            ARCHIVE_WAITS.inc()
            return _Done(work, result, archive_until)
        return _Done(work, result, self._again(work, result, now))

    def _closes_at(self, work: _Work) -> datetime:
        day, default = work.reviewed.context.day, self._settings.ledger_closes_at_hour
        return day.closes_at(self._registry.current().closing_hour(work.place.supplier_code, day.day, default=default))

    def _again(self, work: _Work, result: Outcome, now: datetime) -> datetime | None:
        """Return when better inputs may have come; None if there is nothing to better, or it is too long ago."""
        over = {each.id for each in result.over}
        standing = [each for each in (*work.ours, *result.added) if each.id not in over]
        told = {start for each in standing for start in each.starts}
        weak = any(RANK[each.quality] < RANK[Quality.DERIVED] for each in standing)
        gaps = any(start not in told for start in work.missing)
        young = now - work.reviewed.context.day.ends_at < timedelta(days=self._settings.estimation_again_days)
        return now + timedelta(hours=self._settings.estimation_again_hours) if young and (weak or gaps) else None

    async def _keep(self, connection: AsyncConnection, done: _Done, now: datetime) -> None:
        for each in done.outcome.added:
            await repository.add(connection, each)
            ESTIMATES.labels(method=each.method).inc()
        await repository.replaced(connection, [each.id for each in done.outcome.over], at=now)
        if done.outcome.replaced:
            await outbox.add(connection, ALARMS, _alarm(done, now))
            for each in done.outcome.replaced:
                ESTIMATES_REPLACED.labels(method=each.method).inc()

    async def _around(self, day: LocalDay, places: Sequence[Installed], now: datetime) -> _Around:
        points = [place.point_id for place in places]
        first = max(0, int(day.start_epoch - BACK.total_seconds()))
        last = min(int(now.timestamp()), int(day.end_epoch + AHEAD.total_seconds()))
        async with self._engine.connect() as connection:
            ours = _by_point(await repository.open_estimates(connection, points, start=first, end=last))
            laws = await substitutions.legal_rules(connection)
            legal = [place.point_id for place in places if place.supplier_code in laws]
            periods = await substitutions.substituted_periods(
                connection, legal, before=day.ends_at - ONE_DAY, time_zone=day.time_zone
            )
            controls = await substitutions.control_points(connection, points, day)
        months = await read_months(self._store, legal, day) if legal else {}
        checking = (
            await read_slots(
                self._store,
                sorted(set(controls.values()), key=str),
                start_epoch=day.start_epoch,
                end_epoch=day.end_epoch,
            )
            if controls
            else {}
        )
        entries = await read_entries(self._store, points, start_epoch=first, end_epoch=last)
        return _Around(
            slots=await read_slots(self._store, points, start_epoch=first, end_epoch=last),
            ours=ours,
            snapshots=await read_readings(self._store, points, day, first_epoch=first, last_epoch=last),
            spans=_spans(entries),
            months={point: months_of(found, day.time_zone) for point, found in months.items()},
            laws=laws,
            periods=periods,
            controls={point: (other, checking.get(other, {})) for point, other in controls.items()},
        )


async def look_again(engine: AsyncEngine, clock: Clock) -> None:
    """Have days looked at whose time has come until cancelled: an archive was given up, inputs may have come."""

    async def turn() -> None:
        async with engine.begin() as connection:
            now = clock.now().replace(microsecond=0)
            due = await repository.take_due_looks(connection, now=now, limit=LOOKS_A_TURN)
            await ledger.look_again(connection, due, now=now)

    await take_turns(turn, worker="estimation_looks", pause_seconds=LOOK_EVERY_SECONDS)


def _work(reviewed: ReviewedDay, ours: Mapping[UUID, Sequence[StoredEstimate]]) -> _Work | None:
    context = reviewed.context
    open_ones = ours.get(context.places[-1].point_id, ())
    missing, estimated = unknown(context.expected, reviewed.slots, open_ones)
    return _Work(reviewed, open_ones, missing, estimated) if missing or open_ones else None


def _material(work: _Work, around: _Around) -> Material:
    place, day = work.place, work.reviewed.context.day
    spans = around.spans.get(place.point_id, ())
    slots = _actual(around.slots.get(place.point_id, {}), around.ours.get(place.point_id, ()))
    slots.update(_actual(_of_day(work.reviewed.slots, day), work.ours))
    kind = ConsumerKind.ORGANISATION if class_of(place) is PointClass.TRANSFORMER else ConsumerKind.HOUSEHOLD
    months = dict(around.months.get(place.point_id, {}))
    other, checking = around.controls.get(place.point_id, (None, {}))
    return Material(
        place=place,
        places=work.reviewed.context.places,
        day=day,
        slots=slots,
        good_days=good_days_of(slots, spans, day.time_zone),
        snapshots=around.snapshots.get(place.point_id, ()),
        spans=spans,
        point_class=class_of(place),
        schedules=work.reviewed.context.schedules,
        tariff=work.reviewed.context.tariff,
        law=rule_on(around.laws.get(place.supplier_code, ()), kind, day.day),
        months_wh=before(months, day.day),
        last_year_wh=months.get(day.day.replace(year=day.day.year - 1, day=1)),
        legal_periods=around.periods.get(place.point_id, 0),
        control={start: _in_measure(slot, place) for start, slot in checking.items()},
        control_point=None if other is None else str(other),
    )


def _actual(slots: Mapping[int, StoredSlot], ours: Sequence[StoredEstimate]) -> dict[int, StoredSlot]:
    """Return what is no estimate: neither one of ours nor one of anybody else's."""
    estimated = counting(slots, ours)
    return {start: slot for start, slot in slots.items() if start not in estimated and slot.quality not in GUESSED}


def _of_day(slots: Mapping[int, StoredSlot], day: LocalDay) -> dict[int, StoredSlot]:
    return {start: slot for start, slot in slots.items() if day.start_epoch <= start < day.end_epoch}


def _in_measure(slot: StoredSlot, place: Installed) -> tuple[int | None, ...]:
    """Return a control meter's energies in the measure of the meter that it checks."""
    return tuple(None if value is None else half_up(value * slot.ratio) // place.ratio for value in slot.energies)


def _is_silent(start: int, material: Material) -> bool:
    """Say whether the meter has not been read past a half hour: then its archive may still hold it (E0)."""
    meter = str(material.place.meter_id)
    return not any(each > start and slot.meter_id == meter for each, slot in material.slots.items())


def _spans(entries: Sequence[StoredEntry]) -> dict[UUID, list[Span]]:
    by_point: dict[UUID, list[StoredEntry]] = defaultdict(list)
    for entry in entries:
        by_point[entry.point_id].append(entry)
    return {point_id: spans_of(found) for point_id, found in by_point.items()}


def _by_point(found: Sequence[StoredEstimate]) -> dict[UUID, list[StoredEstimate]]:
    by_point: dict[UUID, list[StoredEstimate]] = defaultdict(list)
    for each in found:
        by_point[each.point_id].append(each)
    return by_point


def _alarm(done: _Done, now: datetime) -> Alarm:
    place, replaced = done.work.place, done.outcome.replaced
    names = " ".join(sorted(str(each.id) for each in replaced))
    details: dict[str, Any] = {
        "point": place.point_number,
        "day": done.work.reviewed.context.day.day.isoformat(),
        "half_hours": sum((each.end - each.start) // STEP_SECONDS for each in replaced),
        "methods": ", ".join(sorted({each.method for each in replaced})),
        "estimated_wh": energy_wh(replaced, place.ratio),
        "actual_wh": actual_wh(replaced, done.work.reviewed.slots),
    }
    return Alarm(
        alarm_id=uuid5(NAMES, f"estimate_replaced {names}"),
        kind="estimate_replaced",
        severity="info",
        point_id=place.point_id,
        contract_id=place.contract_id,
        supplier_code=place.supplier_code,
        at=now,
        details=details,
    )
