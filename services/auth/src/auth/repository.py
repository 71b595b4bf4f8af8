"""Every SQL statement of auth. Instants come in as arguments; nothing here commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import StoredRefreshToken, User

_USER = "id, email, full_name, phone, language, roles, supplier_code, disabled, version"
_LOCKS = {"signing_keys": 0x6B657973, "users": 0x75736572}  # "keys", "user"


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        email=row.email,
        full_name=row.full_name,
        phone=row.phone,
        language=row.language,
        roles=tuple(row.roles),
        supplier_code=row.supplier_code,
        disabled=row.disabled,
        version=row.version,
    )


async def lock(connection: AsyncConnection, what: str) -> None:
    """Let one transaction at a time pass here; the others wait for its end."""
    await connection.execute(text("select pg_advisory_xact_lock(:id)"), {"id": _LOCKS[what]})


# --- users ---


async def find_credentials(connection: AsyncConnection, email: str) -> tuple[User, str] | None:
    """Return the user of a normalised address with the password's hash."""
    row = (
        await connection.execute(
            text(f"select {_USER}, password_hash from users where email = :email"),  # noqa: S608 -- constant columns
            {"email": email},
        )
    ).one_or_none()
    return None if row is None else (_user(row), row.password_hash)


async def find_user(connection: AsyncConnection, user_id: UUID) -> tuple[User, str] | None:
    """Return a user with the password's hash, locked until the transaction ends."""
    row = (
        await connection.execute(
            text(f"select {_USER}, password_hash from users where id = :id for update"),  # noqa: S608 -- as above
            {"id": user_id},
        )
    ).one_or_none()
    return None if row is None else (_user(row), row.password_hash)


async def find_signed_in(connection: AsyncConnection, login_id: UUID) -> User | None:
    """Return the user of a login unless the login has ended or the user is disabled."""
    row = (
        await connection.execute(
            text(
                f"select {_USER} from users where not disabled and id ="  # noqa: S608 -- as above
                " (select user_id from logins where id = :login_id and ended_at is null)"
            ),
            {"login_id": login_id},
        )
    ).one_or_none()
    return None if row is None else _user(row)


async def put_user(connection: AsyncConnection, user: User, *, password_hash: str, now: datetime) -> None:
    """Insert the user, or replace what is known of the user with this id."""
    await connection.execute(
        text(
            "insert into users (id, email, full_name, phone, password_hash, language, roles, supplier_code, disabled,"
            " version, created_at, changed_at) values (:id, :email, :full_name, :phone, :password_hash, :language,"
            " :roles, :supplier_code, :disabled, :version, :now, :now)"
            " on conflict (id) do update set email = excluded.email, full_name = excluded.full_name,"
            " phone = excluded.phone, password_hash = excluded.password_hash, language = excluded.language,"
            " roles = excluded.roles, supplier_code = excluded.supplier_code, disabled = excluded.disabled,"
            " version = excluded.version, changed_at = excluded.changed_at"
        ),
        {
            "id": user.id,
            "email": user.email,
            "full_name": user.full_name,
            "phone": user.phone,
            "password_hash": password_hash,
            "language": user.language,
            "roles": list(user.roles),
            "supplier_code": user.supplier_code,
            "disabled": user.disabled,
            "version": user.version,
            "now": now,
        },
    )


async def replace_password_hash(connection: AsyncConnection, user_id: UUID, *, former: str, password_hash: str) -> None:
    """Store the same password hashed anew, unless it was changed meanwhile."""
    await connection.execute(
        text("update users set password_hash = :new where id = :id and password_hash = :former"),
        {"id": user_id, "former": former, "new": password_hash},
    )


# --- devices and logins ---


async def knows_device(connection: AsyncConnection, email: str, device_hmac: bytes) -> bool:
    """Tell whether the account of this address has signed in from the device before."""
    found = await connection.scalar(
        text("select 1 from devices d join users u on u.id = d.user_id where u.email = :email and d.device_hmac = :d"),
        {"email": email, "d": device_hmac},
    )
    return found is not None


async def add_device(connection: AsyncConnection, user_id: UUID, device_hmac: bytes, *, now: datetime) -> bool:
    """Remember the device; return True if the user had not signed in from it before."""
    added = await connection.execute(
        text(
            "insert into devices (user_id, device_hmac, first_seen_at) values (:user_id, :d, :now)"
            " on conflict do nothing"
        ),
        {"user_id": user_id, "d": device_hmac, "now": now},
    )
    return added.rowcount == 1


