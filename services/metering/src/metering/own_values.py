"""Values that are made here on their way: kept with their versions by whoever makes them, then stored, then told.

Nobody hears of what the store lacks. A kill or a fault between leaves rows behind, which go on with the same versions;
each step may be repeated. Who makes them: closing/review.py, closing/estimation.py, settlement/billed.py.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common import outbox
from metering.domain.local_days import TouchedDays, day_at
from metering.domain.own_versions import OwnVersion
from metering.domain.reconciliation import StoredSlot
from metering.domain.registry import Registry, place_at
from metering.domain.supplier_stream import stored_messages
from metering.repository import ledger, under_way
from metering.store.days import write_values
from metering.store.engine import Engine
from topics.supplier import supplier_intervals

# More than one turn can leave behind.
VALUES_A_TURN: Final = 50_000

_topic = cache(supplier_intervals)


class OwnValues:
    """Takes values that have been kept by `under_way.begin` to the store and to their suppliers."""

    def __init__(self, *, engine: AsyncEngine, store: Engine) -> None:
        self._engine = engine
        self._store = store

    async def finish(self, registry: Registry, values: Sequence[OwnVersion], *, now: datetime) -> None:
        """Store values and have them told, of days that the caller goes on to close. Raises StoreAway."""
        await self._finish(registry, values, now=now, touched={})

    async def finish_and_look(self, registry: Registry, values: Sequence[OwnVersion], *, now: datetime) -> None:
        """Do that, and have the ledger look at their days. Raises StoreAway."""
        await self._finish(registry, values, now=now, touched=_days(registry, values))

    async def finish_left(self, registry: Registry, *, now: datetime) -> None:
        """Do that with all that a kill or a fault left. Values of points whose supplier is not settled wait."""
        async with self._engine.connect() as connection:
            left = await under_way.left(connection, limit=VALUES_A_TURN)
        settled = [each for each in left if registry.may_be_told(each.point_id)]
        await self.finish_and_look(registry, settled, now=now)

    async def _finish(
        self, registry: Registry, values: Sequence[OwnVersion], *, now: datetime, touched: TouchedDays
    ) -> None:
        if not values:
            return
        await write_values(self._store, values, stored_at=now)
        async with self._engine.begin() as connection:
            await _tell(connection, registry, values, now=now)
            await ledger.mark(connection, touched, now=now, look_at=now)
            await under_way.end(connection, values)


def _days(registry: Registry, values: Iterable[OwnVersion]) -> TouchedDays:
    days = [(each.point_id, day_at(each.start, registry.places[each.point_id][-1].time_zone)) for each in values]
    return {(point_id, day.day): day for point_id, day in days}


async def _tell(
    connection: AsyncConnection, registry: Registry, values: Sequence[OwnVersion], *, now: datetime
) -> None:
    """Have the supplier told of values on the stream of half hours, with the store's version of each."""
    by_point: dict[UUID, dict[int, StoredSlot]] = {}
    for value in values:
        by_point.setdefault(value.point_id, {})[value.start] = value.slot(stored_epoch=int(now.timestamp()))
    for point_id, slots in by_point.items():
        places = registry.places[point_id]
        place = place_at(places, min(slots)) or places[-1]
        for message in stored_messages(places, slots):
            await outbox.add(connection, _topic(place.supplier_code), message)
