"""What the owner of an account can read of it; each entry is part of the transaction that it tells of."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import SecurityEvent, SecurityEventKind
from auth.repository import security_events
from auth.service.client import Client


async def record(
    connection: AsyncConnection, user_id: UUID, kind: SecurityEventKind, *, client: Client | None, now: datetime
) -> None:
    event = SecurityEvent(
        id=uuid4(),
        user_id=user_id,
        at=now,
        kind=kind,
        device=client.device_name if client else None,
        address=client.address if client else None,
    )
    await security_events.add_event(connection, event)
