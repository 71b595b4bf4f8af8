"""The registry in memory while several ask for a newer one at once."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from tests.unit.metering.telemetry import Place

from common.errors import Busy
from metering.domain.registry import Registry
from metering.registry_cache import RegistryCache
from metering.settings import Settings


class Database:
    """Holds a registry; a read takes its snapshot when it begins and ends when it is let go."""

    def __init__(self) -> None:
        self.content = Registry()
        self.reads: list[asyncio.Event] = []

    @asynccontextmanager
    async def connect(self) -> Any:
        yield self

    async def load(self, _connection: Any) -> Registry:
        snapshot, let_go = self.content, asyncio.Event()
        self.reads.append(let_go)
        await let_go.wait()
        return snapshot

    async def let_all_go(self) -> None:
        for _ in range(20):
            for read in self.reads:
                read.set()
            await asyncio.sleep(0)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()
    monkeypatch.setattr("metering.repository.registry.load_registry", database.load)
    return database


@pytest.fixture
def cache(database: Database) -> RegistryCache:
    settings = Settings(database_url="postgresql+asyncpg://nobody@localhost/none")
    return RegistryCache(settings, database)  # type: ignore[arg-type]  # stands for an engine


async def test_a_slow_read_does_not_put_an_older_registry_in_place_of_a_newer(database: Database, cache: RegistryCache):
    slow = asyncio.create_task(cache.refresh())
    await asyncio.sleep(0)
    newer = database.content = Registry(suppliers={})
    quick = asyncio.create_task(cache.refresh())
    await asyncio.sleep(0)
    for read in reversed(database.reads):
        read.set()
        await asyncio.sleep(0)
    await database.let_all_go()
    await asyncio.gather(slow, quick)
    assert cache.current() is newer


async def test_telemetry_of_an_unknown_meter_waits_for_a_read_that_is_on_its_way(
    database: Database, cache: RegistryCache
):
    first = asyncio.create_task(cache.refresh())
    await database.let_all_go()
    await first
    running = asyncio.create_task(cache.refresh())
    await asyncio.sleep(0)
    newer = database.content = Registry(suppliers={})
    asked = asyncio.create_task(cache.refreshed())
    await database.let_all_go()
    assert await asked
    assert cache.current() is newer
    await running
    assert not await cache.refreshed()


async def test_what_is_not_in_the_registry_is_not_refused_while_it_cannot_be_read_anew(
    database: Database, cache: RegistryCache, monkeypatch: pytest.MonkeyPatch
):
    async def away(_connection: Any) -> Registry:
        raise ConnectionRefusedError

    monkeypatch.setattr("metering.repository.registry.load_registry", away)

    with pytest.raises(Busy):
        await cache.refreshed()
    assert database.reads == []


async def test_suppliers_whose_streams_are_not_there_are_known_as_last_seen(database: Database, cache: RegistryCache):
    database.content = Registry.of([Place(supplier="demo").installed(), Place(supplier="late").installed()], {})
    demo = frozenset({"supplier-demo-intervals-v1", "supplier-demo-days-v1"})
    there: list[frozenset[str] | Exception] = [
        demo | {"supplier-late-intervals-v1"},
        KafkaConnectionError(),
        demo | {"supplier-late-intervals-v1", "supplier-late-days-v1"},
    ]

    async def topics() -> frozenset[str]:
        found = there.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    cache._topics = topics
    seen = []
    for _ in range(4):
        reading = asyncio.create_task(cache.refresh())
        await database.let_all_go()
        await reading
        seen.append(set(cache.current().without_streams))
    assert seen == [{"late"}, {"late"}, set(), set()]
