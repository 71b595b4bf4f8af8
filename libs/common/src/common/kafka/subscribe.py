"""Subscriptions of low volume, one message at a time, over FastStream.

The ack policy is NACK_ON_ERROR: the offset is committed after the handler has returned, so its
transaction is committed first; a failure reads the message again. NACK_ON_ERROR has neither limit nor
pause of its own, so a refused message goes to the dead-letter topic here, and a failure waits here.
Bulk topics do not come this way: see the owners' `pipeline.py`.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

import structlog
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from common.errors import Rejected
from common.kafka.bulk_consumer import BulkRecord
from common.kafka.connection import new_broker
from common.kafka.dead_letters import DeadLetters, Origin, TooManyDeadLetters
from common.kafka.polling import Polled, Polling, answers
from common.kafka.topic import Message, Topic
from common.liveness import LIVENESS, STUCK_AFTER_SECONDS
from common.logging import get_logger
from common.metrics import MESSAGE_AGE_SECONDS, MESSAGES_HANDLED
from common.settings import KafkaSettings

log = get_logger(__name__)

M = TypeVar("M", bound=Message)
Handler = Callable[[M], Awaitable[None]]

PAUSE_SECONDS = (0.2, 1.0, 5.0, 15.0)
LOOK_SECONDS = 5.0

Consumer = Callable[[], Polled | None]


def origin_of(record: "ConsumerRecord[bytes, bytes] | BulkRecord") -> Origin:
    """Return where `record` stood, for a dead letter."""
    return Origin(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
    )


class Subscriptions:
    """The subscriptions of one process. `run` is a worker: it returns only by an error."""

    def __init__(self, settings: KafkaSettings, *, dead_letter_limit: int | None = 1_000) -> None:
        self._settings = settings
        self._dead_letter_limit = dead_letter_limit
        self._connected: list[tuple[str, Callable[[KafkaBroker, Polling], Consumer]]] = []
        self._gave_up = asyncio.Event()
        self._reason: TooManyDeadLetters | None = None

    def add(self, topic: Topic[M], handle: Handler[M], *, group: str) -> None:
        """Call `handle` for each message of `topic`, in order of the key, at least once.

        `handle` stores and returns; a repeat must be harmless. Rejected sends the message to the
        dead-letter topic; any other error pauses and reads it again.
        """

        def connect(broker: KafkaBroker, polling: Polling) -> Consumer:
            letters = DeadLetters(partial(_send, broker), reader=group, limit=self._dead_letter_limit)
            subscription = _Subscription(topic, handle, letters)
            subscriber = broker.subscriber(
                topic.name,
                group_id=group,
                auto_offset_reset="earliest",
                ack_policy=AckPolicy.NACK_ON_ERROR,
                decoder=_raw,
            )
            subscriber(partial(self._consume, subscription.consume, polling))
            return lambda: subscriber.consumer

        self._connected.append((f"{group} of {topic.name}", connect))

    async def run(self) -> None:
        """Handle messages until cancelled; while the log is away at the start, wait for it.

        Each subscription has a pulse, so that `livez` tells of one that stands still although the log is there.
        Raises TooManyDeadLetters when a limit is reached.
        """
        with ExitStack() as stack:
            pollings = [Polling(stack.enter_context(LIVENESS.pulse(name))) for name, _ in self._connected]
            await self._run(pollings)

    async def _run(self, pollings: Sequence[Polling]) -> None:
        pauses = itertools.chain(PAUSE_SECONDS, itertools.repeat(PAUSE_SECONDS[-1]))
        while self._reason is None:
            broker = new_broker(self._settings)
            watched = [
                (polling, connect(broker, polling))
                for polling, (_, connect) in zip(pollings, self._connected, strict=True)
            ]
            try:
                await broker.start()
                await self._watch(watched)
            except (KafkaError, OSError) as error:
                pause = next(pauses)
                for polling in pollings:
                    polling.pulse.beat()
                log.warning("subscriptions.not_started", error=repr(error), pause_seconds=pause)
                await asyncio.sleep(pause)
            finally:
                await broker.stop()
        raise self._reason

    async def _watch(self, watched: Sequence[tuple[Polling, Consumer]]) -> None:
        """Look whether every consumer polls until a subscription gives up."""
        while not self._gave_up.is_set():
            for polling, consumer in watched:
                polling.look(consumer())
                # Half of the time that `livez` allows: an absent log is found out before it is taken for ours.
                if polling.pulse.still_seconds() > STUCK_AFTER_SECONDS / 2 and not await answers(self._settings):
                    polling.pulse.beat()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gave_up.wait(), LOOK_SECONDS)

    async def _consume(
        self, consume: Callable[[Any], Awaitable[None]], polling: Polling, message: KafkaMessage
    ) -> None:
        polling.take()
        try:
            await consume(message.raw_message)
            polling.take()
        except TooManyDeadLetters as error:
            self._reason = error
            self._gave_up.set()
            raise


async def _send(
    broker: KafkaBroker, name: str, value: bytes | None, key: bytes | None, headers: Sequence[tuple[str, bytes]]
) -> None:
    texts = {name: value.decode(errors="replace") for name, value in headers}
    await broker.publish(value, name, key=key, headers=texts)


class _Subscription(Generic[M]):
    """One topic's chain: decode, handle, refuse or pause."""

    def __init__(self, topic: Topic[M], handle: Handler[M], letters: DeadLetters) -> None:
        self._topic = topic
        self._handle = handle
        self._letters = letters
        self._failures = 0

    async def consume(self, record: "ConsumerRecord[bytes, bytes]") -> None:
        structlog.contextvars.bind_contextvars(topic=record.topic, partition=record.partition, offset=record.offset)
        try:
            await self._take(record)
        except TooManyDeadLetters:
            raise
        except Exception:  # whatever failed: logged, waited for, raised on, and read again
            pause = PAUSE_SECONDS[min(self._failures, len(PAUSE_SECONDS) - 1)]
            self._failures += 1
            log.exception("message.failed", pause_seconds=pause, failures=self._failures)
            await asyncio.sleep(pause)
            raise
        self._failures = 0

    async def _take(self, record: "ConsumerRecord[bytes, bytes]") -> None:
        try:
            await self._handle(self._topic.decode(record.value, record.headers))
        except Rejected as reason:
            await self._letters.refuse(self._topic, origin_of(record), reason)
            return
        self._letters.succeeded()
        MESSAGES_HANDLED.labels(topic=self._topic.name).inc()
        age_seconds = datetime.now(UTC).timestamp() - record.timestamp / 1000
        MESSAGE_AGE_SECONDS.labels(topic=self._topic.name).observe(max(0.0, age_seconds))


async def _raw(message: KafkaMessage) -> Any:
    """Leave the bytes alone: FastStream would decode JSON before the handler could refuse it."""
    return message.raw_message
