"""The chain that every bulk topic goes through: collect, decode, check, store, refuse, commit exactly those offsets.

Nothing is committed before it is stored, sent on or in the dead-letter topic. If a part is away the batch is put
back and read again after a pause: repeats are harmless by the natural keys of the store. While one batch is stored
the next is collected and checked; it is stored after the first one's offsets are committed, never before.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from aiokafka import TopicPartition

from common.errors import Busy, Rejected
from common.kafka.bulk_consumer import BulkConsumer, BulkRecord
from common.kafka.dead_letters import DeadLetters, TooManyDeadLetters
from common.kafka.subscribe import origin_of
from common.kafka.topic import Message, Topic
from common.logging import get_logger
from common.metrics import MESSAGE_AGE_SECONDS, MESSAGES_HANDLED
from common.settings import KafkaSettings
from metering.metrics import PIPELINE_RETRIES

log = get_logger(__name__)

M = TypeVar("M", bound=Message)

Record: TypeAlias = BulkRecord
Refusals = Sequence[tuple[int, Rejected]]
Finish: TypeAlias = Callable[[], Awaitable[Refusals]]
Prepare: TypeAlias = Callable[[Sequence[M], Sequence[int]], Awaitable[Finish]]

POLL_SECONDS: Final = 1.0
RECORDS_A_POLL: Final = 2_000
PAUSES_SECONDS: Final = (0.5, 1.0, 5.0, 15.0)


class Consumer(Protocol):
    """What the chain needs of a consumer. Each method raises Busy for a fault that passes with time."""

    async def getmany(self, *, timeout_ms: int, max_records: int) -> Mapping[TopicPartition, Sequence[Record]]: ...

    async def commit(self, offsets: dict[TopicPartition, int]) -> None: ...

    def seek(self, partition: TopicPartition, offset: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A batch waits up to `seconds` for more records, but no longer once it holds `size_bytes`."""

    seconds: float
    size_bytes: int


@dataclass(slots=True)
class Batch:
    """Records in order of their partitions, and how far each partition is read by them."""

    records: list[Record] = field(default_factory=list)
    first: dict[TopicPartition, int] = field(default_factory=dict)
    next: dict[TopicPartition, int] = field(default_factory=dict)
    size_bytes: int = 0
    # Milliseconds since 1970. A partition's records came one after another.
    oldest: int = sys.maxsize

    def add(self, partition: TopicPartition, records: Sequence[Record]) -> None:
        if not records:
            return
        self.records.extend(records)
        self.first.setdefault(partition, records[0].offset)
        self.next[partition] = records[-1].offset + 1
        self.oldest = min(self.oldest, records[0].timestamp)
        self.size_bytes += sum([len(record.value or b"") for record in records])


@dataclass(frozen=True, slots=True)
class _Ready:
    """A batch that is decoded and checked. `kept` are the indexes of its records that could be decoded."""

    batch: Batch
    kept: Sequence[int]
    refused: Refusals
    finish: Finish


