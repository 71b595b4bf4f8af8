"""The root secret, sealed; there is one."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def find_root(connection: AsyncConnection) -> bytes | None:
    sealed: bytes | None = await connection.scalar(text("select sealed from root_secret"))
    return None if sealed is None else bytes(sealed)


async def put_root(connection: AsyncConnection, sealed: bytes, *, now: datetime) -> None:
    await connection.execute(
        text(
            "insert into root_secret (sealed, sealed_at) values (:sealed, :now)"
            " on conflict (only_row) do update set sealed = excluded.sealed, sealed_at = excluded.sealed_at"
        ),
        {"sealed": sealed, "now": now},
    )
