"""The service with all its roles over a real log: from the topics to the page and to the supplier's stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError
from sqlalchemy import text
from tests.conftest import NewDatabase
from tests.service.metering.conftest import registry_file
from tests.tokens import Tokens
from tests.unit.metering.telemetry import HALF_HOUR, Place

from common import db
from common.http.auth import TokenVerifier
from common.kafka.connection import connection_options, new_consumer
from common.kafka.publisher import Publisher
from common.migrate import migrate
from common.settings import KafkaSettings
from metering import service
from metering.api import create_app
from metering.resources import MIGRATIONS, Resources, open_resources
from metering.settings import Settings
from metering.worker import INTERVALS_GROUP
from topics import ALL, supplier_topics
from topics.contracts import CONTRACTS, LINKS, Contract, ContractLinks
from topics.inbox import DayReceipt, SupplierDocument, supplier_inbox
from topics.metering import ENDPOINTS
from topics.poller import INTERVAL_BLOCKS
from topics.supplier import supplier_days, supplier_intervals
from topics.supplier_days import day_digest

STREAM = supplier_intervals("demo")
START = (datetime.now(UTC) - timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)


@pytest.fixture
async def log(kafka_server: KafkaSettings) -> AsyncIterator[Publisher]:
    """Every topic of the house, and who writes into them."""
    admin = AIOKafkaAdminClient(**connection_options(kafka_server))
    await admin.start()
    every = (*ALL, *supplier_topics("demo"))
    dead_letters = [topic.dead_letter_name for topic in every if topic.dead_lettered]
    for name in [*(topic.name for topic in every), *dead_letters]:
        try:
            await admin.create_topics([NewTopic(name, num_partitions=2, replication_factor=1)])
        except TopicAlreadyExistsError:
            continue
    await admin.close()
    publisher = Publisher(kafka_server)
    yield publisher
    await publisher.close()


@asynccontextmanager
async def running(settings: Settings, tokens: Tokens) -> AsyncIterator[httpx.AsyncClient]:
    @asynccontextmanager
    async def resources(settings: Settings) -> AsyncIterator[Resources]:
        async with open_resources(settings) as opened:
            yield Resources(**vars(opened) | {"verifier": TokenVerifier(settings, transport=tokens.transport)})

    app = create_app(settings, resources=resources)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        yield client
        assert not app.state.worker_ended.done()


async def until(ask: Any, wanted: Any) -> Any:
    """Ask until the answer is what is wanted, for half a minute; return the last answer."""
    for _ in range(300):
        answer = await ask()
        if answer == wanted:
            break
        await asyncio.sleep(0.1)
    return answer


async def read_all(settings: KafkaSettings, topic: Any) -> list[Any]:
    consumer = new_consumer(settings, topic.name, group_id=None)
    try:
        await consumer.start()
        ends = await consumer.end_offsets(list(consumer.assignment()))
        found: list[Any] = []
        while sum(ends.values()) > len(found):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += [topic.decode(record.value, record.headers) for record in records]
        return found
    finally:
        await consumer.stop()


async def committed(settings: KafkaSettings) -> int:
    """The sum of the offsets that the intervals pipeline has committed."""
    admin = AIOKafkaAdminClient(**connection_options(settings))
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(INTERVALS_GROUP)
        return sum(found.offset for found in offsets.values())
    finally:
        await admin.close()


async def told_of_the_day(settings: KafkaSettings, log: Publisher, place: Place) -> None:
    """Wait for the closed day on the supplier's topic, and answer it as billing does."""

    async def days() -> list[Any]:
        return [day for day in await read_all(settings, supplier_days("demo")) if day.point_id == place.point_id]

    async def closed() -> bool:
        return bool(await days())

    assert await until(closed, True)
    day = (await days())[0]
    assert (day.slots_received, day.slots_estimated, day.digest) == (3, 1, day_digest(day))
    receipt = DayReceipt(point_id=day.point_id, day=day.day, revision=1, digest=day.digest)
    document = SupplierDocument(contract_number="1", document_id="day", version=1, body=receipt)
    await log.send(supplier_inbox("demo"), [document])


