"""The letters of auth. Each is an event of the transaction that it tells of: a kill loses none."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import Registration, User
from common import outbox
from topics.auth import LETTERS, Letter

NEWS_LIFETIME = timedelta(hours=24)


async def confirm_registration(
    connection: AsyncConnection, registration: Registration, *, token: str, expires_at: datetime
) -> None:
    fields = {"registration": str(registration.id), "token": token}
    await _send(
        connection,
        "confirm_registration",
        user_id=registration.id,
        to=registration.email,
        language=registration.language,
        fields=fields,
        expires_at=expires_at,
    )


async def new_device(connection: AsyncConnection, user: User, *, device: str, now: datetime) -> None:
    await _to_user(connection, user, "new_device", {"device": device, "at": now.isoformat()}, now + NEWS_LIFETIME)


async def _to_user(
    connection: AsyncConnection, user: User, kind: str, fields: dict[str, str], expires_at: datetime
) -> None:
    await _send(
        connection,
        kind,
        user_id=user.id,
        to=user.email,
        language=user.language,
        fields=fields,
        expires_at=expires_at,
    )


async def _send(
    connection: AsyncConnection,
    kind: str,
    *,
    user_id: UUID,
    to: str,
    language: str,
    fields: dict[str, str],
    expires_at: datetime,
) -> None:
    letter = Letter(
        letter_id=uuid4(),
        user_id=user_id,
        kind=kind,
        to=to,
        language=language,
        fields=fields,
        expires_at=expires_at,
    )
    await outbox.add(connection, LETTERS, letter)
