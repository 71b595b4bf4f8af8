"""Hands telemetry to the log and moves a meter's cursor, in this order and no other.

Telemetry is acknowledged by the broker (acks=all), then the cursor is, then the cursor in memory moves. A
kill at any point repeats telemetry and never skips it; whoever reads it makes repeats harmless.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

from common.errors import Busy
from common.kafka.topic import Message, Topic
from common.logging import get_logger
from meter_poller.metrics import PUBLISH_PAUSES
from topics.poller import CURSORS, EndpointCursor, MeterCursor

log = get_logger(__name__)

M = TypeVar("M", bound=Message)


class Sender(Protocol):
    """What is needed of `common.kafka.publisher.Publisher`."""

    async def send(self, topic: Topic[M], messages: Iterable[M]) -> None:
        """Return after the last acknowledgement. Raises Busy if any is missing: send all again."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one topic."""

    topic: Topic[Any]
    messages: Sequence[Message]


class Cursors:
    """The cursors of one endpoint, in memory; those of meters that left the wire are kept for their return."""

    def __init__(self, endpoint_id: UUID, known: Iterable[MeterCursor] = ()) -> None:
        self.endpoint_id = endpoint_id
        self._by_meter = {cursor.meter_id: cursor for cursor in known}

    def of(self, meter_id: UUID) -> MeterCursor:
        return self._by_meter.get(meter_id) or MeterCursor(meter_id=meter_id)

    def replaced(self, cursor: MeterCursor) -> EndpointCursor:
        """Return the message of all cursors with this one in place; memory does not change."""
        by_meter = self._by_meter | {cursor.meter_id: cursor}
        return EndpointCursor(endpoint_id=self.endpoint_id, meters=list(by_meter.values()))

    def move(self, cursor: MeterCursor) -> None:
        """Take what the broker has acknowledged."""
        self._by_meter[cursor.meter_id] = cursor


class Delivery:
    """Sends for one endpoint, patiently: while the log is away the wire waits here and nothing is lost."""

    def __init__(
        self,
        sender: Sender,
        cursors: Cursors,
        *,
        pauses_seconds: Sequence[float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sender = sender
        self.cursors = cursors
        self._pauses = pauses_seconds
        self._sleep = sleep

    async def deliver(self, *batches: Batch, cursor: MeterCursor | None = None) -> None:
        """Send the batches, then the cursor. Returns when the broker has all of it.

        INVARIANT: tests/unit/meter_poller/test_publish.py.
        """
        for batch in batches:
            if batch.messages:
                await self._send(batch.topic, batch.messages)
        if cursor is not None:
            await self._send(CURSORS, [self.cursors.replaced(cursor)])
            self.cursors.move(cursor)

    async def _send(self, topic: Topic[M], messages: Sequence[M]) -> None:
        failures = 0
        while True:
            try:
                await self._sender.send(topic, messages)
            except Busy as reason:
                pause = self._pauses[min(failures, len(self._pauses) - 1)]
                failures += 1
                PUBLISH_PAUSES.inc()
                if failures == 1:
                    log.warning("telemetry.delayed", topic=topic.name, error=str(reason))
                await self._sleep(pause)
            else:
                if failures:
                    log.info("telemetry.resumed", topic=topic.name, failures=failures)
                return
