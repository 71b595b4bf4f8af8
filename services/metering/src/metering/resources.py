"""What a process of metering holds open: databases, broker, publisher. Open, close and ping stand side by side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import Clock, clock_from_settings
from common.db import open_engine, ping
from common.http.auth import TokenVerifier
from common.kafka.bulk_publisher import BulkPublisher
from common.kafka.connection import list_topics
from common.kafka.publisher import Publisher
from metering.read_cache import ReadCache
from metering.registry_cache import RegistryCache
from metering.repository.day_states import SeenPoints, open_seen_points
from metering.settings import Settings
from metering.store.journals import JournalReads
from metering.store.profiles import ProfileReads
from metering.store.telemetry import Store, open_store

MIGRATIONS: Final = Path(__file__).with_name("migrations") / "postgres"


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Everything that endpoints and workers get as arguments."""

    settings: Settings
    engine: AsyncEngine
    store: Store
    seen_points: SeenPoints
    profiles: ProfileReads
    journals: JournalReads
    read_cache: ReadCache
    registry: RegistryCache
    publisher: Publisher
    bulk: BulkPublisher
    verifier: TokenVerifier
    clock: Clock

    async def ping(self) -> None:
        """Raise if one of the two databases does not answer; without the log, requests are still served."""
        await ping(self.engine)
        await self.store.engine.ping()


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Open everything and close it in the opposite order."""
    dsn = settings.database_url.get_secret_value()
    async with (
        open_engine(settings) as engine,
        open_seen_points(dsn, connections=settings.database_pool_size) as seen_points,
        open_store(settings) as store,
    ):
        publisher, bulk = Publisher(settings), BulkPublisher(settings)
        try:
            yield Resources(
                settings=settings,
                engine=engine,
                store=store,
                seen_points=seen_points,
                profiles=ProfileReads(store.engine),
                journals=JournalReads(store.engine),
                read_cache=ReadCache(size_bytes=settings.read_cache_bytes),
                registry=RegistryCache(settings, engine, topics=partial(list_topics, settings)),
                publisher=publisher,
                bulk=bulk,
                verifier=TokenVerifier(settings),
                clock=clock_from_settings(),
            )
        finally:
            await bulk.close()
            await publisher.close()
