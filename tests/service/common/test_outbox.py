"""The relay against a real database and a real broker."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from common import outbox
from common.db import open_engine
from common.kafka.connection import connection_options, new_consumer
from common.kafka.topic import Topic
from common.settings import KafkaSettings, ServiceSettings
from topics.contracts import Contract


@pytest.fixture
async def settings(database: str, kafka_server: KafkaSettings) -> ServiceSettings:
    return ServiceSettings(database_url=database, **kafka_server.model_dump())


@pytest.fixture
async def topic(kafka_server: KafkaSettings) -> AsyncIterator[Topic[Contract]]:
    name = f"contracts-{uuid4().hex}-v1"
    admin = AIOKafkaAdminClient(**connection_options(kafka_server))
    await admin.start()
    await admin.create_topics([NewTopic(name, num_partitions=2, replication_factor=1)])
    yield Topic(
        name=name,
        message=Contract,
        key=lambda message: str(message.contract_id),
        owner="contracts",
        readers=("test",),
        description="A topic of one test.",
    )
    await admin.delete_topics([name])
    await admin.close()


@pytest.fixture
async def engine(settings: ServiceSettings) -> AsyncIterator[AsyncEngine]:
    async with open_engine(settings) as engine:
        async with engine.begin() as connection:
            for statement in outbox.DDL:
                await connection.execute(text(statement))
        yield engine


async def add(engine: AsyncEngine, topic: Topic[Contract], contract_id: UUID, *versions: int) -> None:
    async with engine.begin() as connection:
        for version in versions:
            event = Contract(contract_id=contract_id, version=version, supplier_code="demo", number="1")
            await outbox.add(connection, topic, event)


async def received(settings: ServiceSettings, topic: Topic[Contract], count: int) -> list[Contract]:
    consumer = new_consumer(settings, topic.name, group_id=None)
    try:
        await consumer.start()
        found: list[Contract] = []
        async with asyncio.timeout(20):
            while len(found) < count:
                batch = await consumer.getmany(timeout_ms=200)
                found += [topic.decode(record.value, record.headers) for rows in batch.values() for record in rows]
        return found
    finally:
        await consumer.stop()


async def stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_events_arrive_in_order_of_their_key_and_leave_the_table(
    settings: ServiceSettings, engine: AsyncEngine, topic: Topic[Contract]
):
    relay = asyncio.create_task(outbox.OutboxRelay(settings, batch=7).run())
    contract_id = uuid4()
    await add(engine, topic, contract_id, *range(1, 31))
    found = await received(settings, topic, 30)
    assert [message.version for message in found] == list(range(1, 31))
    await drained(engine)
    await stop(relay)


async def drained(engine: AsyncEngine) -> None:
    async with asyncio.timeout(10):
        while True:
            async with engine.connect() as connection:
                if not (await connection.execute(text("select count(*) from outbox"))).scalar_one():
                    return
            await asyncio.sleep(0.05)


async def test_an_event_of_a_transaction_that_was_rolled_back_is_never_sent(
    settings: ServiceSettings, engine: AsyncEngine, topic: Topic[Contract]
):
    kept, undone = uuid4(), uuid4()
    event = Contract(contract_id=undone, version=1, supplier_code="demo", number="1")
    async with engine.connect() as connection:
        await outbox.add(connection, topic, event)
        await connection.rollback()
    await add(engine, topic, kept, 1)
    relay = asyncio.create_task(outbox.OutboxRelay(settings).run())
    found = await received(settings, topic, 1)
    await stop(relay)
    assert [message.contract_id for message in found] == [kept]


async def test_a_kill_between_send_and_delete_sends_again_and_loses_nothing(
    settings: ServiceSettings, engine: AsyncEngine, topic: Topic[Contract], monkeypatch: pytest.MonkeyPatch
):
    """INVARIANT: an event is sent at least once, whatever the moment of a kill.

    The delete fails once, as after a kill: what was sent stays in the table and is sent again.
    """
    contract_id = uuid4()
    await add(engine, topic, contract_id, 1, 2, 3)
    forget, failures = outbox.OutboxRelay._forget, iter([True])

    async def killed_once(self: outbox.OutboxRelay, connection: Any, ids: list[int]) -> None:
        if next(failures, False):
            raise OSError("gone")
        await forget(self, connection, ids)

    monkeypatch.setattr(outbox.OutboxRelay, "_forget", killed_once)
    relay = asyncio.create_task(outbox.OutboxRelay(settings).run())
    found = await received(settings, topic, 6)
    await drained(engine)
    await stop(relay)
    assert [message.version for message in found] == [1, 2, 3, 1, 2, 3]


async def test_a_second_relay_stands_by_and_takes_over(
    settings: ServiceSettings, engine: AsyncEngine, topic: Topic[Contract]
):
    first = asyncio.create_task(outbox.OutboxRelay(settings).run())
    second = asyncio.create_task(outbox.OutboxRelay(settings).run())
    contract_id = uuid4()
    await add(engine, topic, contract_id, 1)
    await received(settings, topic, 1)
    await drained(engine)
    await stop(first)
    await add(engine, topic, contract_id, 2)
    found = await received(settings, topic, 2)
    await stop(second)
    assert [message.version for message in found] == [1, 2]
