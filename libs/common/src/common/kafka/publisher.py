"""Sends messages and returns when the broker has them; makes a new producer after any failure."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from common.errors import Busy
from common.kafka.connection import new_producer
from common.kafka.topic import Message, Topic
from common.settings import KafkaSettings

M = TypeVar("M", bound=Message)

RawRecord = tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]


class Publisher:
    """A producer that is thrown away after a failed send and made anew at the next."""

    def __init__(self, settings: KafkaSettings, *, linger_ms: int = 5, max_request_bytes: int = 1_048_576) -> None:
        self._settings = settings
        self._linger_ms = linger_ms
        self._max_request_bytes = max_request_bytes
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def send(self, topic: Topic[M], messages: Iterable[M]) -> None:
        """Send all of `messages` in order. Returns after the last acknowledgement (acks=all).

        Raises Busy if any was not acknowledged: some may have arrived, so send all again.
        """
        await self.send_raw([(topic.name, topic.encode(m), topic.key(m).encode(), topic.headers()) for m in messages])

    async def send_raw(self, records: Sequence[RawRecord]) -> None:
        """Send encoded records (topic, value, key, headers) in order; as `send`."""
        producer: AIOKafkaProducer | None = None
        try:
            producer = await self._open()
            pending = [
                await producer.send(name, value, key=key, headers=list(headers))
                for name, value, key, headers in records
            ]
            await asyncio.gather(*pending)
        except (KafkaError, OSError, TimeoutError) as error:
            await self._discard(producer)
            raise Busy(f"the log did not take {len(records)} records: {error!r}") from error

    async def close(self) -> None:
        """Stop the producer. A repeat is harmless; the next send makes a new one."""
        async with self._lock:
            producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def _discard(self, producer: AIOKafkaProducer | None) -> None:
        """Stop this producer. Not a newer one, which another caller may be sending with by now."""
        async with self._lock:
            if self._producer is producer:
                self._producer = None
        if producer is not None:
            await producer.stop()

    async def _open(self) -> AIOKafkaProducer:
        async with self._lock:
            if self._producer is None:
                producer = new_producer(
                    self._settings, linger_ms=self._linger_ms, max_request_size=self._max_request_bytes
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer
