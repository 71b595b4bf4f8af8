"""Hands telemetry to the log and moves a meter's cursor, in this order and no other.

Telemetry is acknowledged by the broker (acks=all), then the cursor is, then the cursor in memory moves. A
kill at any point repeats telemetry and never skips it; whoever reads it makes repeats harmless. What keeps
its time at the half hour (readings of meters without memory) goes through an outbox beside the wire.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, Protocol, TypeVar
from uuid import UUID

from common.clock import Clock
from common.errors import Busy
from common.kafka.topic import Message, Topic
from common.logging import get_logger
from meter_poller.metrics import FRESHNESS_SECONDS, PUBLISH_PAUSES
from topics.poller import CURSORS, EndpointCursor, MeterCursor

log = get_logger(__name__)

# Some hours of a wire full of meters without memory.
OUTBOX_LIMIT = 1_000

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


@dataclass(frozen=True, slots=True)
class Step:
    """Batches, and the cursor that moves when the log has them. `until`: end of the newest half hour in them."""

    batches: Sequence[Batch] = ()
    cursor: MeterCursor | None = None
    until: datetime | None = None


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
    """Sends for one endpoint, patiently: while the log is away the caller waits here and nothing is lost."""

    def __init__(
        self,
        sender: Sender,
        cursors: Cursors,
        *,
        clock: Clock,
        pauses_seconds: Sequence[float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sender = sender
        self.cursors = cursors
        self._clock = clock
        self._pauses = pauses_seconds
        self._sleep = sleep

    async def deliver(self, step: Step) -> None:
        """Send the batches, then the cursor. Returns when the broker has all of it.

        INVARIANT: tests/unit/meter_poller/test_publish.py.
        """
        for batch in step.batches:
            if batch.messages:
                await self._send(batch.topic, batch.messages)
        if step.cursor is not None:
            await self._send(CURSORS, [self.cursors.replaced(step.cursor)])
            self.cursors.move(step.cursor)
        if step.until is not None:
            FRESHNESS_SECONDS.observe((self._clock.now() - step.until).total_seconds())

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


class Outbox:
    """Delivers steps in their order beside the wire, which goes on reading while the log is slow or away.

    What is not delivered when the wire stops is not lost: its cursor has not moved, so it is made up again.
    """

    def __init__(self, delivery: Delivery, *, limit: int = OUTBOX_LIMIT) -> None:
        self._delivery = delivery
        self._steps: asyncio.Queue[Step] = asyncio.Queue(limit)
        # Held until it is delivered: a step that was cancelled half way must not be passed by the next.
        self._first: Step | None = None

    @property
    def waits(self) -> bool:
        """Whether something has not been delivered yet."""
        return self._first is not None or not self._steps.empty()

    async def put(self, *steps: Step) -> None:
        """Take steps. Waits only while the outbox is full."""
        for step in steps:
            await self._steps.put(step)

    async def deliver_waiting(self) -> None:
        """Deliver what waits now; not while `run` does."""
        while self.waits:
            await self._deliver_first()

    async def run(self) -> NoReturn:
        """Deliver for ever."""
        while True:
            await self._deliver_first()

    async def _deliver_first(self) -> None:
        if self._first is None:
            self._first = await self._steps.get()
        await self._delivery.deliver(self._first)
        self._first = None
