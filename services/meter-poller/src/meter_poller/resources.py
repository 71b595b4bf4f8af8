"""What the process holds open: the publisher and the clock. Opening, closing and ping stand together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from common.clock import Clock, clock_from_settings
from common.errors import Busy
from common.kafka.publisher import Publisher
from meter_poller.assignment import Heartbeat
from meter_poller.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Given to workers as they start."""

    settings: Settings
    clock: Clock
    publisher: Publisher
    heartbeat: Heartbeat

    async def ping(self) -> None:
        """Raise Busy unless the group has lately been asked for news."""
        if not self.heartbeat.is_younger_than(self.settings.stuck_after_seconds):
            raise Busy("the poller has no part in its group yet")


@asynccontextmanager
async def open_resources(settings: Settings, heartbeat: Heartbeat) -> AsyncIterator[Resources]:
    """Open everything; connections are made at the first use."""
    publisher = Publisher(settings)
    try:
        yield Resources(settings=settings, clock=clock_from_settings(), publisher=publisher, heartbeat=heartbeat)
    finally:
        await publisher.close()
