"""One-time links: only the HMAC of a token is stored, and one conditional update uses it up."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import Link, LinkPurpose

_COLUMNS = "purpose, expires_at, registration_id, user_id, login_id, email, used_at"


def _link(row: Row[Any]) -> Link:
    return Link(
        purpose=LinkPurpose(row.purpose),
        expires_at=row.expires_at,
        registration_id=row.registration_id,
        user_id=row.user_id,
        login_id=row.login_id,
        email=row.email,
        used_at=row.used_at,
    )


async def add_link(connection: AsyncConnection, token_hmac: bytes, link: Link, *, now: datetime) -> None:
    await connection.execute(
        text(
            f"insert into one_time_links (token_hmac, created_at, {_COLUMNS}) values"  # noqa: S608 -- constant columns
            " (:token, :now, :purpose, :expires_at, :registration_id, :user_id, :login_id, :email, :used_at)"
        ),
        {**vars(link), "purpose": link.purpose.value, "token": token_hmac, "now": now},
    )


async def use_link(
    connection: AsyncConnection, token_hmac: bytes, *, purpose: LinkPurpose, now: datetime
) -> Link | None:
    """Use the link up and return it; None if it is unknown, too old or used: one of many callers wins."""
    row = (
        await connection.execute(
            text(
                "update one_time_links set used_at = :now where token_hmac = :token and purpose = :purpose"  # noqa: S608 -- constant columns
                f" and used_at is null and expires_at > :now returning {_COLUMNS}"
            ),
            {"token": token_hmac, "purpose": purpose.value, "now": now},
        )
    ).one_or_none()
    return None if row is None else _link(row)


async def find_link(connection: AsyncConnection, token_hmac: bytes, *, purpose: LinkPurpose) -> Link | None:
    row = (
        await connection.execute(
            text(f"select {_COLUMNS} from one_time_links where token_hmac = :token and purpose = :purpose"),  # noqa: S608 -- as above
            {"token": token_hmac, "purpose": purpose.value},
        )
    ).one_or_none()
    return None if row is None else _link(row)


async def end_links_of(connection: AsyncConnection, user_id: UUID, *, purpose: LinkPurpose, now: datetime) -> None:
    """Use up all links of a user for one purpose: what they would do has been done."""
    await connection.execute(
        text(
            "update one_time_links set used_at = :now"
            " where user_id = :user_id and purpose = :purpose and used_at is null"
        ),
        {"user_id": user_id, "purpose": purpose.value, "now": now},
    )


async def end_changes_to_other_emails(connection: AsyncConnection, user_id: UUID, email: str, *, now: datetime) -> None:
    """Use up the links by which the user's account would get another address than this one."""
    await connection.execute(
        text(
            "update one_time_links set used_at = :now where user_id = :user_id and purpose = 'email_change'"
            " and email <> :email and used_at is null"
        ),
        {"user_id": user_id, "email": email, "now": now},
    )


async def pending_email(connection: AsyncConnection, user_id: UUID, *, now: datetime) -> str | None:
    """Return the address that waits for its confirmation, the latest asked for."""
    email: str | None = await connection.scalar(
        text(
            "select email from one_time_links where user_id = :user_id and purpose = 'email_change'"
            " and used_at is null and expires_at > :now order by created_at desc limit 1"
        ),
        {"user_id": user_id, "now": now},
    )
    return email


async def add_recovery_request(connection: AsyncConnection, email: str, *, now: datetime) -> None:
    await connection.execute(
        text("insert into recovery_requests (id, email, requested_at) values (:id, :email, :now)"),
        {"id": uuid4(), "email": email, "now": now},
    )


async def take_recovery_requests(connection: AsyncConnection, *, limit: int) -> list[str]:
    """Take the oldest requests out and return their addresses; nobody else gets them unless this rolls back."""
    rows = await connection.execute(
        text(
            "delete from recovery_requests where id in (select id from recovery_requests order by requested_at"
            " limit :limit for update skip locked) returning email"
        ),
        {"limit": limit},
    )
    return [row.email for row in rows]
