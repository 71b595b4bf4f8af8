"""A simulated month of 200 points: what is stored, what the ledger says and what billing rebuilt are one."""

import sqlite3
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.service.metering.conftest import Portal
from tests.service.metering.days import Days
from tests.service.metering.month import FIRST, Month, midnight
from tests.service.metering.workers import Sent
from tests.unit.metering.guide import CONSUMER

from common.clock import FixedClock
from metering import service
from metering.closing.ledger import DAYS_A_TURN
from metering.domain.ledger import day_of
from metering.domain.local_days import local_day
from metering.settlement import inbox, replay
from metering.store.days import read_days
from topics.inbox import BillRun, SupplierDocument
from topics.poller import INTERVAL_BLOCKS, REGISTER_SNAPSHOTS, IntervalBlock
from topics.supplier import supplier_days, supplier_intervals

POINTS, DAYS = 200, 31
LAST = FIRST + timedelta(days=DAYS - 1)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
ONE_DAY = timedelta(days=1)


class Billing:
    """The guide's consumer without a log: it books what it is given, and proves each revision at once."""

    def __init__(self) -> None:
        self.books = sqlite3.connect(":memory:")
        self.books.executescript(CONSUMER.SCHEMA)
        self.proved = 0

    def take(self, value: bytes) -> None:
        CONSUMER.book(self.books, value.decode())

    def prove(self) -> None:
        """INVARIANT: what billing holds gives the digest of each newest revision, at any time."""
        asked = "select point, day, revision, digest, first, last, told from newest where answered is null"
        for *key, digest, first, last, told in self.books.execute(asked).fetchall():
            assert CONSUMER.own_digest(self.books, first, last, told) == digest, key
            self.books.execute(CONSUMER.ANSWERED, (digest, *key))
            self.proved += 1

    def rows(self, statement: str) -> list[Any]:
        return self.books.execute(statement).fetchall()


class Run:
    """The month as it passes: telemetry in, days closed, billing told."""

    def __init__(self, days: Days, month: Month) -> None:
        self.days = days
        self.month = month
        self.billing = Billing()
        self.clock: FixedClock = days.clock
        self._told = 0

    async def feed(self, *messages: Any) -> None:
        chain = self.days.portal.chain
        await chain.take(INTERVAL_BLOCKS, *(each for each in messages if isinstance(each, IntervalBlock)))
        await chain.take(REGISTER_SNAPSHOTS, *(each for each in messages if not isinstance(each, IntervalBlock)))

    async def close(self) -> None:
        """Let the ledger look at all that is due, and billing hear of it."""
        self.clock.instant += timedelta(minutes=2)
        while await self.days.ledger.turn() == DAYS_A_TURN:
            pass
        log = self.days.portal.chain.log
        for name, value, _, _ in log.sent[self._told :]:
            assert not name.endswith("-dlt"), value
            self.billing.take(value or b"")
        self._told = len(log.sent)
        async with self.days.portal.engine.begin() as connection:
            topics = (supplier_intervals("demo").name, supplier_days("demo").name)
            rows = await connection.execute(text("delete from outbox returning id, topic, payload"))
            for row in sorted(rows, key=lambda each: each.id):
                if row.topic in topics:
                    self.billing.take(row.payload)
        self.billing.prove()

    async def pass_month(self) -> None:
        for number in range(DAYS):
            day = FIRST + number * ONE_DAY
            self.clock.instant = midnight(day + ONE_DAY, "Europe/Kaliningrad") + timedelta(minutes=5)
            await self.feed(*self.month.day(day))
            self.clock.instant += timedelta(hours=7)
            await self.close()


@pytest.fixture
async def run(days: Days) -> Run:
    month = Month(POINTS)
    async with days.portal.engine.begin() as connection:
        await service.load_registry_file(connection, month.registry_file())
    await days.ledger._registry.refresh()
    days.portal.chain.registry = days.ledger._registry.current()
    return Run(days, month)


async def ledger_rows(portal: Portal) -> list[tuple[Any, ...]]:
    """Every revision as the ledger has it."""
    async with portal.engine.connect() as connection:
        rows = await connection.execute(text("select point_id, day, revision, digest from ledger_revisions"))
        return sorted((str(row.point_id), row.day.isoformat(), row.revision, row.digest) for row in rows)


