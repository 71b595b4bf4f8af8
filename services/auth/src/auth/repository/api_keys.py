"""API keys; only the HMAC of a key is stored."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import ApiKey

_COLUMNS = "id, user_id, name, contract_ids, created_at, expires_at, last_used_at, revoked_at"


def _api_key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        contract_ids=tuple(row.contract_ids),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


async def add_key(connection: AsyncConnection, key: ApiKey, *, key_hmac: bytes) -> None:
    await connection.execute(
        text(
            f"insert into api_keys ({_COLUMNS}, key_hmac) values (:id, :user_id, :name, :contract_ids, :created_at,"  # noqa: S608 -- constant columns
            " :expires_at, :last_used_at, :revoked_at, :key_hmac)"
        ),
        {**vars(key), "contract_ids": list(key.contract_ids), "key_hmac": key_hmac},
    )


async def list_keys(connection: AsyncConnection, user_id: UUID) -> list[ApiKey]:
    """Return a user's keys, those that have ended too, the newest first."""
    rows = await connection.execute(
        text(f"select {_COLUMNS} from api_keys where user_id = :user_id order by created_at desc, id"),  # noqa: S608 -- constant columns
        {"user_id": user_id},
    )
    return [_api_key(row) for row in rows]


async def revoke_key(connection: AsyncConnection, user_id: UUID, key_id: UUID, *, now: datetime) -> bool:
    """End a key of the user; False if there is none, or it had ended."""
    revoked = await connection.execute(
        text(
            "update api_keys set revoked_at = :now where id = :id and user_id = :user_id and revoked_at is null"
            " and expires_at > :now"
        ),
        {"id": key_id, "user_id": user_id, "now": now},
    )
    return revoked.rowcount == 1


async def revoke_keys_of(connection: AsyncConnection, user_id: UUID, *, now: datetime) -> list[UUID]:
    """End all working keys of a user; return which."""
    revoked = await connection.execute(
        text(
            "update api_keys set revoked_at = :now where user_id = :user_id and revoked_at is null"
            " and expires_at > :now returning id"
        ),
        {"user_id": user_id, "now": now},
    )
    return list(revoked.scalars())


async def use_key(connection: AsyncConnection, key_hmac: bytes, *, now: datetime) -> ApiKey | None:
    """Mark a key as used and return it, unless it has ended or its user is disabled."""
    row = (
        await connection.execute(
            text(
                "update api_keys k set last_used_at = :now from users u where k.key_hmac = :key"
                " and k.revoked_at is null and k.expires_at > :now and u.id = k.user_id and not u.disabled"
                " returning k.id, k.user_id, k.name, k.contract_ids, k.created_at, k.expires_at, k.last_used_at,"
                " k.revoked_at"
            ),
            {"key": key_hmac, "now": now},
        )
    ).one_or_none()
    return None if row is None else _api_key(row)
