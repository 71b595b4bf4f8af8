"""metering over ASGI: a migrated database, the real series engine, and a log that is a list.

The embedded engine allows one path in a process, so all tests share one store; each has points of its own.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.conftest import NewDatabase
from tests.service.metering.days import DAY, Days
from tests.service.metering.workers import Sent
from tests.tokens import Tokens
from tests.unit.metering.fake_log import FakeLog
from tests.unit.metering.telemetry import NOW, Place

from common import db
from common.cli import Role
from common.clock import FixedClock
from common.http.auth import TokenVerifier
from common.kafka.dead_letters import DeadLetters
from common.kafka.topic import Message, Topic
from metering import service
from metering.api import create_app
from metering.closing.ledger import DayMarks, Ledger
from metering.closing.review import Review
from metering.domain.interval_columns import INTERVAL_COLUMNS
from metering.domain.intervals import CheckedBlocks
from metering.domain.journals import StoredEntry
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import Registry
from metering.pipeline.chain import Limits, Pipeline
from metering.pipeline.steps import Holds, Marks, Steps
from metering.registry_cache import RegistryCache
from metering.registry_file import RegistryFile
from metering.repository import copies
from metering.resources import MIGRATIONS, Resources, open_resources
from metering.settings import Settings
from metering.store import engine
from metering.store.telemetry import Store, open_store
from topics.contracts import Contract, ContractLinks
from topics.poller import INSTANT_VALUES, INTERVAL_BLOCKS, JOURNAL_ENTRIES, REGISTER_SNAPSHOTS


class NoMarks:
    """For tests without the ledger."""

    async def blocks_stored(self, checked: CheckedBlocks, *, now: datetime) -> None: ...

    async def snapshots_stored(
        self, snapshots: Sequence[StoredSnapshot], registry: Registry, *, now: datetime
    ) -> None: ...

    async def entries_are_new(self, entries: Sequence[StoredEntry], registry: Registry, *, now: datetime) -> None: ...


class NothingHeld:
    """For tests in which every supplier has its streams."""

    async def hold(self, checked: CheckedBlocks, codes: frozenset[str], *, now: datetime) -> None: ...


@dataclass
class Chain:
    """The three pipelines over one store and one log. `registry` may be exchanged; looking again finds `newer`."""

    store: Store
    log: FakeLog
    registry: Registry
    newer: Registry | None = None
    marks: Marks = field(default_factory=NoMarks)
    held: Holds = field(default_factory=NothingHeld)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    def __post_init__(self) -> None:
        self.steps = Steps(
            registry=self, store=self.store, sender=self.log, marks=self.marks, held=self.held, clock=self.clock
        )
        self.intervals = self._pipeline(INTERVAL_COLUMNS, self.steps.intervals)
        self.registers = self._pipeline(REGISTER_SNAPSHOTS, self.steps.registers)
        self.instants = self._pipeline(INSTANT_VALUES, self.steps.instants)
        self.journals = self._pipeline(JOURNAL_ENTRIES, self.steps.journals)

    def current(self) -> Registry:
        return self.registry

    async def refreshed(self) -> bool:
        found, self.newer = self.newer, None
        self.registry = found or self.registry
        return found is not None

    def _pipeline(self, topic: Topic[Any], step: Any) -> Pipeline[Any]:
        @asynccontextmanager
        async def reader() -> AsyncIterator[FakeLog]:
            yield self.log

        async def send(name: str, value: bytes | None, key: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
            await self.log.send_raw([(name, value, key, headers)])

        return Pipeline(
            topic,
            step,
            open_consumer=reader,
            letters=DeadLetters(send, reader="test"),
            limits=Limits(seconds=0, size_bytes=8_000_000),
        )

    async def take(self, topic: Topic[Any], *messages: Message | bytes) -> None:
        """Put messages into the log and let their pipeline take them."""
        self.log.append(topic, *messages)
        pipeline = {
            INTERVAL_BLOCKS.name: self.intervals,
            REGISTER_SNAPSHOTS.name: self.registers,
            INSTANT_VALUES.name: self.instants,
            JOURNAL_ENTRIES.name: self.journals,
        }[topic.name]
        await pipeline.step(self.log)


@pytest.fixture(scope="session")
def clickhouse_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clickhouse")


@pytest.fixture
async def settings(new_database: NewDatabase, clickhouse_path: Path) -> Settings:
    database = await new_database(MIGRATIONS)
    settings = Settings.model_validate({"database_url": database, "clickhouse_path": clickhouse_path})
    await engine.migrate(settings)
    return settings


@pytest.fixture
async def series(clickhouse_path: Path) -> AsyncIterator[Store]:
    """The series store alone, without PostgreSQL."""
    settings = Settings.model_validate({"database_url": "postgresql://none", "clickhouse_path": clickhouse_path})
    await engine.migrate(settings)
    async with open_store(settings) as opened:
        yield opened


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def chain(series: Store, place: Place) -> Chain:
    return Chain(series, FakeLog(), place.registry())


@dataclass(frozen=True)
class Portal:
    """The service under test with one point, its consumer, and its supplier's operator."""

    client: httpx.AsyncClient
    engine: AsyncEngine
    tokens: Tokens
    chain: Chain
    place: Place
    consumer_id: UUID
    resources: Resources

    async def get(self, path: str, *, headers: dict[str, str] | None = None, **parameters: Any) -> httpx.Response:
        """GET as the point's consumer, unless `headers` say otherwise."""
        if headers is None:
            headers = self.tokens.headers(self.consumer_id)
        return await self.client.get(f"/api/v1{path}", params=parameters, headers=headers)