async def stored_digests(run: Run) -> dict[tuple[str, str], str]:
    """The digest of each day as the store gives it now."""
    registry = run.days.ledger._registry.current()
    found: dict[tuple[str, str], str] = {}
    for number in range(DAYS):
        for zone in {point.zone for point in run.month.points}:
            day = local_day(FIRST + number * ONE_DAY, zone)
            ids = [point.id for point in run.month.points if point.zone == zone]
            stored = await read_days(run.days.portal.chain.store.engine, ids, day)
            for point_id in ids:
                places = registry.places[point_id]
                rows = (stored[point_id].slots, stored[point_id].snapshots)
                made = day_of(places, {}, day, *rows, previous=None, closed_at=day.ends_at)
                assert made is not None
                found[str(point_id), day.day.isoformat()] = made.digest
    return found


async def correct(run: Run, worker: Any) -> None:
    """Late data and three corrections, the last of them and a part of the late data after the bill run's cut-off."""
    late, month = run.month.held_back, run.month
    polled_at = run.clock.instant
    await run.feed(*late[::2])
    await run.feed(*late[:4])
    for number, extra_wh in ((3, 1), (4, 2)):
        day = FIRST + number * ONE_DAY
        await run.feed(month.corrected(month.points[number], day, extra_wh=extra_wh, polled_at=polled_at))
    await run.close()
    cut_off_at = run.clock.instant + timedelta(minutes=1)
    document = SupplierDocument(
        contract_number="*", document_id="run", version=1, body=BillRun(period=MARCH, cut_off_at=cut_off_at)
    )
    await inbox.take_document(worker, "demo", document)
    run.clock.instant = cut_off_at
    await run.feed(*late[1::2])
    await run.feed(month.corrected(month.points[9], LAST, extra_wh=3, polled_at=polled_at))
    await run.close()


@pytest.mark.timeout(600)
async def test_store_ledger_and_books_are_one_after_a_month_and_after_a_replay_into_empty_books(run: Run, worker: Any):
    """INVARIANT: what is stored, what the ledger says and what billing received have one digest and revision.

    200 points over a month with gaps, clock sets, an exchange, repeats, late data, three corrections and a bill run.
    """
    await run.pass_month()
    assert run.month.held_back
    await correct(run, worker)
    told = await ledger_rows(run.days.portal)
    booked = run.billing.rows("select point, day, revision, digest from days order by point, day, revision")
    assert booked == told, "billing has every revision that the ledger has, each with its digest"
    assert run.billing.proved >= POINTS * DAYS
    newest = {row[:2]: row[3] for row in told}
    assert await stored_digests(run) == newest
    corrections = run.billing.rows("select distinct told ->> 'lands_in_period' from days where revision > 1 order by 1")
    assert corrections == [("2026-03-01",), ("2026-04-01",)]
    # A consumer with empty books hears of the month by a replay alone.
    again = await replayed(run, worker)
    slots = "select * from slots order by point, start"
    assert again.rows(slots) == run.billing.rows(slots)
    columns = "select point, day, revision, digest, first, last, told from newest order by point, day"
    assert again.rows(columns) == run.billing.rows(columns)
    again.prove()
    assert again.proved == POINTS * DAYS
    assert await ledger_rows(run.days.portal) == told, "a replay adds no revision"


async def replayed(run: Run, worker: Any) -> Billing:
    for what in ("intervals", "days"):
        async with run.days.portal.engine.begin() as connection:
            await replay.ask(
                connection,
                "demo",
                what=what,
                point_ids=[point.id for point in run.month.points],
                start=FIRST,
                end=APRIL,
                asked_by=None,
                asked_at=run.clock.instant,
            )
    await worker.registry.refresh()
    worker.publisher = Sent()
    while await replay.step(worker):
        pass
    again = Billing()
    for message in worker.publisher.messages:
        topic: Any = supplier_days("demo") if hasattr(message, "digest") else supplier_intervals("demo")
        again.take(topic.encode(message))
    return again