class Pipeline(Generic[M]):
    """Reads one topic in bulk for ever.

    `prepare` gets the decoded messages of a batch, and when each came into the log (milliseconds since 1970, real
    time), and checks them, while the batch before may still be stored. The
    `finish` that it returns is called next: it returns when all that is good is stored and sent on, and says which
    messages it refuses, by index. Both raise Busy to get the same messages again.
    """

    def __init__(
        self,
        topic: Topic[M],
        prepare: Prepare[M],
        *,
        open_consumer: Callable[[], AbstractAsyncContextManager[Consumer]],
        letters: DeadLetters,
        limits: Limits,
    ) -> None:
        self._topic = topic
        self._prepare = prepare
        self._open_consumer = open_consumer
        self._letters = letters
        self._limits = limits
        self._polled_at = time.monotonic()
        self._failures = 0

    def idle_seconds(self) -> float:
        """How long ago the last poll was completed."""
        return time.monotonic() - self._polled_at

    async def run(self) -> None:
        """Work until cancelled. Raises TooManyDeadLetters when so much is refused that the fault must be ours."""
        while True:
            try:
                async with self._open_consumer() as consumer:
                    await self.follow(consumer)
            except (Busy, OSError) as error:
                await self._pause("pipeline.disconnected", error)

    async def follow(self, consumer: Consumer) -> None:
        """Take batch after batch through the chain, the next one checked while one is stored, until cancelled."""
        flight: asyncio.Task[int] | None = None
        flying = Batch()
        try:
            while True:
                batch = await self._collect(consumer)
                ready = await self._readied(batch) if batch.records else None
                back = [batch] if batch.records and ready is None else []
                if flight is not None and (batch.records or flight.done()):
                    if not await flight:
                        back, ready = [batch, flying], None
                    flight = None
                self._put_back(consumer, *back)
                if ready is not None:
                    flight, flying = asyncio.create_task(self._fly(consumer, ready)), batch
        finally:
            if flight is not None:
                flight.cancel()
                with suppress(asyncio.CancelledError):
                    await flight

    async def step(self, consumer: Consumer) -> int:
        """Take one batch through the whole chain and return its number of records, 0 if it was put back."""
        batch = await self._collect(consumer)
        ready = await self._readied(batch) if batch.records else None
        done = await self._fly(consumer, ready) if ready is not None else 0
        if not done:
            self._put_back(consumer, batch)
        return done

    async def _readied(self, batch: Batch) -> _Ready | None:
        """Decode and check a batch; None if it must be put back."""
        try:
            kept, messages, refused = await asyncio.to_thread(self._decode, batch.records)
            logged = [batch.records[index].timestamp for index in kept]
            return _Ready(batch, kept, refused, await self._prepare(messages, logged))
        except Busy as error:
            await self._pause("pipeline.put_back", error)
            return None

    async def _fly(self, consumer: Consumer, ready: _Ready) -> int:
        """Store a batch, refuse what is bad, commit; return its number of records, 0 if it must be put back."""
        batch = ready.batch
        try:
            refused = await ready.finish()
            await self._refuse(consumer, batch, [*ready.refused, *((ready.kept[at], why) for at, why in refused)])
        except Busy as error:
            await self._pause("pipeline.put_back", error)
            return 0
        await self._commit(consumer, batch.next)
        self._observe(batch)
        return len(batch.records)

    async def _collect(self, consumer: Consumer) -> Batch:
        batch = Batch()
        timeout = POLL_SECONDS
        deadline = float("inf")
        while timeout > 0 and batch.size_bytes < self._limits.size_bytes:
            found = await consumer.getmany(timeout_ms=int(timeout * 1000), max_records=RECORDS_A_POLL)
            self._polled_at = time.monotonic()
            for partition, records in found.items():
                batch.add(partition, records)
            if not batch.records:
                break
            deadline = min(deadline, time.monotonic() + self._limits.seconds)
            timeout = deadline - time.monotonic()
        return batch

    def _decode(self, records: Sequence[Record]) -> tuple[list[int], list[M], list[tuple[int, Rejected]]]:
        """Return the indexes of what could be decoded, the messages, and what could not with its reason."""
        kept: list[int] = []
        messages: list[M] = []
        refused: list[tuple[int, Rejected]] = []
        for index, record in enumerate(records):
            try:
                messages.append(self._topic.decode(record.value, record.headers))
                kept.append(index)
            except Rejected as reason:
                refused.append((index, reason))
        return kept, messages, refused

    async def _refuse(self, consumer: Consumer, batch: Batch, refused: Refusals) -> None:
        if not refused:
            self._letters.succeeded()
            return
        reasons = dict(refused)
        for index, record in enumerate(batch.records):
            if index not in reasons:
                self._letters.succeeded()
                continue
            try:
                await self._letters.refuse(self._topic, origin_of(record), reasons[index])
            except TooManyDeadLetters:
                # What has been refused is not refused again by whoever starts next.
                await self._commit(consumer, _before(batch, index))
                raise

    def _put_back(self, consumer: Consumer, *batches: Batch) -> None:
        """Have the records of these batches read again; of two that hold a partition the last one came first."""
        PIPELINE_RETRIES.labels(topic=self._topic.name).inc(sum(bool(batch.records) for batch in batches))
        first = {partition: offset for batch in batches for partition, offset in batch.first.items()}
        for partition, offset in first.items():
            try:
                consumer.seek(partition, offset)
            except Busy as error:  # it was taken from us: whoever has it now begins at the committed offset
                log.info("partition.lost", partition=partition.partition, error=repr(error))

    async def _commit(self, consumer: Consumer, offsets: Mapping[TopicPartition, int]) -> None:
        try:
            await consumer.commit(dict(offsets))
        except Busy as error:  # stored but not committed: it will be read again, which is harmless
            log.warning("offsets.not_committed", topic=self._topic.name, error=repr(error))

    def _observe(self, batch: Batch) -> None:
        if self._failures:
            log.info("pipeline.recovered", topic=self._topic.name, failures=self._failures)
        self._failures = 0
        MESSAGES_HANDLED.labels(topic=self._topic.name).inc(len(batch.records))
        oldest = batch.oldest / 1000
        MESSAGE_AGE_SECONDS.labels(topic=self._topic.name).observe(max(0.0, datetime.now(UTC).timestamp() - oldest))

    async def _pause(self, event: str, error: Exception) -> None:
        seconds = PAUSES_SECONDS[min(self._failures, len(PAUSES_SECONDS) - 1)]
        self._failures += 1
        self._polled_at = time.monotonic()
        log.warning(event, topic=self._topic.name, error=repr(error), pause_seconds=seconds)
        await asyncio.sleep(seconds)


def _before(batch: Batch, index: int) -> Mapping[TopicPartition, int]:
    """Return how far the partitions are read by the records before `index`."""
    offsets = dict(batch.next)
    for record in reversed(batch.records[index:]):
        offsets[TopicPartition(record.topic, record.partition)] = record.offset
    return offsets


@asynccontextmanager
async def kafka_consumer(settings: KafkaSettings, topic: Topic[Any], *, group: str) -> AsyncIterator[Consumer]:
    """Join the group and leave it at the end. Commits nothing by itself."""
    consumer = BulkConsumer(settings, topic.name, group=group)
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()
