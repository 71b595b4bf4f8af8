"""The series engine: clients, threads and faults. Knows no table.

The client is synchronous and not shared: one writing thread, a few reading threads, each with a client of its own.
The embedded engine allows one process a path and hangs in a forked child: never fork after this module is used.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

from metering.errors import StoreAway
from metering.metrics import INSERT_ROWS, INSERT_SECONDS
from metering.settings import Settings
from metering.store.native import NativeBlock
from metering.store_migrations import check_store, migrate_store

T = TypeVar("T")

# async_insert would acknowledge before the rows are stored. Merges drop what repeats within a block, as they drop what
# repeats between blocks; to do so at the insert too costs a quarter of it.
CLIENT_SETTINGS: Final = {
    "async_insert": 0,
    "optimize_on_insert": 0,
    "do_not_merge_across_partitions_select_final": 1,
    "max_execution_time": 30,
}
# A migration copies whole tables; who waits for it is a job, not a request.
MIGRATION_SETTINGS: Final = {"max_execution_time": 0}
MIGRATION_SECONDS: Final = 86_400
# Faults that pass with time; None is a connection without an answer. Any other one is ours and must be seen.
PASSING: Final = frozenset(
    {
        None,
        "CANNOT_SCHEDULE_TASK",
        "KEEPER_EXCEPTION",
        "MEMORY_LIMIT_EXCEEDED",
        "NETWORK_ERROR",
        "NOT_ENOUGH_SPACE",
        "NO_REPLICA_HAS_PART",
        "SOCKET_TIMEOUT",
        "TABLE_IS_READ_ONLY",
        "TIMEOUT_EXCEEDED",
        "TOO_MANY_PARTS",
        "TOO_MANY_SIMULTANEOUS_QUERIES",
    }
)


def connect(settings: Settings) -> Any:
    """Make one client: of the server at `clickhouse_url`, else of the engine in this process."""
    return _connect(settings, CLIENT_SETTINGS)


def connect_to_migrate(settings: Settings) -> Any:
    """Make a client whose statements may take as long as a table is large."""
    return _connect(settings, CLIENT_SETTINGS | MIGRATION_SETTINGS, send_receive_timeout=MIGRATION_SECONDS)


def _connect(settings: Settings, told: Mapping[str, int], **options: Any) -> Any:
    if settings.clickhouse_url is not None:
        dsn = settings.clickhouse_url.get_secret_value()
        return clickhouse_connect.get_client(dsn=dsn, settings=dict(told), **options)
    settings.clickhouse_path.mkdir(parents=True, exist_ok=True)
    return clickhouse_connect.get_client(interface="chdb", path=str(settings.clickhouse_path), settings=dict(told))


async def migrate(settings: Settings) -> None:
    """Bring the store to the newest migration. A repeat changes nothing."""

    def run() -> None:
        client = connect_to_migrate(settings)
        try:
            migrate_store(client)
        finally:
            client.close()

    await asyncio.to_thread(run)


@asynccontextmanager
async def open_engine(settings: Settings) -> AsyncIterator["Engine"]:
    """Open the engine and close it at the end. Raises StoreOutdated if the schema is older than this code."""
    engine = Engine(lambda: connect(settings), read_threads=settings.clickhouse_read_threads)
    try:
        await engine.write(check_store)
        yield engine
    finally:
        await engine.close()


class Engine:
    """Runs statements in threads. Every method raises StoreAway for a fault that passes with time."""

    def __init__(self, new_client: Callable[[], Any], *, read_threads: int) -> None:
        self._new_client = new_client
        self._local = threading.local()
        self._clients: list[Any] = []
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(read_threads, thread_name_prefix="store-read")

    async def close(self) -> None:
        """Finish what runs, then close every client."""
        for pool in (self._writer, self._readers):
            await asyncio.to_thread(pool.shutdown)
        for client in self._clients:
            client.close()

    async def ping(self) -> None:
        await self.read(lambda client: client.command("SELECT 1"))

    async def insert(self, table: str, make_block: Callable[[], Any]) -> int:
        """Write an Arrow table or a NativeBlock and return its number of rows. It is made in the writing thread too."""

        def run(client: Any) -> int:
            block = make_block()
            if block.num_rows:
                started = time.perf_counter()
                if isinstance(block, NativeBlock):
                    client.raw_insert(table, block.names, memoryview(block.data), fmt="Native")
                else:
                    client.insert_arrow(table, block)
                INSERT_SECONDS.labels(table=table).observe(time.perf_counter() - started)
                INSERT_ROWS.labels(table=table).observe(block.num_rows)
            return int(block.num_rows)

        return await self.write(run)

    async def rows(self, statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the answer as rows by column name."""
        return await self.read(lambda client: list(client.query(statement, parameters=parameters).named_results()))

    async def write(self, run: Callable[[Any], T]) -> T:
        """Call `run` with the writing thread's client."""
        return await self._call(self._writer, run)

    async def read(self, run: Callable[[Any], T]) -> T:
        """Call `run` with a reading thread's client."""
        return await self._call(self._readers, run)

    async def _call(self, pool: ThreadPoolExecutor, run: Callable[[Any], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, lambda: run(self._client()))
        except OSError as error:
            raise StoreAway(f"the series store: {error}") from error
        except ClickHouseError as error:
            if getattr(error, "name", None) in PASSING:
                raise StoreAway(f"the series store: {error}") from error
            raise

    def _client(self) -> Any:
        if not hasattr(self._local, "client"):
            self._local.client = self._new_client()
            self._clients.append(self._local.client)
        return self._local.client
