"""Devices, logins and their refresh tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import Login, StoredRefreshToken, User
from auth.repository.users import user_of

# A login goes on showing the name that its user had when it began: the manual, 3.4.
_SHOWN_USER = (
    "u.id, u.email, l.shown_name as full_name, u.phone, u.language, u.roles, u.supplier_code, u.disabled, u.version"
)


@dataclass(frozen=True)
class UsedLogin:
    """A login that goes on: its user, as the login shows it, its beginning, and when a second factor was shown."""

    user: User
    began_at: datetime
    factor_shown_at: datetime | None


async def find_signed_in(connection: AsyncConnection, login_id: UUID) -> User | None:
    """Return the user of a login, as it shows it, unless it has ended or the user is disabled."""
    row = (
        await connection.execute(
            text(
                f"select {_SHOWN_USER}, l.factor_shown_at from logins l join users u on u.id = l.user_id"  # noqa: S608 -- constant columns
                " where l.id = :login_id and l.ended_at is null and not u.disabled"
            ),
            {"login_id": login_id},
        )
    ).one_or_none()
    return None if row is None else user_of(row).in_session(row.factor_shown_at)


_LOGIN = "l.id, l.user_id, l.device_hmac, l.device_name, l.address, l.created_at, l.last_used_at, l.confirmed_until"


async def find_login(connection: AsyncConnection, login_id: UUID) -> Login | None:
    """Return a login unless it has ended or its user is disabled."""
    row = (
        await connection.execute(
            text(
                f"select {_LOGIN} from logins l join users u on u.id = l.user_id"  # noqa: S608 -- constant columns
                " where l.id = :login_id and l.ended_at is null and not u.disabled"
            ),
            {"login_id": login_id},
        )
    ).one_or_none()
    return None if row is None else _login(row)


async def list_logins(connection: AsyncConnection, user_id: UUID, *, now: datetime) -> list[Login]:
    """Return the logins of a user that can still be refreshed, the last used first."""
    rows = await connection.execute(
        text(
            f"select {_LOGIN} from logins l where l.user_id = :user_id and l.ended_at is null"  # noqa: S608 -- as above
            " and exists (select 1 from refresh_tokens t where t.login_id = l.id and t.expires_at > :now)"
            " order by l.last_used_at desc, l.id"
        ),
        {"user_id": user_id, "now": now},
    )
    return [_login(row) for row in rows]


async def confirm_login(connection: AsyncConnection, login_id: UUID, *, until: datetime) -> None:
    """Write down that the owner has just proven to sit there."""
    await connection.execute(
        text("update logins set confirmed_until = :until where id = :id and ended_at is null"),
        {"id": login_id, "until": until},
    )


async def set_factor_shown(connection: AsyncConnection, login_id: UUID, *, at: datetime | None) -> None:
    """Write down when the login's owner showed a second factor; None when there is none any more."""
    await connection.execute(
        text("update logins set factor_shown_at = :at where id = :id and ended_at is null"),
        {"id": login_id, "at": at},
    )


def _login(row: Row[Any]) -> Login:
    return Login(
        id=row.id,
        user_id=row.user_id,
        device_hmac=bytes(row.device_hmac),
        device_name=row.device_name,
        address=row.address,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        confirmed_until=row.confirmed_until,
    )


async def knows_device(connection: AsyncConnection, email: str, device_hmacs: Sequence[bytes]) -> bool:
    """Tell whether the account of this address has signed in from the device before, under any of its marks."""
    found = await connection.scalar(
        text(
            "select 1 from devices d join users u on u.id = d.user_id"
            " where u.email = :email and d.device_hmac = any(:marks) limit 1"
        ),
        {"email": email, "marks": list(device_hmacs)},
    )
    return found is not None


async def has_device(connection: AsyncConnection, user_id: UUID, device_hmacs: Sequence[bytes]) -> bool:
    """Tell whether the user has signed in from the device before, under any of its marks."""
    found = await connection.scalar(
        text("select 1 from devices where user_id = :user_id and device_hmac = any(:marks) limit 1"),
        {"user_id": user_id, "marks": list(device_hmacs)},
    )
    return found is not None


async def add_device(
    connection: AsyncConnection, user_id: UUID, device_hmac: bytes, *, former: bytes, now: datetime
) -> bool:
    """Remember the device; return True if the user had not signed in from it before, under its former mark either."""
    await connection.execute(
        text(
            "update devices d set device_hmac = :d where d.user_id = :user_id and d.device_hmac = :former"
            " and not exists (select 1 from devices o where o.user_id = :user_id and o.device_hmac = :d)"
        ),
        {"user_id": user_id, "d": device_hmac, "former": former},
    )
    added = await connection.execute(
        text(
            "insert into devices (user_id, device_hmac, first_seen_at) values (:user_id, :d, :now)"
            " on conflict do nothing"
        ),
        {"user_id": user_id, "d": device_hmac, "now": now},
    )
    return added.rowcount == 1


