"""Subscriptions of low volume, one message at a time, over FastStream.

The ack policy is NACK_ON_ERROR: the offset is committed after the handler has returned, so its
transaction is committed first; a failure reads the message again. NACK_ON_ERROR has neither limit nor
pause of its own, so a refused message goes to the dead-letter topic here, and a failure waits here.
Bulk topics do not come this way: see the owners' `pipeline.py`.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from common.errors import Rejected
from common.kafka.dead_letters import DeadLetters, Origin
from common.kafka.topic import Message, Topic
from common.logging import get_logger
from common.metrics import MESSAGE_AGE_SECONDS, MESSAGES_HANDLED

log = get_logger(__name__)

M = TypeVar("M", bound=Message)
Handler = Callable[[M], Awaitable[None]]

PAUSE_SECONDS = (0.2, 1.0, 5.0, 15.0)


def origin_of(record: "ConsumerRecord[bytes, bytes]") -> Origin:
    """Return where `record` stood, for a dead letter."""
    return Origin(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
    )


def subscribe(broker: KafkaBroker, topic: Topic[M], handle: Handler[M], *, group: str) -> None:
    """Call `handle` for each message of `topic`, in order of the key, at least once.

    `handle` stores and returns; a repeat must be harmless. Rejected sends the message to the
    dead-letter topic; any other error pauses and reads it again.
    """

    async def send(name: str, value: bytes | None, key: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
        await broker.publish(value, name, key=key, headers={k: v.decode(errors="replace") for k, v in headers})

    letters = DeadLetters(send, reader=group)
    failures = 0

    async def handle_or_refuse(record: "ConsumerRecord[bytes, bytes]") -> None:
        try:
            await handle(topic.decode(record.value, record.headers))
        except Rejected as reason:
            await letters.refuse(topic, origin_of(record), reason)
            return
        letters.succeeded()
        MESSAGES_HANDLED.labels(topic=topic.name).inc()
        age = datetime.now(UTC).timestamp() - record.timestamp / 1000
        MESSAGE_AGE_SECONDS.labels(topic=topic.name).observe(max(0.0, age))

    async def consume(message: KafkaMessage) -> None:
        nonlocal failures
        record: Any = message.raw_message
        structlog.contextvars.bind_contextvars(topic=record.topic, partition=record.partition, offset=record.offset)
        try:
            await handle_or_refuse(record)
        except Exception:
            pause = PAUSE_SECONDS[min(failures, len(PAUSE_SECONDS) - 1)]
            failures += 1
            log.exception("message.failed", pause_seconds=pause, failures=failures)
            await asyncio.sleep(pause)
            raise
        failures = 0

    broker.subscriber(
        topic.name,
        group_id=group,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
        decoder=_raw,
    )(consume)


async def run_subscriptions(new_broker: Callable[[], KafkaBroker]) -> None:
    """Run the subscriptions of a broker until cancelled. While the log is away at the start, wait for it.

    `new_broker` makes the broker with its subscriptions; it is called again after a start that failed.
    """
    pauses = itertools.chain(PAUSE_SECONDS, itertools.repeat(PAUSE_SECONDS[-1]))
    while True:
        broker = new_broker()
        try:
            await broker.start()
            await asyncio.Event().wait()
        except (KafkaError, OSError) as error:
            pause = next(pauses)
            log.warning("subscriptions.not_started", error=repr(error), pause_seconds=pause)
        finally:
            await broker.stop()
        await asyncio.sleep(pause)


async def _raw(message: KafkaMessage) -> Any:
    """Leave the bytes alone: FastStream would decode JSON before the handler could refuse it."""
    return message.raw_message
