"""Users as they are stored."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import User

_USER = "id, email, full_name, phone, language, roles, supplier_code, disabled, version"
_LOCKS = {"signing_keys": 0x6B657973, "users": 0x75736572}  # "keys", "user"


def user_of(row: Row[Any]) -> User:
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


async def find_credentials(connection: AsyncConnection, email: str) -> tuple[User, str] | None:
    """Return the user of a normalised address with the password's hash."""
    row = (
        await connection.execute(
            text(f"select {_USER}, password_hash from users where email = :email"),  # noqa: S608 -- constant columns
            {"email": email},
        )
    ).one_or_none()
    return None if row is None else (user_of(row), row.password_hash)


async def find_user(connection: AsyncConnection, user_id: UUID) -> tuple[User, str] | None:
    """Return a user with the password's hash, locked until the transaction ends."""
    row = (
        await connection.execute(
            text(f"select {_USER}, password_hash from users where id = :id for update"),  # noqa: S608 -- as above
            {"id": user_id},
        )
    ).one_or_none()
    return None if row is None else (user_of(row), row.password_hash)


async def hold_user(connection: AsyncConnection, user_id: UUID) -> tuple[User, str]:
    """Return a user who is known to exist, locked as `find_user` does, with the password's hash."""
    found = await find_user(connection, user_id)
    if found is None:
        raise LookupError(user_id)
    return found


async def show_credentials(connection: AsyncConnection, user_id: UUID) -> tuple[User, str]:
    """Return a user who is known to exist with the password's hash, locking nothing."""
    row = (
        await connection.execute(
            text(f"select {_USER}, password_hash from users where id = :id"),  # noqa: S608 -- as above
            {"id": user_id},
        )
    ).one()
    return user_of(row), row.password_hash


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


async def replace_password_hash(connection: AsyncConnection, user_id: UUID, *, former: str, password_hash: str) -> bool:
    """Replace the hash; False, changing nothing, if it is not `former` any more."""
    replaced = await connection.execute(
        text("update users set password_hash = :new where id = :id and password_hash = :former"),
        {"id": user_id, "former": former, "new": password_hash},
    )
    return replaced.rowcount == 1
