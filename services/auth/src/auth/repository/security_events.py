"""The log that a user can read: what happened to the account, from which device and address."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import SecurityEvent, SecurityEventKind


async def add_event(connection: AsyncConnection, event: SecurityEvent) -> None:
    await connection.execute(
        text(
            "insert into security_events (id, user_id, at, kind, device, address)"
            " values (:id, :user_id, :at, :kind, :device, :address)"
        ),
        {**vars(event), "kind": event.kind.value},
    )


async def add_event_of_email(
    connection: AsyncConnection,
    event_id: UUID,
    *,
    email: str,
    kind: SecurityEventKind,
    device: str,
    address: str,
    now: datetime,
) -> None:
    """Add an event to the log of whoever has this address; for an unknown one the same statement adds nothing."""
    await connection.execute(
        text(
            "insert into security_events (id, user_id, at, kind, device, address)"
            " select :id, u.id, :now, :kind, :device, :address from users u where u.email = :email"
        ),
        {"id": event_id, "email": email, "kind": kind.value, "device": device, "address": address, "now": now},
    )


async def change_kind(connection: AsyncConnection, event_id: UUID, *, kind: SecurityEventKind) -> None:
    await connection.execute(
        text("update security_events set kind = :kind where id = :id"), {"id": event_id, "kind": kind.value}
    )


async def list_events(
    connection: AsyncConnection, user_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[SecurityEvent]:
    """Return a user's events, newest first."""
    condition = " and (at, id) < (:before_at, :before_id)" if before else ""
    rows = await connection.execute(
        text(
            "select id, user_id, at, kind, device, address from security_events"  # noqa: S608 -- constant condition
            f" where user_id = :user_id{condition} order by at desc, id desc limit :limit"
        ),
        {"user_id": user_id, "limit": limit} | ({"before_at": before[0], "before_id": before[1]} if before else {}),
    )
    return [_event(row) for row in rows]


def _event(row: Row[Any]) -> SecurityEvent:
    return SecurityEvent(
        id=row.id,
        user_id=row.user_id,
        at=row.at,
        kind=SecurityEventKind(row.kind),
        device=row.device,
        address=row.address,
    )