async def add_login(
    connection: AsyncConnection,
    login_id: UUID,
    *,
    user_id: UUID,
    checked_hash: str,
    device_hmac: bytes,
    device_name: str,
    now: datetime,
) -> bool:
    """Begin a login; return False, adding nothing, if user or password changed since the hash was checked."""
    added = await connection.execute(
        text(
            "insert into logins (id, user_id, device_hmac, device_name, created_at, last_used_at)"
            " select :id, u.id, :d, :name, :now, :now from users u"
            " where u.id = :user_id and u.password_hash = :hash and not u.disabled for share"
        ),
        {
            "id": login_id,
            "user_id": user_id,
            "hash": checked_hash,
            "d": device_hmac,
            "name": device_name,
            "now": now,
        },
    )
    return added.rowcount == 1


async def use_login(connection: AsyncConnection, login_id: UUID, *, now: datetime) -> tuple[User, datetime] | None:
    """Mark the login as used and return its user and its beginning, unless it has ended or the user is disabled."""
    row = (
        await connection.execute(
            text(
                "update logins l set last_used_at = greatest(l.last_used_at, :now) from users u"
                " where l.id = :id and l.ended_at is null and u.id = l.user_id and not u.disabled"
                " returning l.created_at as began_at, u.id, u.email, u.full_name, u.phone, u.language, u.roles,"
                " u.supplier_code, u.disabled, u.version"
            ),
            {"id": login_id, "now": now},
        )
    ).one_or_none()
    return None if row is None else (_user(row), row.began_at)


async def end_login(connection: AsyncConnection, login_id: UUID, *, reason: str, now: datetime) -> bool:
    """End a login and with it the whole family of its refresh tokens; return False if it had ended before."""
    ended = await connection.execute(
        text("update logins set ended_at = :now, end_reason = :reason where id = :id and ended_at is null"),
        {"id": login_id, "reason": reason, "now": now},
    )
    return ended.rowcount == 1


async def end_logins_of(connection: AsyncConnection, user_id: UUID, *, reason: str, now: datetime) -> None:
    await connection.execute(
        text("update logins set ended_at = :now, end_reason = :reason where user_id = :id and ended_at is null"),
        {"id": user_id, "reason": reason, "now": now},
    )


# --- refresh tokens ---


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


# --- attempts ---


async def count_failure(
    connection: AsyncConnection, subject: bytes, *, window_begins_at: datetime, now: datetime
) -> tuple[int, datetime]:
    """Count one failure before the check; return the failures of the present window and when it began."""
    row = (
        await connection.execute(
            text(
                "insert into login_attempts as a (subject, window_began_at, failures) values (:subject, :now, 1)"
                " on conflict (subject) do update set"
                " failures = case when a.window_began_at <= :begin then 1 else least(a.failures, 1000000) + 1 end,"
                " window_began_at = case when a.window_began_at <= :begin then :now else a.window_began_at end"
                " returning failures, window_began_at"
            ),
            {"subject": subject, "now": now, "begin": window_begins_at},
        )
    ).one()
    return row.failures, row.window_began_at


async def forget_failures(connection: AsyncConnection, subject: bytes) -> None:
    await connection.execute(text("delete from login_attempts where subject = :subject"), {"subject": subject})


async def take_failure_back(connection: AsyncConnection, subject: bytes) -> None:
    await connection.execute(
        text("update login_attempts set failures = failures - 1 where subject = :subject and failures > 0"),
        {"subject": subject},
    )


# --- signing keys ---


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


# --- what has had its time ---


async def delete_outlived(connection: AsyncConnection, *, tokens_before: datetime, attempts_before: datetime) -> int:
    """Delete expired refresh tokens, logins that have none left, and counters whose window is over."""
    attempts = await connection.execute(
        text(
            "delete from login_attempts where subject in (select subject from login_attempts"
            " where window_began_at < :before for update skip locked)"
        ),
        {"before": attempts_before},
    )
    tokens = await connection.execute(
        text("delete from refresh_tokens where expires_at < :before"), {"before": tokens_before}
    )
    logins = await connection.execute(
        text(
            "delete from logins l where l.last_used_at < :before"
            " and not exists (select 1 from refresh_tokens t where t.login_id = l.id)"
        ),
        {"before": tokens_before},
    )
    return attempts.rowcount + tokens.rowcount + logins.rowcount
