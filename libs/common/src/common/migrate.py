"""Alembic under an advisory lock: one tree of numbered revisions a service.

The lock is polled on a session of its own. Never wait inside `pg_advisory_lock`: the waiting statement holds
a snapshot, CREATE INDEX CONCURRENTLY waits for that, both time out and an invalid index stays.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from common.errors import Busy
from common.logging import get_logger

log = get_logger(__name__)

ADVISORY_LOCK = 0x6D696772  # "migr"
LOCK_WAIT_SECONDS = 60


async def migrate(database_url: str, folder: Path) -> str:
    """Bring the database to the newest revision in `folder` and return it. A repeat changes nothing.

    Raises Busy if another migration holds the lock for over a minute.
    """
    script = _script(folder)
    engine = create_async_engine(database_url)
    try:
        async with _lock(database_url), engine.connect() as connection:
            await connection.run_sync(_upgrade, script)
            await connection.commit()
    finally:
        await engine.dispose()
    head = _head(script)
    log.info("database.migrated", revision=head)
    return head


async def check_revision(database_url: str, folder: Path) -> None:
    """Raise Busy unless the database stands at (or beyond) the newest revision that this code knows."""
    head = _head(_script(folder))
    engine = create_async_engine(database_url)
    try:
        async with engine.connect() as connection:
            current = await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
    finally:
        await engine.dispose()
    if current is None or current < head:
        raise Busy(f"the database is at revision {current}, this code needs {head}: run the `migrate` role first")


def _script(folder: Path) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("version_locations", str(folder))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def _head(script: ScriptDirectory) -> str:
    head = script.get_current_head()
    if head is None:
        msg = f"no revision in {script.dir}"
        raise ValueError(msg)
    return head


def _upgrade(connection: Connection, script: ScriptDirectory) -> None:
    def steps(revision: Any, _context: MigrationContext) -> Any:
        return script._upgrade_revs("head", revision)  # noqa: SLF001 -- what alembic's own `upgrade` command calls

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=connection, transaction_per_migration=True)
        connection.exec_driver_sql("set lock_timeout = '5s'")
        connection.commit()
        with environment.begin_transaction():
            environment.run_migrations()


@asynccontextmanager
async def _lock(database_url: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(database_url.replace("postgresql+asyncpg://", "postgresql://"))
    try:
        for _ in range(LOCK_WAIT_SECONDS * 2):
            if await connection.fetchval("select pg_try_advisory_lock($1)", ADVISORY_LOCK):
                break
            await asyncio.sleep(0.5)
        else:
            raise Busy("another migration of this database is under way")
        yield
    finally:
        await connection.close()
