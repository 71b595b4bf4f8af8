"""Every statement to ClickHouse: the telemetry. Blocks go in as Arrow; one query of a request is one thread call.

The client is synchronous and not shared: one writing thread, a few reading threads, each with a client of its own.
The embedded engine allows one process per path and hangs in a forked child: never fork after this module is used.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import clickhouse_connect
import numpy as np
import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError

from metering.domain.intervals import CHANNELS, CheckedBlocks
from metering.domain.journals import StoredEntry
from metering.domain.profile import Channel, Halves
from metering.domain.registers import StoredSnapshot
from metering.errors import StoreAway
from metering.metrics import INSERT_ROWS, INSERT_SECONDS
from metering.settings import Settings
from metering.store_migrations import check_store, migrate_store

T = TypeVar("T")

# async_insert would acknowledge before the rows are stored.
CLIENT_SETTINGS: Final = {
    "async_insert": 0,
    "do_not_merge_across_partitions_select_final": 1,
    "max_execution_time": 30,
}
COLUMN_OF_CHANNEL: Final = dict(zip(Channel, CHANNELS, strict=True))
# Of the versions of a slot the highest counts; of two blocks of one version and other values, the same one always.
NEWEST: Final = (
    "version DESC, a_plus_wh DESC, a_minus_wh DESC, r_plus_varh DESC, r_minus_varh DESC, flags DESC, stored_at DESC"
)


def connect(settings: Settings) -> Any:
    """Make one client: of the server at `clickhouse_url`, else of the engine in this process."""
    if settings.clickhouse_url is not None:
        return clickhouse_connect.get_client(dsn=str(settings.clickhouse_url), settings=CLIENT_SETTINGS)
    settings.clickhouse_path.mkdir(parents=True, exist_ok=True)
    return clickhouse_connect.get_client(interface="chdb", path=str(settings.clickhouse_path), settings=CLIENT_SETTINGS)


async def migrate(settings: Settings) -> None:
    """Bring the store to the newest migration. A repeat changes nothing."""

    def run() -> None:
        client = connect(settings)
        try:
            migrate_store(client)
        finally:
            client.close()

    await asyncio.to_thread(run)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator["Store"]:
    """Open the store and close it at the end. Raises StoreOutdated if its schema is older than this code."""
    store = Store(lambda: connect(settings), read_threads=settings.clickhouse_read_threads)
    try:
        await store.check()
        yield store
    finally:
        await store.close()


class Store:
    """The telemetry store. Every method raises StoreAway if the engine does not do its part."""

    def __init__(self, new_client: Callable[[], Any], *, read_threads: int) -> None:
        self._new_client = new_client
        self._local = threading.local()
        self._clients: list[Any] = []
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(read_threads, thread_name_prefix="store-read")

    async def check(self) -> None:
        """Raise StoreOutdated unless the schema is the one of this code."""
        await self._call(self._writer, check_store)

    async def ping(self) -> None:
        await self._call(self._readers, lambda client: client.command("SELECT 1"))

    async def close(self) -> None:
        """Finish what runs, then close every client."""
        for pool in (self._writer, self._readers):
            await asyncio.to_thread(pool.shutdown)
        for client in self._clients:
            client.close()

    async def insert_intervals(self, checked: CheckedBlocks, *, stored_at: datetime) -> int:
        """Write the stored slots of a batch and return how many they are. A repeat changes nothing but stored_at."""
        slots = checked.slots
        rows = np.flatnonzero(slots.stored)
        piece = np.repeat(np.arange(len(checked.pieces)), [each.last - each.first for each in checked.pieces])[rows]
        places = [each.installed for each in checked.pieces]
        columns: dict[str, Any] = {
            "point_id": pa.array([str(place.point_id) for place in places], pa.string()).take(pa.array(piece)),
            "start": pa.array(slots.starts[rows].astype(np.uint32)),
            "version": pa.array(slots.versions[rows].astype(np.uint64)),
        }
        for channel, values, known in zip(CHANNELS, slots.energies, slots.known, strict=True):
            columns[channel] = pa.array(values[rows].astype(np.int32), mask=~known[rows])
        columns |= {
            "quality": pa.array(slots.quality[rows].astype(np.int8)),
            "flags": pa.array(slots.flags[rows].astype(np.uint8)),
            "meter_id": pa.array([str(place.meter_id) for place in places], pa.string()).take(pa.array(piece)),
            "ratio": pa.array([place.ratio for place in places], pa.uint32()).take(pa.array(piece)),
            "stored_at": _instants([stored_at] * len(rows)),
        }
        return await self._insert("intervals", columns)

    async def insert_registers(self, snapshots: Sequence[StoredSnapshot], *, stored_at: datetime) -> int:
        """Write snapshots and return how many they are. A repeat changes nothing but stored_at."""
        columns = {
            "point_id": pa.array([str(each.point_id) for each in snapshots], pa.string()),
            "at": pa.array([each.at for each in snapshots], pa.timestamp("ms", "UTC")),
            "meter_id": pa.array([str(each.meter_id) for each in snapshots], pa.string()),
            "zones": pa.array([each.zones for each in snapshots], pa.list_(pa.string())),
            "channels": pa.array([each.channels for each in snapshots], pa.list_(pa.string())),
            "values_wh": pa.array([each.values_wh for each in snapshots], pa.list_(pa.int64())),
            "meter_time": _instants([each.meter_time for each in snapshots]),
            "drift_seconds": pa.array([each.drift_seconds for each in snapshots], pa.float64()),
            "frames_sha256": pa.array([bytes.fromhex(each.frames_sha256) for each in snapshots], pa.binary(32)),
            "stored_at": _instants([stored_at] * len(snapshots)),
        }
        return await self._insert("registers", columns)

    async def insert_journal(self, entries: Sequence[StoredEntry], *, stored_at: datetime) -> int:
        """Write entries and return how many they are. A completed entry replaces the same one while open."""
        columns = {
            "point_id": pa.array([str(each.point_id) for each in entries], pa.string()),
            "meter_opened": _instants([each.meter_opened for each in entries]),
            "journal": pa.array([each.journal for each in entries], pa.string()),
            "part": pa.array([each.part for each in entries], pa.uint8()),
            "meter_id": pa.array([str(each.meter_id) for each in entries], pa.string()),
            "meter_closed": _instants([each.meter_closed for each in entries]),
            "opened_at": _instants([each.opened_at for each in entries]),
            "closed_at": _instants([each.closed_at for each in entries]),
            "raw": pa.array([each.raw for each in entries], pa.string()),
            "version": pa.array([each.version for each in entries], pa.uint64()),
            "stored_at": _instants([stored_at] * len(entries)),
        }
        return await self._insert("journal", columns)

    async def profile(
        self, point_id: UUID, channel: Channel, *, start_epoch: int, end_epoch: int
    ) -> tuple[Halves, int | None]:
        """Return the half hours in [start, end) by their newest version, and the start of the point's newest one."""
        table = await self._arrow(
            f"""
            SELECT start, {COLUMN_OF_CHANNEL[channel]} AS value, ratio, quality FROM intervals
            WHERE point_id = {{point_id:UUID}} AND (start >= toDateTime({{start:UInt32}}, 'UTC')
                    AND start < toDateTime({{end:UInt32}}, 'UTC')
                OR start = (SELECT max(start) FROM intervals WHERE point_id = {{point_id:UUID}}))
            ORDER BY start, {NEWEST} LIMIT 1 BY start
            """,  # noqa: S608 -- both names are constants of this module
            {"point_id": str(point_id), "start": start_epoch, "end": end_epoch},
        )
        starts = _numbers(table, "start")
        values = table["value"].combine_chunks()
        halves = Halves(
            starts=starts,
            values=values.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64),
            ratios=_numbers(table, "ratio"),
            known=values.is_valid().to_numpy(zero_copy_only=False),
            quality=_numbers(table, "quality"),
        )
        return halves, int(starts[-1]) if len(starts) else None

    async def last_snapshots(self, point_ids: Sequence[UUID]) -> dict[UUID, StoredSnapshot]:
        """Return the newest snapshot of each of the points that have one."""
        rows = await self._rows(
            f"SELECT {_SNAPSHOT} FROM registers WHERE point_id IN {{points:Array(UUID)}}"  # noqa: S608 -- a constant
            " ORDER BY point_id, at DESC, frames_sha256 LIMIT 1 BY point_id",
            {"points": [str(point_id) for point_id in point_ids]},
        )
        return {row["point_id"]: _snapshot(row) for row in rows}

    async def snapshots(self, point_id: UUID, *, before: datetime | None, limit: int) -> list[StoredSnapshot]:
        """Return up to `limit` snapshots of a point, newest first, older than `before` if that is given."""
        rows = await self._rows(
            f"SELECT {_SNAPSHOT} FROM registers WHERE point_id = {{point_id:UUID}}"  # noqa: S608 -- a constant
            " AND at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')"
            " ORDER BY at DESC, meter_id, frames_sha256 LIMIT 1 BY at LIMIT {limit:UInt32}",
            {"point_id": str(point_id), "before": _milliseconds(before), "limit": limit},
        )
        return [_snapshot(row) for row in rows]

    async def journal(
        self,
        point_id: UUID,
        *,
        start_epoch: int,
        end_epoch: int,
        journal: str | None,
        before: tuple[int, str] | None,
        limit: int,
    ) -> list[StoredEntry]:
        """Return up to `limit` entries opened in [start, end), newest first; `before`: (opened_at, entry_id)."""
        rows = await self._rows(
            f"""
            SELECT {_ENTRY} FROM journal FINAL
            WHERE point_id = {{point_id:UUID}} AND opened_at >= toDateTime({{start:UInt32}}, 'UTC')
                AND opened_at < toDateTime({{end:UInt32}}, 'UTC')
                AND ({{journal:String}} = '' OR journal = {{journal:String}})
                AND (toUnixTimestamp(opened_at), entry_id) < ({{before:Int64}}, {{before_id:String}})
            ORDER BY opened_at DESC, entry_id DESC LIMIT {{limit:UInt32}}
            """,  # noqa: S608 -- a constant
            {
                "point_id": str(point_id),
                "start": start_epoch,
                "end": end_epoch,
                "journal": journal or "",
                "before": before[0] if before else end_epoch,
                "before_id": before[1] if before else "",
                "limit": limit,
            },
        )
        return [_entry(row) for row in rows]

    async def journal_read_at(self, point_id: UUID) -> datetime | None:
        """Return when an entry of the point was last read from its meter."""
        rows = await self._rows(
            "SELECT toUnixTimestamp(max(polled_at)) AS newest, count() AS entries FROM journal"
            " WHERE point_id = {point_id:UUID}",
            {"point_id": str(point_id)},
        )
        return _instant(rows[0]["newest"]) if rows[0]["entries"] else None

    async def _insert(self, table: str, columns: dict[str, Any]) -> int:
        block = pa.table(columns)
        if not block.num_rows:
            return 0
        started = time.perf_counter()
        await self._call(self._writer, lambda client: client.insert_arrow(table, block))
        INSERT_SECONDS.labels(table=table).observe(time.perf_counter() - started)
        INSERT_ROWS.labels(table=table).observe(block.num_rows)
        return int(block.num_rows)

    async def _arrow(self, statement: str, parameters: dict[str, Any]) -> Any:
        return await self._call(self._readers, lambda client: client.query_arrow(statement, parameters=parameters))

    async def _rows(self, statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        return await self._call(
            self._readers, lambda client: list(client.query(statement, parameters=parameters).named_results())
        )

    async def _call(self, pool: ThreadPoolExecutor, run: Callable[[Any], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, lambda: run(self._client()))
        # The embedded engine's error text may hold bytes that are no UTF-8: then its client fails on the text.
        except (ClickHouseError, OSError, UnicodeDecodeError) as error:
            raise StoreAway(f"the series store: {error}") from error

    def _client(self) -> Any:
        if not hasattr(self._local, "client"):
            self._local.client = self._new_client()
            self._clients.append(self._local.client)
        return self._local.client


# Instants leave as numbers: the embedded engine drops the zone of a DateTime on its way out.
_SNAPSHOT: Final = (
    "point_id, meter_id, toUnixTimestamp64Milli(at) AS at_milliseconds, zones, channels, values_wh,"
    " toUnixTimestamp(meter_time) AS meter_epoch, drift_seconds, hex(frames_sha256) AS sha256"
)
_ENTRY: Final = (
    "point_id, meter_id, journal, part, toUnixTimestamp(meter_opened) AS meter_opened_epoch,"
    " toUnixTimestamp(meter_closed) AS meter_closed_epoch, toUnixTimestamp(opened_at) AS opened_epoch,"
    " toUnixTimestamp(closed_at) AS closed_epoch, raw, version,"
    " concat(journal, '.', toString(part), '.', formatDateTime(meter_opened, '%Y%m%dT%H%i%S'), '.',"
    " replaceAll(toString(meter_id), '-', '')) AS entry_id"
)


def _instants(values: Sequence[datetime | None]) -> Any:
    """A column of UTC seconds; a naive time is the meter's own and is stored by its digits."""
    return pa.array(
        [
            None if value is None else int((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp())
            for value in values
        ],
        pa.uint32(),
    )


def _numbers(table: Any, column: str) -> Any:
    return table[column].to_numpy().astype(np.int64)


def _milliseconds(instant: datetime | None) -> int:
    return 2**42 if instant is None else int(instant.timestamp() * 1000)


def _instant(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _digits(epoch: int | None) -> datetime | None:
    """Return the meter's own time whose digits were stored."""
    return None if epoch is None else _instant(epoch).replace(tzinfo=None)


def _snapshot(row: dict[str, Any]) -> StoredSnapshot:
    return StoredSnapshot(
        point_id=row["point_id"],
        meter_id=row["meter_id"],
        at=_instant(0) + timedelta(milliseconds=row["at_milliseconds"]),
        zones=row["zones"],
        channels=row["channels"],
        values_wh=row["values_wh"],
        meter_time=_digits(row["meter_epoch"]),
        drift_seconds=row["drift_seconds"],
        frames_sha256=row["sha256"].lower(),
    )


def _entry(row: dict[str, Any]) -> StoredEntry:
    return StoredEntry(
        point_id=row["point_id"],
        meter_id=row["meter_id"],
        journal=row["journal"],
        part=row["part"],
        meter_opened=_instant(row["meter_opened_epoch"]).replace(tzinfo=None),
        meter_closed=_digits(row["meter_closed_epoch"]),
        opened_at=_instant(row["opened_epoch"]),
        closed_at=None if row["closed_epoch"] is None else _instant(row["closed_epoch"]),
        raw=row["raw"],
        version=row["version"],
    )
