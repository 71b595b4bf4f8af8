"""Taking a registry file over: once or ten times, with one event for each change, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.service.metering.conftest import registry_file
from tests.unit.metering.telemetry import Place

from common.db import open_engine
from metering import service
from metering.errors import RegistryFileInvalid
from metering.registry_cache import RegistryCache
from metering.registry_file import RegistryFile
from metering.repository import registry
from metering.settings import Settings
from topics.metering import Endpoint


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    async with open_engine(settings) as engine:
        yield engine


async def load(engine: AsyncEngine, content: RegistryFile) -> service.Loaded:
    async with engine.begin() as connection:
        return await service.load_registry_file(connection, content)


async def events(engine: AsyncEngine) -> list[Endpoint]:
    async with engine.connect() as connection:
        payloads = await connection.scalars(
            text("select payload from outbox where topic = 'metering-endpoints-v1' order by id")
        )
        return [msgspec.json.decode(payload, type=Endpoint) for payload in payloads]


def changed(content: RegistryFile, part: str, **changes: Any) -> RegistryFile:
    """The file with the first entry of `part` changed."""
    document = content.model_dump()
    document[part][0] |= changes
    return RegistryFile.model_validate(document)


async def test_an_endpoint_is_published_once_and_again_only_when_it_changes(engine: AsyncEngine, place: Place):
    content = registry_file(place)

    await load(engine, content)
    await load(engine, content)
    await load(engine, changed(content, "endpoints", port=15_001))

    first, second = await events(engine)
    assert (first.version, first.port, second.version, second.port) == (1, 15_000, 2, 15_001)
    (meter,) = first.meters
    assert (meter.meter_id, meter.serial, meter.clock_zone, meter.address) == (
        place.meter_id,
        "41888840",
        "Europe/Moscow",
        40,
    )


@pytest.mark.parametrize(
    ("part", "changes"), [("meters", {"serial": "1"}), ("installations", {"clock_zone": "Asia/Omsk"})]
)
async def test_what_an_endpoint_says_of_its_meters_counts_as_its_change(
    engine: AsyncEngine, place: Place, part: str, changes: dict[str, Any]
):
    content = registry_file(place)
    await load(engine, content)

    await load(engine, changed(content, part, **changes))

    assert [event.version for event in await events(engine)] == [1, 2]


async def test_what_an_endpoint_does_not_say_is_no_change_of_it(engine: AsyncEngine, place: Place):
    content = registry_file(place)
    await load(engine, content)

    await load(engine, changed(content, "points", name="Другое имя"))

    assert [event.version for event in await events(engine)] == [1]


async def test_a_deleted_endpoint_lets_its_meters_go(engine: AsyncEngine, place: Place):
    content = registry_file(place)
    await load(engine, content)

    await load(engine, changed(content, "endpoints", deleted=True))

    last = (await events(engine))[-1]
    assert (last.deleted, last.meters) == (True, [])


async def test_a_meter_that_moves_to_another_wire_leaves_the_first(engine: AsyncEngine, place: Place):
    content = registry_file(place)
    await load(engine, content)

    await load(engine, changed(content, "endpoints", id=uuid4(), port=15_001))

    by_port = {event.port: event for event in await events(engine)}
    assert (by_port[15_000].version, by_port[15_000].meters) == (2, [])
    assert [meter.meter_id for meter in by_port[15_001].meters] == [place.meter_id]


async def test_a_meter_without_an_installation_is_not_polled(engine: AsyncEngine, place: Place):
    await load(engine, registry_file(place, installations=[]))

    assert [event.meters for event in await events(engine)] == [[]]


async def test_two_meters_at_one_point_at_one_time_are_refused_and_nothing_is_changed(
    engine: AsyncEngine, place: Place
):
    content = registry_file(place)
    await load(engine, content)
    document = content.model_dump()
    document["installations"][0] |= {"id": uuid4(), "valid_from": "2022-01-01T00:00:00Z"}
    document["points"][0]["name"] = "Другое имя"

    with pytest.raises(RegistryFileInvalid, match="installations overlap"):
        await load(engine, RegistryFile.model_validate(document))

    async with engine.connect() as connection:
        assert await connection.scalar(text("select name from points")) == "НСТ Автомобилист"
        assert await connection.scalar(text("select count(*) from installations")) == 1


async def test_an_exchange_that_ends_where_the_next_begins_is_taken(engine: AsyncEngine, place: Place):
    content = registry_file(place)
    border = "2022-01-01T00:00:00Z"
    await load(engine, changed(content, "installations", valid_to=border))
    successor = Place(point_id=place.point_id, serial="2")
    document = registry_file(successor, points=[], endpoints=[]).model_dump()
    document["installations"][0]["valid_from"] = border

    await load(engine, RegistryFile.model_validate(document))

    async with engine.connect() as connection:
        read = await registry.load_registry(connection)
    assert [i.to_epoch for i in read.installations[place.meter_id]] == [
        i.from_epoch for i in read.installations[successor.meter_id]
    ]


async def test_a_point_of_another_supplier_cannot_be_taken_over(engine: AsyncEngine, place: Place):
    content = registry_file(place)
    await load(engine, content)

    with pytest.raises(RegistryFileInvalid, match="points of another supplier"):
        await load(engine, content.model_copy(update={"supplier_code": "other"}))


async def test_a_point_keeps_its_contract_and_its_successor_may_have_the_same_number(engine: AsyncEngine, place: Place):
    """INVARIANT: nobody sees the load of whoever had a point before: who takes it over gets a new one."""
    content = registry_file(place)
    await load(engine, content)
    with pytest.raises(RegistryFileInvalid, match="another contract"):
        await load(engine, changed(content, "points", contract_id=uuid4()))
    successor = changed(content, "points", contract_id=uuid4(), id=uuid4())
    await load(engine, successor.model_copy(update={"installations": [], "endpoints": [], "meters": []}))


async def test_an_endpoint_at_the_address_of_another_is_refused_and_nothing_is_changed(
    engine: AsyncEngine, place: Place
):
    """One wire has one master: two endpoints at one address would be polled by two."""
    content = registry_file(place)
    await load(engine, content)
    other = registry_file(Place(serial="2"), supplier_code="other")
    other = changed(other, "endpoints", host=content.endpoints[0].host.upper())

    with pytest.raises(RegistryFileInvalid, match="endpoints with one address"):
        await load(engine, other)
    await load(engine, changed(content, "endpoints", deleted=True))
    await load(engine, other)

    assert [event.deleted for event in await events(engine)] == [False, True, False]


async def test_an_installation_of_an_unknown_meter_is_refused(engine: AsyncEngine, place: Place):
    with pytest.raises(RegistryFileInvalid, match="contradicts the registry"):
        await load(engine, registry_file(place, meters=[], endpoints=[]))


async def test_contracts_that_are_not_known_yet_are_named(engine: AsyncEngine, place: Place):
    loaded = await load(engine, registry_file(place))

    assert loaded.unknown_contracts == [place.contract_id]


async def test_the_registry_in_memory_follows_a_load(settings: Settings, engine: AsyncEngine, place: Place):
    cache = RegistryCache(settings, engine)
    task = asyncio.create_task(cache.run())
    await asyncio.wait_for(cache.loaded(), 10)
    assert cache.current().installations == {}

    await load(engine, registry_file(place, meters=[], installations=[], endpoints=[]))
    await load(engine, registry_file(place))

    for _ in range(100):
        if cache.current().installations:
            break
        await asyncio.sleep(0.05)
    task.cancel()
    assert list(cache.current().installations) == [place.meter_id]


async def test_looking_again_for_unknown_meters_is_bounded(settings: Settings, engine: AsyncEngine, place: Place):
    cache = RegistryCache(settings, engine)
    await load(engine, registry_file(place))

    assert await cache.refreshed()
    assert place.meter_id in cache.current().installations
    assert not await cache.refreshed()
