"""`Idempotency-Key`: the same key and body replays the first answer; another body with the key is a conflict.

The key's row and the effect are one transaction. A concurrent use waits at the unique key until the first
has committed, then replays it. Secrets must be SecretStr in the request's model: they are masked in what is
digested, since a plain digest of a weak password could be searched for.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Header
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.responses import Response

from common.errors import Conflict
from common.logging import get_logger

log = get_logger(__name__)

KEPT = timedelta(days=7)
FORGET_EVERY_SECONDS = 3_600

DDL = (
    """
    create table idempotency_keys (
        user_id uuid not null,
        operation text not null,
        key text not null check (length(key) between 1 and 100),
        request_sha256 bytea not null,
        status smallint,
        body bytea,
        created_at timestamptz not null default now(),
        primary key (user_id, operation, key)
    )
    """,
    "create index idempotency_keys_age on idempotency_keys (created_at)",
)

IdempotencyKey = Annotated[
    str,
    Header(alias="Idempotency-Key", min_length=1, max_length=100, description="Chosen by the caller, one per intent."),
]


async def once(
    connection: AsyncConnection,
    *,
    user_id: UUID,
    operation: str,
    key: str,
    request: BaseModel,
    run: Callable[[], Awaitable[BaseModel]],
    status: int = 201,
) -> Response:
    """Run `run` in the caller's transaction unless this key has been used; return its answer either way.

    Raises Conflict with code `idempotency_key_reused` if the key came with another request.
    """
    digest = hashlib.sha256(request.model_dump_json().encode()).digest()
    identity = {"user_id": user_id, "operation": operation, "key": key}
    inserted = await connection.execute(
        text(
            "insert into idempotency_keys (user_id, operation, key, request_sha256)"
            " values (:user_id, :operation, :key, :digest) on conflict do nothing"
        ),
        {**identity, "digest": digest},
    )
    if inserted.rowcount == 0:
        return await _replay(connection, identity, digest)
    body = (await run()).model_dump_json().encode()
    await connection.execute(
        text(
            "update idempotency_keys set status = :status, body = :body"
            " where user_id = :user_id and operation = :operation and key = :key"
        ),
        {**identity, "status": status, "body": body},
    )
    return Response(body, status_code=status, media_type="application/json")


async def forget_keys(engine: AsyncEngine) -> None:
    """Delete keys that have had their time, once an hour until cancelled. Several processes may do so at once."""
    while True:
        try:
            async with engine.begin() as connection:
                await connection.execute(
                    text("delete from idempotency_keys where created_at < now() - cast(:kept as interval)"),
                    {"kept": KEPT},
                )
        except (SQLAlchemyError, OSError) as error:
            log.warning("idempotency_keys.not_forgotten", error=type(error).__name__)
        await asyncio.sleep(FORGET_EVERY_SECONDS)


async def _replay(connection: AsyncConnection, identity: dict[str, object], digest: bytes) -> Response:
    row = (
        await connection.execute(
            text(
                "select request_sha256, status, body from idempotency_keys"
                " where user_id = :user_id and operation = :operation and key = :key"
            ),
            identity,
        )
    ).one()
    if bytes(row.request_sha256) != digest:
        raise Conflict("this Idempotency-Key came with another request before", code="idempotency_key_reused")
    return Response(bytes(row.body), status_code=row.status, media_type="application/json")
