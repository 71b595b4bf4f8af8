"""A producer of librdkafka: all or Busy, a new one after a failure, and nobody waits for one that was closed."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaException

from common.errors import Busy
from common.kafka import bulk_publisher as publishing
from common.kafka.bulk_publisher import BulkPublisher
from common.settings import KafkaSettings

RECORD = ("topic", b"value", b"key", (("name", b"header"),))


class Producer:
    """Tells of what was given to it when it is polled: that it arrived, or the fault that it was made with."""

    def __init__(self, fault: str | None = None, *, holds: int = 100) -> None:
        self.fault, self.holds, self.is_purged, self.keeps = fault, holds, False, False
        self.produced: list[bytes] = []
        self.untold: list[Callable[[Any, Any], None]] = []

    def produce(self, name: str, value: bytes, key: bytes, *, headers: Any, on_delivery: Any) -> None:
        del name, key, headers
        if self.fault == "refused":
            raise KafkaException(self.fault)
        if len(self.untold) >= self.holds:
            raise BufferError
        self.produced.append(value)
        self.untold.append(on_delivery)

    def poll(self, seconds: float) -> None:
        del seconds
        if self.keeps and not self.is_purged:
            return
        told, self.untold = self.untold, []
        for delivered in told:
            delivered("purged" if self.is_purged else self.fault, None)

    def purge(self) -> None:
        self.is_purged = True


def publisher_of(monkeypatch: pytest.MonkeyPatch, *producers: Producer) -> BulkPublisher:
    left = iter(producers)
    monkeypatch.setattr(publishing, "Producer", lambda *_, **__: next(left))
    return BulkPublisher(KafkaSettings())


async def test_all_are_sent_in_order_though_the_queue_is_short(monkeypatch: pytest.MonkeyPatch):
    producer = Producer(holds=2)
    values = [b"%d" % number for number in range(7)]

    await publisher_of(monkeypatch, producer).send_raw([("topic", value, b"key", ()) for value in values])

    assert producer.produced == values
    assert not producer.untold


@pytest.mark.parametrize("fault", ["refused", "not delivered"])
async def test_a_failed_send_is_busy_and_makes_a_new_producer(monkeypatch: pytest.MonkeyPatch, fault: str):
    bad, good = Producer(fault), Producer()
    publisher = publisher_of(monkeypatch, bad, good)

    with pytest.raises(Busy, match=fault):
        await publisher.send_raw([RECORD])

    assert bad.is_purged
    await publisher.send_raw([RECORD])
    assert good.produced == [b"value"]


async def test_who_waits_when_it_is_closed_is_told(monkeypatch: pytest.MonkeyPatch):
    producer = Producer()
    producer.keeps = True
    publisher = publisher_of(monkeypatch, producer)
    sending = asyncio.create_task(publisher.send_raw([RECORD]))
    while not producer.produced:
        await asyncio.sleep(0)

    await publisher.close()

    with pytest.raises(Busy, match="purged"):
        await sending
