"""Challenges: requests that wait for a second factor. Tries are counted before anything is compared."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.factors import ChallengePurpose, FactorKind, StoredChallenge

_COLUMNS = (
    "purpose, user_id, expires_at, login_id, checked_hash, event_id, used_at, passkey_challenge, code_hmac, kind,"
    " name, phone, secret_sealed"
)


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _challenge(row: Row[Any]) -> StoredChallenge:
    return StoredChallenge(
        purpose=ChallengePurpose(row.purpose),
        user_id=row.user_id,
        expires_at=row.expires_at,
        login_id=row.login_id,
        checked_hash=row.checked_hash,
        event_id=row.event_id,
        used_at=row.used_at,
        passkey_challenge=_bytes(row.passkey_challenge),
        code_hmac=_bytes(row.code_hmac),
        kind=None if row.kind is None else FactorKind(row.kind),
        name=row.name,
        phone=row.phone,
        secret_sealed=_bytes(row.secret_sealed),
    )


async def add_challenge(
    connection: AsyncConnection, token_hmac: bytes, challenge: StoredChallenge, *, now: datetime
) -> None:
    await connection.execute(
        text(
            f"insert into factor_challenges (token_hmac, created_at, {_COLUMNS}) values (:token, :now, :purpose,"  # noqa: S608 -- constant columns
            " :user_id, :expires_at, :login_id, :checked_hash, :event_id, :used_at, :passkey_challenge, :code_hmac,"
            " :kind, :name, :phone, :secret_sealed)"
        ),
        {
            **vars(challenge),
            "purpose": challenge.purpose.value,
            "kind": None if challenge.kind is None else challenge.kind.value,
            "token": token_hmac,
            "now": now,
        },
    )


async def find_challenge(connection: AsyncConnection, token_hmac: bytes) -> StoredChallenge | None:
    row = (
        await connection.execute(
            text(f"select {_COLUMNS} from factor_challenges where token_hmac = :token"),  # noqa: S608 -- constant columns
            {"token": token_hmac},
        )
    ).one_or_none()
    return None if row is None else _challenge(row)


async def count_try(
    connection: AsyncConnection, token_hmac: bytes, *, purpose: ChallengePurpose, limit: int, now: datetime
) -> StoredChallenge | None:
    """Count a try and return the challenge; None if it is not there to be tried: met, too old, tried too often."""
    row = (
        await connection.execute(
            text(
                "update factor_challenges set tries = tries + 1 where token_hmac = :token and purpose = :purpose"  # noqa: S608 -- constant columns
                " and used_at is null and expires_at > :now and tries < :limit"
                f" returning {_COLUMNS}"
            ),
            {"token": token_hmac, "purpose": purpose.value, "limit": limit, "now": now},
        )
    ).one_or_none()
    return None if row is None else _challenge(row)


async def put_code(
    connection: AsyncConnection,
    token_hmac: bytes,
    code_hmac: bytes,
    *,
    sent_before: datetime,
    limit: int,
    now: datetime,
) -> bool:
    """Replace the code of a challenge; False if the last one is too young, or there were too many."""
    put = await connection.execute(
        text(
            "update factor_challenges set code_hmac = :code, code_sent_at = :now, codes_sent = codes_sent + 1"
            " where token_hmac = :token and used_at is null and expires_at > :now and codes_sent < :limit"
            " and (code_sent_at is null or code_sent_at <= :before)"
        ),
        {"token": token_hmac, "code": code_hmac, "limit": limit, "before": sent_before, "now": now},
    )
    return put.rowcount == 1


async def use_code(connection: AsyncConnection, token_hmac: bytes, code_hmac: bytes, *, sent_after: datetime) -> bool:
    """Use the sent code of a challenge up; False if it is another, too old, or was used before."""
    used = await connection.execute(
        text(
            "update factor_challenges set code_hmac = null"
            " where token_hmac = :token and code_hmac = :code and code_sent_at > :after"
        ),
        {"token": token_hmac, "code": code_hmac, "after": sent_after},
    )
    return used.rowcount == 1


async def meet(connection: AsyncConnection, token_hmac: bytes, *, now: datetime) -> bool:
    """Use the challenge up; False if it was before: one of many callers wins."""
    met = await connection.execute(
        text("update factor_challenges set used_at = :now where token_hmac = :token and used_at is null"),
        {"token": token_hmac, "now": now},
    )
    return met.rowcount == 1
