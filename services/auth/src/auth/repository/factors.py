"""Second factors and recovery codes. What may be used once is used up by one conditional update."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.factors import Factor, FactorKind

_COLUMNS = (
    "id, user_id, kind, name, created_at, last_used_at, secret_sealed, last_step, phone, credential_id, public_key,"
    " sign_count"
)


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _factor(row: Row[Any]) -> Factor:
    return Factor(
        id=row.id,
        user_id=row.user_id,
        kind=FactorKind(row.kind),
        name=row.name,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        secret_sealed=_bytes(row.secret_sealed),
        last_step=row.last_step,
        phone=row.phone,
        credential_id=_bytes(row.credential_id),
        public_key=_bytes(row.public_key),
        sign_count=row.sign_count,
    )


async def list_factors(connection: AsyncConnection, user_id: UUID) -> list[Factor]:
    """Return a user's factors, the oldest first."""
    rows = await connection.execute(
        text(f"select {_COLUMNS} from second_factors where user_id = :user_id order by created_at, id"),  # noqa: S608 -- constant columns
        {"user_id": user_id},
    )
    return [_factor(row) for row in rows]


async def add_factor(connection: AsyncConnection, factor: Factor) -> None:
    """Add a factor. Raises IntegrityError for a second one of a kind that there is once, or a known passkey."""
    await connection.execute(
        text(
            f"insert into second_factors ({_COLUMNS}) values (:id, :user_id, :kind, :name, :created_at,"  # noqa: S608 -- constant columns
            " :last_used_at, :secret_sealed, :last_step, :phone, :credential_id, :public_key, :sign_count)"
        ),
        {**vars(factor), "kind": factor.kind.value},
    )


async def remove_factor(connection: AsyncConnection, user_id: UUID, factor_id: UUID) -> bool:
    removed = await connection.execute(
        text("delete from second_factors where id = :id and user_id = :user_id"), {"id": factor_id, "user_id": user_id}
    )
    return removed.rowcount == 1


async def use_step(connection: AsyncConnection, factor_id: UUID, step: int, *, now: datetime) -> bool:
    """Use a time step of a TOTP up; False if it, or a later one, has been: a code works once."""
    used = await connection.execute(
        text(
            "update second_factors set last_step = :step, last_used_at = :now"
            " where id = :id and (last_step is null or last_step < :step)"
        ),
        {"id": factor_id, "step": step, "now": now},
    )
    return used.rowcount == 1


async def mark_used(
    connection: AsyncConnection, factor_id: UUID, *, sign_count: int | None = None, now: datetime
) -> None:
    """Write down that the factor was shown, and the passkey's count."""
    await connection.execute(
        text(
            "update second_factors set last_used_at = :now,"
            " sign_count = coalesce(cast(:sign_count as bigint), sign_count) where id = :id"
        ),
        {"id": factor_id, "sign_count": sign_count, "now": now},
    )


async def replace_recovery_codes(
    connection: AsyncConnection, user_id: UUID, code_hmacs: Sequence[bytes], *, now: datetime
) -> None:
    """Forget the user's codes and store others; none, where the last factor went."""
    await connection.execute(text("delete from recovery_codes where user_id = :user_id"), {"user_id": user_id})
    if code_hmacs:
        await connection.execute(
            text(
                "insert into recovery_codes (user_id, code_hmac, created_at)"
                " select :user_id, code, :now from unnest(cast(:codes as bytea[])) as codes (code)"
            ),
            {"user_id": user_id, "codes": list(code_hmacs), "now": now},
        )


async def use_recovery_code(connection: AsyncConnection, user_id: UUID, code_hmac: bytes, *, now: datetime) -> bool:
    """Use a code up; False if it is none, or was used before."""
    used = await connection.execute(
        text(
            "update recovery_codes set used_at = :now"
            " where user_id = :user_id and code_hmac = :code and used_at is null"
        ),
        {"user_id": user_id, "code": code_hmac, "now": now},
    )
    return used.rowcount == 1


async def count_recovery_codes(connection: AsyncConnection, user_id: UUID) -> int:
    """Return how many codes are unused."""
    unused: int | None = await connection.scalar(
        text("select count(*) from recovery_codes where user_id = :user_id and used_at is null"), {"user_id": user_id}
    )
    return unused or 0
