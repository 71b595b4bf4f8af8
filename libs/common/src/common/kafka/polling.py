"""Whether a consumer still polls: the broker's answers to its fetches, and the messages that it hands on, are seen.

`getone` waits for a message and tells nothing of an idle topic, nor of a consumer that stands still.
"""

import asyncio
from contextlib import suppress
from typing import Protocol

from aiokafka import TopicPartition

from common.liveness import Pulse
from common.settings import KafkaSettings

CONNECT_WITHIN_SECONDS = 3.0


class Polled(Protocol):
    """What is asked of an AIOKafkaConsumer."""

    def assignment(self) -> set[TopicPartition]: ...

    def last_poll_timestamp(self, partition: TopicPartition) -> int | None:
        """Return when the broker answered for the partition last, with messages or without; None if it never did."""
        ...


class Polling:
    """Watches one consumer. `taken` counts the messages that its handler has begun or ended."""

    def __init__(self, pulse: Pulse) -> None:
        self.pulse = pulse
        self._taken = 0
        self._seen: tuple[int, dict[TopicPartition, int | None]] = (0, {})

    def take(self) -> None:
        """A message is handed on, or done with: while a handler has one, the partition may rest."""
        self._taken += 1
        self.pulse.beat()

    def look(self, consumer: Polled | None) -> None:
        """Beat if the consumer has moved since the last look: each of its partitions, or its handler.

        One without partitions stands by: others of its group have them all.
        """
        if consumer is None:
            return
        assigned = consumer.assignment()
        answered = {one: consumer.last_poll_timestamp(one) for one in assigned}
        taken, before = self._seen
        if self._taken != taken or all(answered[one] != before.get(one) for one in assigned):
            self.pulse.beat()
            self._seen = (self._taken, answered)


async def answers(settings: KafkaSettings) -> bool:
    """Say whether one of the log's addresses takes connections; while none does, nobody can poll."""
    for address in settings.kafka_bootstrap_servers.split(","):
        host, _, port = address.strip().rpartition(":")
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_WITHIN_SECONDS):
                _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
            return True
    return False
