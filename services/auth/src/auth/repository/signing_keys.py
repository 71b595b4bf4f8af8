"""Signing keys, sealed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def list_signing_keys(connection: AsyncConnection) -> list[tuple[str, bytes, datetime]]:
    """Return id, sealed private key and beginning of each."""
    rows = await connection.execute(text("select key_id, private_key_sealed, signs_from from signing_keys"))
    return [(row.key_id, bytes(row.private_key_sealed), row.signs_from) for row in rows]


async def add_signing_key(connection: AsyncConnection, key_id: str, *, sealed: bytes, signs_from: datetime) -> None:
    await connection.execute(
        text("insert into signing_keys (key_id, private_key_sealed, signs_from) values (:id, :sealed, :from)"),
        {"id": key_id, "sealed": sealed, "from": signs_from},
    )


async def delete_signing_keys(connection: AsyncConnection, key_ids: Sequence[str]) -> None:
    await connection.execute(text("delete from signing_keys where key_id = any(:ids)"), {"ids": list(key_ids)})
