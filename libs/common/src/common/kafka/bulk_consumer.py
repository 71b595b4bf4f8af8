"""Reads one topic in bulk by librdkafka, which fetches beside the interpreter: half of aiokafka's processor time.

Never commits by itself. A broker that was away, and a group that was left because its reader was stuck, come back by
themselves or as Busy: then open a new one.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import confluent_kafka
from aiokafka import TopicPartition
from confluent_kafka import Consumer, KafkaException

from common.errors import Busy
from common.kafka.absence import Absence
from common.kafka.connection import librdkafka_options
from common.kafka.topic import Headers
from common.settings import KafkaSettings

T = TypeVar("T")

# One thread polls, one commits.
THREADS: Final = 2
LOOK_EVERY_SECONDS: Final = 0.1
# Records come one by one: with the first of them those of so long are taken.
GATHER_SECONDS: Final = 0.02


class BulkRecord:
    """A record of the log. What only few are asked for is taken when it is: kept for a batch it is a burden."""

    __slots__ = ("_message", "value")

    def __init__(self, message: Any) -> None:
        self._message = message
        self.value: bytes | None = message.value()

    @property
    def topic(self) -> str:
        return str(self._message.topic())

    @property
    def partition(self) -> int:
        return int(self._message.partition())

    @property
    def offset(self) -> int:
        return int(self._message.offset())

    @property
    def key(self) -> bytes | None:
        found: bytes | None = self._message.key()
        return found

    @property
    def headers(self) -> Headers:
        found: Headers = self._message.headers() or ()
        return found

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970."""
        return int(self._message.timestamp()[1])


class BulkConsumer:
    """A member of a group that reads one topic. Open it by `start`, and stop it whatever happens."""

    def __init__(self, settings: KafkaSettings, topic: str, *, group: str) -> None:
        self._absence = Absence(f"reader of {topic}")
        options = librdkafka_options(settings) | self._absence.options()
        self._options = options | {
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 10_000,
            "queued.max.messages.kbytes": 16_384,
        }
        self._topic = topic
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"log-{topic}")
        self._stopping = threading.Event()
        self._consumer: Consumer | None = None

    async def start(self) -> None:
        """Ask to be let into the group; the first poll waits for that."""
        self._consumer = Consumer(self._options)
        self._consumer.subscribe([self._topic])

    async def stop(self) -> None:
        """Let polls and commits end, then leave the group."""
        self._stopping.set()
        await asyncio.to_thread(self._close)

    async def getmany(self, *, timeout_ms: int, max_records: int) -> Mapping[TopicPartition, list[BulkRecord]]:
        """Return as soon as there are some, those of each partition in order; nothing after the time. Raises Busy."""
        return await self._called(lambda: self._take(timeout_ms / 1000, max_records))

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit where to go on. Raises Busy if the group did not take it."""
        places = [
            confluent_kafka.TopicPartition(place.topic, place.partition, offset) for place, offset in offsets.items()
        ]
        await self._called(lambda: self._open().commit(offsets=places, asynchronous=False))
        self._absence.answered()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Read on from an offset. Raises Busy if the partition is no longer ours."""
        try:
            self._open().seek(_place(partition, offset))
        except KafkaException as error:
            raise Busy(f"the log: {error}") from error

    async def _called(self, run: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, run)
        except KafkaException as error:
            raise Busy(f"the log: {error}") from error

    def _take(self, seconds: float, most: int) -> Mapping[TopicPartition, list[BulkRecord]]:
        consumer, deadline = self._open(), time.monotonic() + seconds
        messages: list[Any] = consumer.consume(1, LOOK_EVERY_SECONDS)
        while not messages and time.monotonic() < deadline and not self._stopping.is_set():
            messages = consumer.consume(1, LOOK_EVERY_SECONDS)
        if messages:
            messages += consumer.consume(most - 1, GATHER_SECONDS)
        found: dict[int, list[BulkRecord]] = {}
        for message in messages:
            if message.error() is not None:
                raise KafkaException(message.error())
            found.setdefault(message.partition(), []).append(BulkRecord(message))
        if found or (self._absence.told and self._is_reached(consumer)):
            self._absence.answered()
        return {TopicPartition(self._topic, partition): records for partition, records in found.items()}

    def _is_reached(self, consumer: Consumer) -> bool:
        """Ask, since a reader of a quiet topic hears nothing."""
        try:
            consumer.list_topics(self._topic, timeout=LOOK_EVERY_SECONDS)
        except KafkaException:
            return False
        return True

    def _open(self) -> Consumer:
        if self._consumer is None:
            raise Busy("the log is not being read")
        return self._consumer

    def _close(self) -> None:
        self._threads.shutdown()
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()


def _place(partition: TopicPartition, offset: int) -> confluent_kafka.TopicPartition:
    return confluent_kafka.TopicPartition(partition.topic, partition.partition, offset)
