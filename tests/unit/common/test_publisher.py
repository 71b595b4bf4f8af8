"""A producer that failed is thrown away, and only that one."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from common.errors import Busy
from common.kafka import publisher as publishing
from common.kafka.publisher import Publisher
from common.settings import KafkaSettings

RECORD = ("topic", b"value", b"key", ())


class Producer:
    """Acknowledges, or fails with, what was sent when it is told to."""

    def __init__(self) -> None:
        self.acknowledgements: list[asyncio.Future[None]] = []
        self.is_stopped = False

    async def start(self) -> None:
        """Nothing to connect to."""

    async def stop(self) -> None:
        self.is_stopped = True

    async def send(self, *_: Any, **__: Any) -> "asyncio.Future[None]":
        self.acknowledgements.append(asyncio.get_running_loop().create_future())
        return self.acknowledgements[-1]


@pytest.fixture
def producers(monkeypatch: pytest.MonkeyPatch) -> list[Producer]:
    made: list[Producer] = []

    def new_producer(*_: Any, **__: Any) -> Producer:
        made.append(Producer())
        return made[-1]

    monkeypatch.setattr(publishing, "new_producer", new_producer)
    return made


async def test_a_failed_send_makes_a_new_producer(producers: list[Producer]):
    publisher = Publisher(KafkaSettings())
    first = asyncio.create_task(publisher.send_raw([RECORD]))
    await asyncio.sleep(0.01)
    producers[0].acknowledgements[0].set_exception(KafkaError("lost"))
    with pytest.raises(Busy):
        await first
    assert producers[0].is_stopped
    second = asyncio.create_task(publisher.send_raw([RECORD]))
    await asyncio.sleep(0.01)
    producers[1].acknowledgements[0].set_result(None)
    await second
    await publisher.close()
    assert producers[1].is_stopped


async def test_a_late_failure_on_the_former_producer_leaves_the_new_one_alone(producers: list[Producer]):
    """Many wires share one producer; one that fails last must not take it from those that already go on."""
    publisher = Publisher(KafkaSettings())
    early, late = (asyncio.create_task(publisher.send_raw([RECORD])) for _ in range(2))
    await asyncio.sleep(0.01)
    producers[0].acknowledgements[0].set_exception(KafkaError("lost"))
    with pytest.raises(Busy):
        await early
    again = asyncio.create_task(publisher.send_raw([RECORD]))
    await asyncio.sleep(0.01)
    producers[0].acknowledgements[1].set_exception(KafkaError("lost"))
    with pytest.raises(Busy):
        await late
    assert not producers[1].is_stopped
    producers[1].acknowledgements[0].set_result(None)
    await again
    await publisher.close()
