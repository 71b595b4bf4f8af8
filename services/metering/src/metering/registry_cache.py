"""The registry in memory, for the hot path: read anew when the database says that it changed, and now and then."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from common.errors import Busy
from common.logging import get_logger
from metering.domain.registry import Registry
from metering.metrics import REGISTRY_LOADED, REGISTRY_POINTS
from metering.repository import registry
from metering.settings import Settings
from topics.supplier import supplier_days, supplier_intervals

Topics = Callable[[], Awaitable[frozenset[str]]]

log = get_logger(__name__)

RETRY_SECONDS: Final = 1.0
# Telemetry of unknown meters makes us look again, but never more than a tenth of the time.
MISS_PAUSE_SECONDS: Final = 1.0
READ_SHARE: Final = 10


class RegistryCache:
    """Holds the newest registry snapshot; while the database is away the last one stays in use."""

    def __init__(self, settings: Settings, engine: AsyncEngine, *, topics: Topics | None = None) -> None:
        """`topics` lists what the log has, to learn which suppliers' streams are there; without it all are."""
        self._topics = topics
        self._dsn = settings.database_url.get_secret_value().replace("postgresql+asyncpg://", "postgresql://")
        self._refresh_seconds = settings.registry_refresh_seconds
        self._engine = engine
        self._changed = asyncio.Event()
        self._loaded = asyncio.Event()
        # One at a time: a read that began earlier and ended later would put an older snapshot in place of a newer.
        self._reading = asyncio.Lock()
        self._registry = Registry()
        self._with_streams: frozenset[str] = frozenset()
        self._began_at = self._read_at = float("-inf")
        self._read_seconds = 0.0

    def current(self) -> Registry:
        return self._registry

    async def loaded(self) -> None:
        """Wait until the registry has been read once."""
        await self._loaded.wait()

    async def refreshed(self) -> bool:
        """Read the registry anew because something is not in it; say whether that was done.

        Not if it was read a moment ago, unless it is being read or is known to have changed since. Raises Busy while
        the database is away: what is not in an old snapshot may well be in the registry.
        """
        is_on_its_way = self._reading.locked() or self._changed.is_set()
        young = max(MISS_PAUSE_SECONDS, READ_SHARE * self._read_seconds)
        if not is_on_its_way and time.monotonic() - self._read_at < young:
            return False
        try:
            await self.refresh()
        except (OSError, SQLAlchemyError) as error:
            raise Busy(f"the registry was not read: {error!r}") from error
        return True

    async def refresh(self) -> None:
        """Take the newest snapshot: one of which the reading began after this call."""
        asked_at = time.monotonic()
        async with self._reading:
            if self._began_at > asked_at:
                return
            began_at = time.monotonic()
            async with self._engine.connect() as connection:
                loaded = await registry.load_registry(connection)
            missing = await self._without_streams(loaded.supplier_codes)
            self._registry = replace(loaded, without_streams=missing) if missing else loaded
            self._began_at, self._read_at = began_at, time.monotonic()
            self._read_seconds = self._read_at - began_at
        self._loaded.set()
        REGISTRY_LOADED.inc()
        REGISTRY_POINTS.set(
            len({place.point_id for places in self._registry.installations.values() for place in places})
        )

    async def _without_streams(self, codes: frozenset[str]) -> frozenset[str]:
        """Return the suppliers of whose streams one is not there; as last known while the log is away."""
        if self._topics is None or codes <= self._with_streams:
            return frozenset()
        try:
            there = await self._topics()
        except (KafkaError, OSError) as error:
            log.warning("topics.not_listed", error=repr(error))
            return self._registry.without_streams & codes
        self._with_streams = frozenset(
            code for code in codes if {supplier_intervals(code).name, supplier_days(code).name} <= there
        )
        missing = codes - self._with_streams
        if missing != self._registry.without_streams:
            log.warning("suppliers.without_streams", suppliers=sorted(missing))
        return missing

    async def run(self) -> None:
        """Follow the database until cancelled."""
        while True:
            try:
                listener = await asyncpg.connect(self._dsn)
                try:
                    await listener.add_listener("registry", lambda *_: self._changed.set())
                    while True:
                        self._changed.clear()
                        await self.refresh()
                        with suppress(TimeoutError):
                            await asyncio.wait_for(self._changed.wait(), self._refresh_seconds)
                finally:
                    await listener.close()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError) as error:
                log.warning("registry.not_read", error=repr(error), pause_seconds=RETRY_SECONDS)
                await asyncio.sleep(RETRY_SECONDS)
