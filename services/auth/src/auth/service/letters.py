"""The letters of auth. Each is an event of the transaction that it tells of: a kill loses none."""

from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import Registration, User
from auth.repository import users
from common import outbox
from common.errors import Rejected
from common.logging import get_logger
from topics.auth import LETTERS, Channel, Letter
from topics.notify import LetterRequest

log = get_logger(__name__)

NEWS_LIFETIME = timedelta(hours=24)


class Change(str, Enum):
    """What is announced; the words are notify's."""

    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- a word, not a secret
    PASSWORD_RECOVERED = "password_recovered"  # noqa: S105 -- as above
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    PHONE_CHANGED = "phone_changed"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    API_KEY_MADE = "api_key_made"
    API_KEYS_REVOKED = "api_keys_revoked"


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


async def email_changed(connection: AsyncConnection, former: User, *, now: datetime) -> None:
    """To the address that the account had: a recovery does not help there any more, so the words are others."""
    await _to_user(connection, former, "email_changed", {"at": now.isoformat()}, now + NEWS_LIFETIME)


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


async def address(connection: AsyncConnection, request: LetterRequest, *, now: datetime) -> None:
    """Send a letter that notify asks for to the user's address, unless the user is disabled.

    Raises Rejected with code `unknown_user`.
    """
    found = await users.find_user(connection, request.user_id)
    if found is None:
        raise Rejected("there is no such user", code="unknown_user")
    user, _ = found
    if user.disabled:
        log.info("letter.not_addressed", letter_id=str(request.letter_id), user_id=str(user.id))
        return
    await _to_user(connection, user, request.kind, request.fields, now + NEWS_LIFETIME, letter_id=request.letter_id)


async def _to_user(
    connection: AsyncConnection,
    user: User,
    kind: str,
    fields: dict[str, str],
    expires_at: datetime,
    *,
    letter_id: UUID | None = None,
) -> None:
    await _send(
        connection,
        kind,
        user_id=user.id,
        to=user.email,
        language=user.language,
        fields=fields,
        expires_at=expires_at,
        letter_id=letter_id,
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
    letter_id: UUID | None = None,
) -> None:
    letter = Letter(
        letter_id=letter_id or uuid4(),
        user_id=user_id,
        kind=kind,
        to=to,
        channel=channel,
        language=language,
        fields=fields,
        expires_at=expires_at,
    )
    await outbox.add(connection, LETTERS, letter)
