"""The letters of auth. Each is an event of the transaction that it tells of: a kill loses none."""

from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import Registration, User
from common import outbox
from topics.auth import LETTERS, Channel, Letter

NEWS_LIFETIME = timedelta(hours=24)


class Change(str, Enum):
    """What is announced; the words are notify's."""

    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- a word, not a secret
    PASSWORD_RECOVERED = "password_recovered"  # noqa: S105 -- as above
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    PHONE_CHANGED = "phone_changed"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    API_KEY_MADE = "api_key_made"


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


async def recover(connection: AsyncConnection, user: User, *, token: str, expires_at: datetime) -> None:
    await _to_user(connection, user, "recover", {"token": token}, expires_at)


async def confirm_email(
    connection: AsyncConnection, user: User, *, new_email: str, token: str, expires_at: datetime
) -> None:
    """To the new address; nobody has shown yet that it is the user's."""
    await _send(
        connection,
        "confirm_email",
        user_id=user.id,
        to=new_email,
        language=user.language,
        fields={"token": token},
        expires_at=expires_at,
    )


async def account_changed(connection: AsyncConnection, user: User, change: Change, *, now: datetime) -> None:
    """Announce a change to the address that the user has, or had, before it (ASVS 6.3.7)."""
    fields = {"change": change.value, "at": now.isoformat()}
    await _to_user(connection, user, "account_changed", fields, now + NEWS_LIFETIME)


async def second_factor_code(
    connection: AsyncConnection, user: User, *, phone: str, code: str, expires_at: datetime
) -> None:
    """By SMS; it is not sent after the code has ended."""
    await _send(
        connection,
        "second_factor_code",
        user_id=user.id,
        to=phone,
        channel="sms",
        language=user.language,
        fields={"code": code},
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
    channel: Channel = "email",
) -> None:
    letter = Letter(
        letter_id=uuid4(),
        user_id=user_id,
        kind=kind,
        to=to,
        channel=channel,
        language=language,
        fields=fields,
        expires_at=expires_at,
    )
    await outbox.add(connection, LETTERS, letter)
