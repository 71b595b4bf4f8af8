"""What a failing statement leaves in the logs."""

import asyncpg
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from common.logging import drop_details

SECRETS = ("anna@example.org", "second line of a value")


async def test_a_failing_unique_constraint_leaves_no_value_in_the_log(database: str):
    """INVARIANT: what PostgreSQL quotes of a row in an error's DETAIL reaches no log, as text, cause or repr."""
    engine = create_async_engine(database, hide_parameters=True)
    statement = text("insert into people values (:value)")
    value = {"value": "\n".join(SECRETS)}
    async with engine.begin() as connection:
        await connection.execute(text("create table people (email text unique)"))
        await connection.execute(statement, value)
    with pytest.raises(IntegrityError) as raised:
        async with engine.begin() as connection:
            await connection.execute(statement, value)
    await engine.dispose()
    several = ExceptionGroup("several", [raised.value])
    event = structlog.processors.format_exc_info(None, "error", {"event": "it.failed", "exc_info": several})
    orig = raised.value.orig
    assert isinstance(orig, Exception)
    assert isinstance(orig.__cause__, asyncpg.UniqueViolationError)
    event.update(error=repr(raised.value), detail=str(orig.__cause__), attempts=3)
    assert all(secret in str(event) for secret in SECRETS), "or the test shows nothing"

    logged = drop_details(None, "error", event)

    assert not [secret for secret in SECRETS if secret in str(logged)]
    assert "people_email_key" in logged["exception"]
    assert "[SQL: insert into people" in logged["exception"]
    assert "people_email_key" in logged["error"]
    assert (logged["event"], logged["attempts"]) == ("it.failed", 3)