async def areas_seen(portal: Portal) -> set[tuple[str, str]]:
    """Return reader and area of the looks that have been noted."""
    async with portal.engine.connect() as connection:
        rows = await connection.execute(text("select reader, area from data_accesses"))
        return {(row.reader, row.area) for row in rows}


def registry_file(place: Place, **changes: Any) -> RegistryFile:
    """The registry file of one point with its meter on a wire."""
    content: dict[str, Any] = {
        "supplier_code": place.supplier,
        "points": [
            {
                "id": place.point_id,
                "contract_id": place.contract_id,
                "number": str(place.point_id),
                "name": "НСТ Автомобилист",
                "time_zone": "Europe/Samara",
            }
        ],
        "meters": [
            {
                "id": place.meter_id,
                "serial": place.serial,
                "model": "Меркурий 234 ART(M)",
                "type_approval_number": "75755-19",
                "accuracy_class": "0,2S/0,5",
                "rated_voltage": "3*230/400",
                "rated_current": "5/60",
                "phases": 3,
                "phase_voltage_v": 230,
                "max_current_a": 60,
            }
        ],
        "installations": [
            {
                "id": uuid4(),
                "point_id": place.point_id,
                "meter_id": place.meter_id,
                "valid_from": "2020-12-01T00:00:00+03:00",
                "clock_zone": "Europe/Moscow",
                "commissioned_on": "2020-12-01",
                "ratio": place.ratio,
            }
        ],
        "endpoints": [
            {
                "id": place.endpoint_id,
                "protocol": "mercury-tcp",
                "host": f"{place.endpoint_id}.example",
                "port": 15000,
                "meters": [{"meter_id": place.meter_id, "driver": "mercury", "address": 40}],
            }
        ],
    }
    return RegistryFile.model_validate(content | changes)


@pytest.fixture
async def portal(settings: Settings, place: Place) -> AsyncIterator[Portal]:
    tokens, consumer_id = Tokens(), uuid4()
    async with db.open_engine(settings) as engine, engine.begin() as connection:
        await service.load_registry_file(connection, registry_file(place))
        ids: dict[str, Any] = {"contract_id": place.contract_id, "version": 1, "supplier_code": place.supplier}
        await copies.keep_contract(connection, Contract(**ids, number="76385943-232"))
        await copies.keep_links(connection, ContractLinks(**ids, user_ids=[consumer_id]))

    @asynccontextmanager
    async def resources(settings: Settings) -> AsyncIterator[Resources]:
        async with open_resources(settings) as opened:
            changes = {"verifier": TokenVerifier(settings, transport=tokens.transport), "clock": FixedClock(NOW)}
            yield Resources(**vars(opened) | changes)

    app = create_app(settings, frozenset({Role.API}), resources=resources)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        opened: Resources = app.state.resources
        await opened.registry.refresh()
        chain = Chain(
            opened.store, FakeLog(), opened.registry.current(), marks=DayMarks(opened.engine, settle_seconds=60)
        )
        yield Portal(client, opened.engine, tokens, chain, place, consumer_id, opened)


@pytest.fixture
async def days(portal: Portal, settings: Settings) -> Days:
    clock = portal.chain.clock
    clock.instant = DAY.ends_at + timedelta(minutes=5)
    registry = RegistryCache(settings, portal.engine)
    await registry.refresh()
    review = Review(engine=portal.engine, store=portal.chain.store.engine)
    ledger = Ledger(settings, engine=portal.engine, review=review, registry=registry, clock=clock)
    return Days(portal, ledger, clock)


@pytest.fixture
async def worker(portal: Portal, settings: Settings, days: Days) -> Any:
    """What the workers get, with a log that is a list."""
    registry = RegistryCache(settings, portal.engine)
    await registry.refresh()
    store, engine = portal.chain.store, portal.engine
    return SimpleNamespace(engine=engine, registry=registry, store=store, publisher=Sent(), clock=days.clock)