async def test_half_hours_go_from_the_log_to_the_page_and_to_the_supplier(
    settings: Settings, kafka_server: KafkaSettings, log: Publisher
):
    place, consumer_id, tokens = Place(), uuid4(), Tokens()
    settings = Settings.model_validate(settings.model_dump() | kafka_server.model_dump() | {"ledger_settle_seconds": 0})
    ids: dict[str, Any] = {"contract_id": place.contract_id, "version": 1, "supplier_code": "demo"}
    await log.send(CONTRACTS, [Contract(**ids, number="1")])
    await log.send(LINKS, [ContractLinks(**ids, user_ids=[consumer_id])])
    block = place.block([500, None, 700], start=START, polled_at=START + 3 * HALF_HOUR)

    async with running(settings, tokens) as client:
        async with db.open_engine(settings) as engine, engine.begin() as connection:
            await service.load_registry_file(connection, registry_file(place))

        async def published() -> list[Any]:
            return [
                event.version
                for event in await read_all(kafka_server, ENDPOINTS)
                if event.endpoint_id == place.endpoint_id
            ]

        assert await until(published, [1]) == [1]
        await log.send(INTERVAL_BLOCKS, [block, place.block([9], meter_id=uuid4())])

        async def shown() -> Any:
            answer = await client.get(
                f"/api/v1/points/{place.point_id}/profile",
                params={"start": START.isoformat(), "end": (START + 4 * HALF_HOUR).isoformat()},
                headers=tokens.headers(consumer_id),
            )
            return answer.json().get("values"), answer.json().get("quality")

        # What the meter left out is estimated when its day, the day before yesterday, is closed.
        wanted = [500, 600, 700, None], ["VALID", "INTERP", "VALID", "GAP"]
        assert await until(shown, wanted) == wanted

        async def all_committed() -> bool:
            return await committed(kafka_server) >= 2

        assert await until(all_committed, True)
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).json() == {"ready": True}
        assert 'halfhour_dead_letters_total{reason="unknown_meter"' in (await client.get("/metrics")).text
        await told_of_the_day(kafka_server, log, place)

        async def receipt() -> Any:
            day = START.astimezone(ZoneInfo("Europe/Samara")).date()
            period = {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()}
            answer = await client.get(
                f"/api/v1/points/{place.point_id}/days", params=period, headers=tokens.headers(consumer_id)
            )
            return answer.json()["items"][0]["receipt"]["state"]

        assert await until(receipt, "confirmed") == "confirmed"
    before = await committed(kafka_server)
    async with running(settings, tokens):
        await asyncio.sleep(2)

    stream = [message for message in await read_all(kafka_server, STREAM) if message.point_id == place.point_id]
    assert [message.a_plus_wh for message in stream] == [[500, None, 700], [600]]
    assert await committed(kafka_server) == before


async def test_an_empty_database_gets_the_copies_of_others_back(
    settings: Settings, kafka_server: KafkaSettings, log: Publisher, new_database: NewDatabase
):
    """INVARIANT: what metering keeps of contracts it can lose: the compacted topics give it back."""
    contract_id, consumer_id = uuid4(), uuid4()
    ids: dict[str, Any] = {"contract_id": contract_id, "version": 1, "supplier_code": "demo"}
    await log.send(CONTRACTS, [Contract(**ids, number="2")])
    await log.send(LINKS, [ContractLinks(**ids, user_ids=[consumer_id])])
    for database_url in (settings.database_url.get_secret_value(), await new_database()):
        await migrate(database_url, MIGRATIONS)
        values = settings.model_dump() | kafka_server.model_dump() | {"database_url": database_url}
        async with (
            running(Settings.model_validate(values), Tokens()),
            db.open_engine(Settings.model_validate(values)) as engine,
        ):

            async def kept() -> Any:
                found = await connection.execute(
                    text("select user_ids from contract_links where contract_id = :id"), {"id": contract_id}
                )
                return found.scalar_one_or_none()

            async with engine.connect() as connection:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                assert await until(kept, [consumer_id]) == [consumer_id]
