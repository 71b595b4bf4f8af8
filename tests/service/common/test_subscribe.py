"""Subscriptions against a real broker: what is committed, what is read again, what goes to dead letters."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from common.errors import Rejected
from common.kafka import subscribe as subscribing
from common.kafka.connection import connection_options, new_consumer
from common.kafka.dead_letters import TooManyDeadLetters
from common.kafka.publisher import Publisher
from common.kafka.resend import resend
from common.kafka.topic import Topic
from common.liveness import LIVENESS, STUCK_AFTER_SECONDS
from common.settings import KafkaSettings
from topics.contracts import Contract

PARTITIONS = 2


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribing, "PAUSE_SECONDS", (0.05,))


@pytest.fixture
async def topic(kafka_server: KafkaSettings) -> AsyncIterator[Topic[Contract]]:
    topic = Topic(
        name=f"contracts-{uuid4().hex}-v1",
        message=Contract,
        key=lambda message: str(message.contract_id),
        owner="contracts",
        readers=("test",),
        description="A topic of one test.",
    )
    admin = AIOKafkaAdminClient(**connection_options(kafka_server))
    await admin.start()
    names = [topic.name, topic.dead_letter_name]
    await admin.create_topics([NewTopic(name, num_partitions=PARTITIONS, replication_factor=1) for name in names])
    yield topic
    await admin.delete_topics(names)
    await admin.close()


@pytest.fixture
async def publisher(kafka_server: KafkaSettings) -> AsyncIterator[Publisher]:
    publisher = Publisher(kafka_server)
    yield publisher
    await publisher.close()


@asynccontextmanager
async def subscribed(
    settings: KafkaSettings, topic: Topic[Contract], handle: Callable[[Contract], Awaitable[None]], group: str
) -> AsyncIterator[None]:
    subscriptions = subscribing.Subscriptions(settings)
    subscriptions.add(topic, handle, group=group)
    running = asyncio.create_task(subscriptions.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def contracts(count: int) -> list[Contract]:
    return [Contract(contract_id=uuid4(), version=1, supplier_code="demo", number=str(n)) for n in range(count)]


async def test_a_handler_that_fails_once_loses_no_message_of_any_partition(
    kafka_server: KafkaSettings, topic: Topic[Contract], publisher: Publisher
):
    """INVARIANT: a failure rewinds to what was not handled; nothing is skipped, on no partition."""
    sent = contracts(40)
    handled: list[UUID] = []
    failed = False

    async def handle(message: Contract) -> None:
        nonlocal failed
        if len(handled) == 17 and not failed:
            failed = True
            raise OSError("the database is away")
        handled.append(message.contract_id)

    await publisher.send(topic, sent)
    group = uuid4().hex
    async with subscribed(kafka_server, topic, handle, group):
        await until(lambda: len(set(handled)) == len(sent))
    assert failed
    assert set(handled) == {message.contract_id for message in sent}

    again: list[UUID] = []

    async def note(message: Contract) -> None:
        again.append(message.contract_id)

    more = contracts(1)
    await publisher.send(topic, more)
    async with subscribed(kafka_server, topic, note, group):
        await until(lambda: more[0].contract_id in again)
    assert again == [more[0].contract_id], "what was handled had been committed"


async def test_a_refused_message_goes_to_dead_letters_and_the_rest_goes_on(
    kafka_server: KafkaSettings, topic: Topic[Contract], publisher: Publisher
):
    good = contracts(6)
    bad = [
        (topic.name, b"\xff\x00 no json", b"k", topic.headers()),
        (topic.name, b"{}", b"k", [("ce_dataschema", b"urn:halfhour:other:9")]),
        (topic.name, b'{"contract_id": 1}', b"k", topic.headers()),
    ]
    await publisher.send(topic, good[:3])
    await publisher.send_raw(bad)
    await publisher.send(topic, good[3:])
    handled: list[UUID] = []

    async def handle(message: Contract) -> None:
        if message.number == "2":
            raise Rejected("not this one", code="unknown_contract")
        handled.append(message.contract_id)

    async with subscribed(kafka_server, topic, handle, uuid4().hex):
        await until(lambda: len(handled) == 5)
        letters = await dead_letters(kafka_server, topic, 4)
    reasons = sorted(headers["dlt_reason"] for headers in letters)
    assert reasons == [b"invalid_message", b"not_json", b"unknown_contract", b"unknown_schema"]
    assert {headers["dlt_topic"] for headers in letters} == {topic.name.encode()}
    assert all({"dlt_partition", "dlt_offset", "dlt_detail", "dlt_reader"} <= set(headers) for headers in letters)


async def dead_letters(settings: KafkaSettings, topic: Topic[Contract], count: int) -> list[dict[str, bytes]]:
    consumer = new_consumer(settings, topic.dead_letter_name, group_id=None)
    await consumer.start()
    found: list[dict[str, bytes]] = []
    try:
        async with asyncio.timeout(20):
            while len(found) < count:
                for rows in (await consumer.getmany(timeout_ms=200)).values():
                    found += [dict(row.headers) for row in rows]
    finally:
        await consumer.stop()
    return found


async def test_a_record_without_a_value_is_refused_not_swallowed(
    kafka_server: KafkaSettings, topic: Topic[Contract], publisher: Publisher
):
    good = contracts(1)
    await publisher.send_raw([(topic.name, None, b"k", topic.headers())])
    await publisher.send(topic, good)
    handled: list[UUID] = []

    async def handle(message: Contract) -> None:
        handled.append(message.contract_id)

    async with subscribed(kafka_server, topic, handle, uuid4().hex):
        await until(lambda: bool(handled))
        letters = await dead_letters(kafka_server, topic, 1)
    assert letters[0]["dlt_reason"] == b"not_json"


async def test_too_many_refusals_in_a_row_end_the_worker(
    kafka_server: KafkaSettings, topic: Topic[Contract], publisher: Publisher
):
    await publisher.send_raw([(topic.name, b"no json", b"k", topic.headers())] * 6)
    subscriptions = subscribing.Subscriptions(kafka_server, dead_letter_limit=5)

    async def handle(_message: Contract) -> None:
        raise AssertionError("nothing here can be handled")

    subscriptions.add(topic, handle, group=uuid4().hex)
    with pytest.raises(TooManyDeadLetters, match="5 messages"):
        async with asyncio.timeout(20):
            await subscriptions.run()


async def test_an_idle_consumer_has_a_pulse_while_the_log_answers(
    kafka_server: KafkaSettings, topic: Topic[Contract], monkeypatch: pytest.MonkeyPatch
):
    """INVARIANT: whoever waits for messages that do not come is alive: only a consumer that stands still is not."""
    monkeypatch.setattr(subscribing, "LOOK_SECONDS", 0.1)

    async def handle(_contract: Contract) -> None: ...

    async with subscribed(kafka_server, topic, handle, "idle"):
        name = f"idle of {topic.name}"
        await until(lambda: name in {pulse.name for pulse in LIVENESS._pulses})
        (pulse,) = (pulse for pulse in LIVENESS._pulses if pulse.name == name)
        for _ in range(2):
            pulse._beat_at = float("-inf")
            await until(lambda: pulse.still_seconds() < STUCK_AFTER_SECONDS)
    assert name not in {pulse.name for pulse in LIVENESS._pulses}


async def test_dead_letters_go_back_once_as_they_were_and_no_more_than_asked_for(
    kafka_server: KafkaSettings, topic: Topic[Contract], publisher: Publisher
):
    letters = [
        (topic.dead_letter_name, str(number).encode(), b"key", [*topic.headers(), *_refusal(topic, reason)])
        for number, reason in enumerate(["unknown", "late", "unknown", "unknown"])
    ]
    await publisher.send_raw(letters)

    async def again(reason: str | None, limit: int = 100) -> int:
        return await resend(kafka_server, topic, reason=reason, limit=limit)

    assert [await again("unknown", 2), await again("unknown"), await again("unknown"), await again("late")] == [
        2,
        1,
        0,
        1,
    ]

    consumer = new_consumer(kafka_server, topic.name)
    await consumer.start()
    records: list[Any] = []
    while len(records) < len(letters):
        for found in (await consumer.getmany(timeout_ms=1_000)).values():
            records += found
    await consumer.stop()
    assert sorted(record.value for record in records) == [b"0", b"1", b"2", b"3"]
    assert all(record.key == b"key" for record in records)
    assert {name for record in records for name, _ in record.headers} == {name for name, _ in topic.headers()}


def _refusal(topic: Topic[Contract], reason: str) -> list[tuple[str, bytes]]:
    return [("dlt_reason", reason.encode()), ("dlt_topic", topic.name.encode()), ("dlt_offset", b"5")]
