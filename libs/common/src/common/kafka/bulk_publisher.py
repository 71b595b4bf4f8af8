"""Sends what is sent in bulk by librdkafka: a tenth of aiokafka's processor time a record.

The same promises as `common.kafka.publisher`: acks=all, records of a key in order, no idempotence, and a new producer
after any failure. A failure of one caller fails the others that are sending at the time.
"""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import KafkaException, Producer

from common.errors import Busy
from common.kafka.absence import Absence
from common.kafka.connection import librdkafka_options
from common.kafka.publisher import RawRecord
from common.settings import KafkaSettings

GIVE_UP_SECONDS: Final = 30.0
LOOK_EVERY_SECONDS: Final = 0.1
GREATEST_RECORD_BYTES: Final = 1_048_576
QUEUED_RECORDS: Final = 200_000


class BulkPublisher:
    """A producer for large batches. It works in a thread, and its own work takes no interpreter."""

    def __init__(self, settings: KafkaSettings, *, linger_ms: int = 5) -> None:
        self._absence = Absence("bulk publisher")
        options = librdkafka_options(settings) | self._absence.options()
        self._options = options | {
            "acks": "all",
            "linger.ms": linger_ms,
            "partitioner": "murmur2_random",  # as every other client chooses
            "max.in.flight.requests.per.connection": 1,  # else a repeat may overtake what was sent before it
            "message.timeout.ms": int(GIVE_UP_SECONDS * 1000),
            "message.max.bytes": GREATEST_RECORD_BYTES,
            "queue.buffering.max.messages": QUEUED_RECORDS,
        }
        self._producer: Producer | None = None
        self._lock = threading.Lock()

    async def send_raw(self, records: Sequence[RawRecord]) -> None:
        """Send encoded records (topic, value, key, headers) in order. Returns after the last acknowledgement.

        Raises Busy if any was not acknowledged: some may have arrived, so send all again.
        """
        if records:
            await asyncio.to_thread(self._send, records)

    async def close(self) -> None:
        """Drop what is not sent yet; whoever waits for it gets Busy. A repeat is harmless."""
        with self._lock:
            producer, self._producer = self._producer, None
        if producer is not None:
            producer.purge()

    def _send(self, records: Sequence[RawRecord]) -> None:
        producer = self._open()
        told: list[Any] = []

        def delivered(error: Any, _: Any) -> None:
            told.append(error)

        try:
            for name, value, key, headers in records:
                self._put(producer, name, value, key, list(headers), delivered)
            while len(told) < len(records):
                producer.poll(LOOK_EVERY_SECONDS)
        except KafkaException as error:
            self._discard(producer)
            raise Busy(f"the log did not take {len(records)} records: {error!r}") from error
        failed = next((error for error in told if error is not None), None)
        if failed is not None:
            self._discard(producer)
            raise Busy(f"the log did not take {len(records)} records: {failed}")
        self._absence.answered()

    def _put(self, producer: Producer, name: str, value: Any, key: Any, headers: Any, delivered: Any) -> None:
        while True:
            try:
                producer.produce(name, value, key, headers=headers, on_delivery=delivered)
            except BufferError:  # the queue is full: wait until the log has taken some
                producer.poll(LOOK_EVERY_SECONDS)
            else:
                return

    def _discard(self, producer: Producer) -> None:
        """Throw this producer away. Not a newer one, which another caller may be sending with by now."""
        with self._lock:
            if self._producer is producer:
                self._producer = None
        producer.purge()

    def _open(self) -> Producer:
        with self._lock:
            if self._producer is None:
                self._producer = Producer(self._options)
            return self._producer
