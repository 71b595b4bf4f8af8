"""Journal entries and readings of the clock over a period, for what is told of supply and clock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from metering.domain.journals import StoredEntry
from metering.store import blocks
from metering.store.blocks import ENTRY_COLUMNS
from metering.store.engine import Engine

# Rings of a meter hold far less; who floods the store must not flood the answer.
MAX_ENTRIES: Final = 20_000
DRIFT_POINTS: Final = 500

OVERLAPPING: Final = f"""
SELECT {ENTRY_COLUMNS} FROM journal FINAL
WHERE point_id = {{point_id:UUID}} AND journal IN {{journals:Array(String)}}
    AND opened_at < toDateTime({{end:UInt32}}, 'UTC')
    AND (closed_at IS NULL OR closed_at >= toDateTime({{start:UInt32}}, 'UTC')
        OR opened_at >= toDateTime({{start:UInt32}}, 'UTC'))
ORDER BY opened_at, entry_id LIMIT {{most:UInt32}}
"""  # noqa: S608 -- a constant
# Records of supply say when it came and went: the outage at either border stands between a record and its neighbour.
NEIGHBOURS: Final = f"""
SELECT {ENTRY_COLUMNS} FROM journal FINAL
WHERE point_id = {{point_id:UUID}} AND journal IN {{journals:Array(String)}}
    AND {{side}} ORDER BY opened_at {{order}}, entry_id LIMIT 1 BY journal
"""  # noqa: S608 -- a constant
DRIFT: Final = """
SELECT argMax(epoch, abs(seconds)) AS at_milliseconds, argMax(seconds, abs(seconds)) AS drift, count() AS readings
FROM (
    SELECT toUnixTimestamp64Milli(at) AS epoch, drift_seconds AS seconds FROM registers FINAL
    WHERE point_id = {point_id:UUID} AND at >= toDateTime64({start:UInt32}, 3, 'UTC')
        AND at < toDateTime64({end:UInt32}, 3, 'UTC') AND isFinite(ifNull(drift_seconds, nan))
)
GROUP BY intDiv(epoch - {start:UInt32} * 1000, {width:UInt64}) ORDER BY at_milliseconds
"""


class JournalReads:
    """Reads of journals. Every method raises StoreAway for a fault that passes with time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def overlapping(
        self, point_id: UUID, journals: Sequence[str], *, start_epoch: int, end_epoch: int
    ) -> list[StoredEntry]:
        """Return the entries that touch [start, end), those included that are still open."""
        parameters = {"point_id": str(point_id), "journals": list(journals), "most": MAX_ENTRIES}
        rows = await self._engine.rows(OVERLAPPING, parameters | {"start": start_epoch, "end": end_epoch})
        return [blocks.entry(row) for row in rows]

    async def with_neighbours(
        self, point_id: UUID, journals: Sequence[str], *, start_epoch: int, end_epoch: int
    ) -> list[StoredEntry]:
        """Return the entries that touch [start, end), and of each journal the one before and the one behind them."""
        found = await self.overlapping(point_id, journals, start_epoch=start_epoch, end_epoch=end_epoch)
        parameters = {"point_id": str(point_id), "journals": list(journals), "start": start_epoch, "end": end_epoch}
        for side, order in (
            ("closed_at < toDateTime({start:UInt32}, 'UTC')", "DESC"),
            ("opened_at >= toDateTime({end:UInt32}, 'UTC')", "ASC"),
        ):
            statement = NEIGHBOURS.replace("{side}", side).replace("{order}", order)
            found += [blocks.entry(row) for row in await self._engine.rows(statement, parameters)]
        return list({entry.entry_id: entry for entry in found}.values())

    async def drift(
        self, point_id: UUID, *, start_epoch: int, end_epoch: int
    ) -> tuple[list[tuple[datetime, float]], int]:
        """Return (instant, seconds) thinned to some 500, in order of time, and how many readings there were."""
        rows = await self._engine.rows(
            DRIFT,
            {
                "point_id": str(point_id),
                "start": start_epoch,
                "end": end_epoch,
                "width": -(-(end_epoch - start_epoch) * 1000 // DRIFT_POINTS),
            },
        )
        shown = [(blocks.instant(row["at_milliseconds"] // 1000), row["drift"]) for row in rows]
        return shown, sum(row["readings"] for row in rows)
