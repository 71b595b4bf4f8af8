"""The telemetry tables: what goes in and every question to them. One query of a request is one thread call."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from metering.domain.intervals import CHANNELS, CheckedBlocks
from metering.domain.journals import StoredEntry
from metering.domain.profile import Channel
from metering.domain.registers import StoredSnapshot
from metering.settings import Settings
from metering.store import blocks
from metering.store.blocks import ENTRY_COLUMNS, SNAPSHOT_COLUMNS
from metering.store.engine import Engine, open_engine

COLUMN_OF_CHANNEL: Final = dict(zip(Channel, CHANNELS, strict=True))
# Of the versions of a slot the highest counts; of two blocks of one version and other values, the same one always.
NEWEST: Final = (
    "version DESC, a_plus_wh DESC, a_minus_wh DESC, r_plus_varh DESC, r_minus_varh DESC, flags DESC, stored_at"
)
NEWEST_START: Final = """
SELECT start FROM intervals WHERE point_id = {point_id:UUID} ORDER BY point_id DESC, start DESC LIMIT 1
"""

# The newest are found by the key alone: over two years of 50 points 70 ms, 590 if all columns are read and sorted.
LAST_SNAPSHOTS: Final = f"""
SELECT {SNAPSHOT_COLUMNS} FROM registers
WHERE point_id IN {{points:Array(UUID)}}
    AND (point_id, at) IN (
        SELECT point_id, max(at) FROM registers WHERE point_id IN {{points:Array(UUID)}} GROUP BY point_id
    )