async def add_recovered_device(
    connection: AsyncConnection, user_id: UUID, device_hmac: bytes, *, now: datetime
) -> None:
    """Remember a device that recovered the password, under the mark of that."""
    await connection.execute(
        text(
            "insert into devices (user_id, device_hmac, first_seen_at) values (:user_id, :d, :now)"
            " on conflict do nothing"
        ),
        {"user_id": user_id, "d": device_hmac, "now": now},
    )


async def add_login(
    connection: AsyncConnection,
    login_id: UUID,
    *,
    user_id: UUID,
    checked_hash: str,
    device_hmac: bytes,
    device_name: str,
    address: str,
    factor_shown_at: datetime | None,
    now: datetime,
) -> bool:
    """Begin a login; return False, adding nothing, if user or password changed since the hash was checked."""
    added = await connection.execute(
        text(
            "insert into logins (id, user_id, device_hmac, device_name, shown_name, address, factor_shown_at,"
            " created_at, last_used_at)"
            " select :id, u.id, :d, :name, u.full_name, :address, cast(:factor as timestamptz), :now, :now from users u"
            " where u.id = :user_id and u.password_hash = :hash and not u.disabled for share"
        ),
        {
            "id": login_id,
            "user_id": user_id,
            "hash": checked_hash,
            "d": device_hmac,
            "name": device_name,
            "address": address,
            "factor": factor_shown_at,
            "now": now,
        },
    )
    return added.rowcount == 1


async def use_login(connection: AsyncConnection, login_id: UUID, *, address: str, now: datetime) -> UsedLogin | None:
    """Mark the login as used and return it, unless it has ended or the user is disabled."""
    row = (
        await connection.execute(
            text(
                "update logins l set last_used_at = greatest(l.last_used_at, :now), address = :address from users u"  # noqa: S608 -- constant columns
                " where l.id = :id and l.ended_at is null and u.id = l.user_id and not u.disabled"
                f" returning l.created_at as began_at, l.factor_shown_at, {_SHOWN_USER}"
            ),
            {"id": login_id, "address": address, "now": now},
        )
    ).one_or_none()
    if row is None:
        return None
    return UsedLogin(user_of(row).in_session(row.factor_shown_at), row.began_at, row.factor_shown_at)


async def end_login(connection: AsyncConnection, login_id: UUID, *, reason: str, now: datetime) -> UUID | None:
    """End a login and with it the whole family of its refresh tokens; return its user, None if it had ended before."""
    user_id: UUID | None = await connection.scalar(
        text(
            "update logins set ended_at = :now, end_reason = :reason where id = :id and ended_at is null"
            " returning user_id"
        ),
        {"id": login_id, "reason": reason, "now": now},
    )
    return user_id


async def end_logins_of(
    connection: AsyncConnection, user_id: UUID, *, reason: str, now: datetime, but: UUID | None = None
) -> int:
    """End all logins of a user, `but` excepted; return how many."""
    ended = await connection.execute(
        text(
            "update logins set ended_at = :now, end_reason = :reason"
            " where user_id = :id and ended_at is null and id is distinct from :but"
        ),
        {"id": user_id, "reason": reason, "now": now, "but": but},
    )
    return ended.rowcount


async def end_all_logins(connection: AsyncConnection, *, reason: str, now: datetime) -> list[UUID]:
    """End every login of every user; return whose they were."""
    ended = await connection.execute(
        text(
            "with ended as (update logins set ended_at = :now, end_reason = :reason where ended_at is null"
            " returning user_id) select distinct user_id from ended"
        ),
        {"reason": reason, "now": now},
    )
    return list(ended.scalars())


async def add_refresh_token(
    connection: AsyncConnection, token_hmac: bytes, *, login_id: UUID, expires_at: datetime, now: datetime
) -> None:
    await connection.execute(
        text(
            "insert into refresh_tokens (token_hmac, login_id, created_at, expires_at)"
            " values (:token, :login_id, :now, :expires_at)"
        ),
        {"token": token_hmac, "login_id": login_id, "now": now, "expires_at": expires_at},
    )


async def use_refresh_token(
    connection: AsyncConnection, token_hmac: bytes, *, successor_salt: bytes, now: datetime
) -> UUID | None:
    """Use the token up and return its login; None if it is unknown, too old or used: one of many callers wins."""
    login_id: UUID | None = await connection.scalar(
        text(
            "update refresh_tokens set used_at = :now, successor_salt = :salt"
            " where token_hmac = :token and used_at is null and expires_at > :now returning login_id"
        ),
        {"token": token_hmac, "salt": successor_salt, "now": now},
    )
    return login_id


async def find_refresh_token(connection: AsyncConnection, token_hmac: bytes) -> StoredRefreshToken | None:
    row = (
        await connection.execute(
            text("select login_id, expires_at, used_at, successor_salt from refresh_tokens where token_hmac = :token"),
            {"token": token_hmac},
        )
    ).one_or_none()
    if row is None:
        return None
    return StoredRefreshToken(
        login_id=row.login_id,
        expires_at=row.expires_at,
        used_at=row.used_at,
        successor_salt=None if row.successor_salt is None else bytes(row.successor_salt),
    )
