"""PostgreSQL: engines, and one transaction a request or message, committed at the edge.

SQL stands in the services' `repository.py`; nobody else commits.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from common.errors import Rejected
from common.settings import DatabaseSettings

# SQLSTATE: a NUL in a text, a number beyond its column; no repeat will mend it.
DATA_EXCEPTION = "22"


@asynccontextmanager
async def open_engine(settings: DatabaseSettings) -> AsyncIterator[AsyncEngine]:
    """Make a pool and close it at the end. Connects at the first use, not here."""
    engine = create_async_engine(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # an error's text would carry them, personal data included, into the logs
    )
    try:
        yield engine
    finally:
        await engine.dispose()


async def ping(engine: AsyncEngine) -> None:
    """Raise if the database does not answer."""
    async with engine.connect() as connection:
        await connection.execute(text("select 1"))


@contextmanager
def refused_data() -> Iterator[None]:
    """Raise Rejected with code `invalid_message` for what came in a message and the database cannot hold."""
    try:
        yield
    except DBAPIError as error:
        if str(getattr(error.orig, "sqlstate", "")).startswith(DATA_EXCEPTION):
            raise Rejected(str(error.orig), code="invalid_message") from error
        raise


async def _transaction(request: Request) -> AsyncIterator[AsyncConnection]:
    engine: AsyncEngine = request.app.state.resources.engine
    async with engine.begin() as connection:
        yield connection


async def _snapshot(request: Request) -> AsyncIterator[AsyncConnection]:
    engine: AsyncEngine = request.app.state.resources.engine
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT", postgresql_readonly=True)
        yield connection


# Without scope="function" FastAPI would commit after the answer is sent, and a failed commit would still say 200.
Transaction = Annotated[AsyncConnection, Depends(_transaction, scope="function")]
Reading = Annotated[AsyncConnection, Depends(_snapshot, scope="function")]