ORDER BY point_id, at DESC, frames_sha256 LIMIT 1 BY point_id
"""  # noqa: S608 -- a constant
SNAPSHOT_KEYS: Final = (
    "SELECT toUnixTimestamp64Milli(at) FROM registers WHERE point_id = {point_id:UUID}"
    " AND at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')"
    " ORDER BY point_id DESC, at DESC LIMIT {keys:UInt32}"
)
SNAPSHOTS: Final = (
    f"SELECT {SNAPSHOT_COLUMNS} FROM registers WHERE point_id = {{point_id:UUID}}"  # noqa: S608 -- a constant
    " AND at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')"
    " AND at >= fromUnixTimestamp64Milli({oldest:Int64}, 'UTC')"
    " ORDER BY at DESC, meter_id, frames_sha256 LIMIT 1 BY at LIMIT {limit:UInt32}"
)
KNOWN_SNAPSHOTS: Final = (
    f"SELECT {SNAPSHOT_COLUMNS} FROM registers WHERE point_id = {{point_id:UUID}}"  # noqa: S608 -- a constant
    " AND at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')"
    " AND (at, meter_id, frames_sha256) IN (SELECT at, meter_id, frames_sha256 FROM registers_known"
    " WHERE point_id = {point_id:UUID} AND stored_at <= toDateTime({known_by:UInt32}, 'UTC'))"
    " ORDER BY at DESC, meter_id, frames_sha256 LIMIT 1 BY at LIMIT {limit:UInt32}"
)
# An entry that is closed stands above the same one while it was open.
KNOWN_ENTRIES: Final = (
    "(SELECT * FROM journal_known WHERE point_id = {point_id:UUID}"
    " AND stored_at <= toDateTime({known_by:UInt32}, 'UTC')"
    " ORDER BY version DESC, stored_at LIMIT 1 BY meter_opened, journal, part, meter_id)"
)
# How many rows a snapshot may have come in before they are merged.
KEYS_A_SNAPSHOT: Final = 4
JOURNAL_READ_AT: Final = (
    "SELECT version % 17179869184 FROM journal WHERE point_id = {point_id:UUID}"
    " ORDER BY point_id DESC, meter_opened DESC LIMIT 1000"
)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator["Store"]:
    """Open the store and close it at the end. Raises StoreOutdated if its schema is older than this code."""
    async with open_engine(settings) as engine:
        yield Store(engine)


class Store:
    """The telemetry store. Every method raises StoreAway for a fault that passes with time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def insert_intervals(self, checked: CheckedBlocks, *, stored_at: datetime) -> int:
        """Write the stored slots of a batch and return how many they are. A repeat changes nothing but stored_at."""
        return await self.engine.insert("intervals", lambda: blocks.interval_block(checked, stored_at))

    async def insert_registers(self, snapshots: Sequence[StoredSnapshot], *, stored_at: datetime) -> int:
        """Write snapshots and return how many they are. A repeat changes nothing but stored_at."""
        return await self.engine.insert("registers", lambda: blocks.register_block(snapshots, stored_at))

    async def insert_journal(self, entries: Sequence[StoredEntry], *, stored_at: datetime) -> int:
        """Write entries and return how many they are. A completed entry replaces the same one while open."""
        return await self.engine.insert("journal", lambda: blocks.journal_block(entries, stored_at))

    async def last_snapshots(self, point_ids: Sequence[UUID]) -> dict[UUID, StoredSnapshot]:
        """Return the newest snapshot of each of the points that have one."""
        rows = await self.engine.rows(LAST_SNAPSHOTS, {"points": [str(point_id) for point_id in point_ids]})
        return {row["point_id"]: blocks.snapshot(row) for row in rows}

    async def snapshots(
        self, point_id: UUID, *, before: datetime | None, limit: int, known_by: int | None = None
    ) -> list[StoredSnapshot]:
        """Return up to `limit` snapshots of a point, newest first, older than `before` if that is given.

        `known_by`: those alone that were stored by then, UTC seconds.
        """
        parameters = {"point_id": str(point_id), "before": blocks.milliseconds(before), "limit": limit}
        if known_by is not None:
            rows = await self.engine.rows(KNOWN_SNAPSHOTS, parameters | {"known_by": known_by})
            return [blocks.snapshot(row) for row in rows]

        # The keys are read from their end, so that only the newest of a long history are looked at.
        def run(client: Any) -> list[dict[str, Any]]:
            keys = KEYS_A_SNAPSHOT * limit
            while True:
                asked = parameters | {"keys": keys}
                found = client.query(SNAPSHOT_KEYS, parameters=asked).result_columns
                times = found[0] if found else []
                asked["oldest"] = min(times, default=0)
                rows = list(client.query(SNAPSHOTS, parameters=asked).named_results()) if times else []
                if len(rows) >= limit or len(times) < keys:
                    return rows
                keys *= 4

        return [blocks.snapshot(row) for row in await self.engine.read(run)]

    async def journal(
        self,
        point_id: UUID,
        *,
        start_epoch: int,
        end_epoch: int,
        journals: Sequence[str] | None,
        before: tuple[int, str] | None,
        limit: int,
        known_by: int | None = None,
    ) -> list[StoredEntry]:
        """Return up to `limit` entries opened in [start, end), newest first; `before`: (opened_at, entry_id).

        `journals`: their numbers; None is all of them. `known_by`: as they were stored by then, UTC seconds: an entry
        that has closed since is open.
        """
        entries = "journal FINAL" if known_by is None else KNOWN_ENTRIES
        rows = await self.engine.rows(
            f"""
            SELECT {ENTRY_COLUMNS} FROM {entries}
            WHERE point_id = {{point_id:UUID}} AND opened_at >= toDateTime({{start:UInt32}}, 'UTC')
                AND opened_at < toDateTime({{end:UInt32}}, 'UTC')
                AND ({{all:Bool}} OR journal IN {{journals:Array(String)}})
                AND (toUnixTimestamp(opened_at), entry_id) < ({{before:Int64}}, {{before_id:String}})
            ORDER BY opened_at DESC, entry_id DESC LIMIT {{limit:UInt32}}
            """,  # noqa: S608 -- a constant
            {
                "point_id": str(point_id),
                "start": start_epoch,
                "end": end_epoch,
                "all": journals is None,
                "journals": list(journals or ()),
                "before": before[0] if before else end_epoch,
                "before_id": before[1] if before else "",
                "limit": limit,
                "known_by": known_by or 0,
            },
        )
        return [blocks.entry(row) for row in rows]

    async def entries_not_known(self, entries: Sequence[StoredEntry]) -> list[StoredEntry]:
        """Return those of the entries that are not stored so yet, and what is stored of them with another end."""
        if not entries:
            return []
        opened: dict[str, list[int]] = {}
        for entry in entries:
            opened.setdefault(str(entry.point_id), []).append(int(entry.opened_at.timestamp()))
        rows = await self.engine.rows(
            f"SELECT {ENTRY_COLUMNS} FROM journal FINAL WHERE point_id IN {{points:Array(UUID)}}"  # noqa: S608 -- a constant
            " AND toUnixTimestamp(opened_at) BETWEEN {firsts:Array(UInt32)}[indexOf({points:Array(UUID)}, point_id)]"
            " AND {lasts:Array(UInt32)}[indexOf({points:Array(UUID)}, point_id)]",
            {
                "points": list(opened),
                "firsts": [min(each) for each in opened.values()],
                "lasts": [max(each) for each in opened.values()],
            },
        )
        known = [blocks.entry(row) for row in rows]
        shapes = {_shape(entry) for entry in known}
        news = [entry for entry in entries if _shape(entry) not in shapes]
        changed = {(entry.point_id, entry.entry_id) for entry in news}
        return news + [entry for entry in known if (entry.point_id, entry.entry_id) in changed]

    async def journal_read_at(self, point_id: UUID) -> datetime | None:
        """Return when an entry of the point was last read from its meter."""

        # An entry that closes late is still among the newest thousand.
        def run(client: Any) -> list[int]:
            found = client.query(JOURNAL_READ_AT, parameters={"point_id": str(point_id)}).result_columns
            return [int(newest) for newest in found[0]] if found else []

        newest = await self.engine.read(run)
        return blocks.instant(max(newest)) if newest else None


def _shape(entry: StoredEntry) -> tuple[UUID, str, datetime | None]:
    """What of an entry may change: its end."""
    return entry.point_id, entry.entry_id, entry.closed_at
