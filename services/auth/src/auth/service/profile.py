"""What users change of themselves: the manual, 3.4. Whatever opens the account is announced by letter."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.attempts import email_change_counters, email_change_letter_counters
from auth.domain import Link, LinkPurpose, SecurityEventKind, User
from auth.errors import EmailTaken, LinkUnknown, TooManyAttempts, WrongPassword
from auth.password_rules import check_new_password, context_words
from auth.phones import e164
from auth.repository import factors, logins, users
from auth.repository import links as stored_links
from auth.resources import Resources
from auth.service import api_keys, letters, links, security_log
from auth.service.client import Client, count, count_in, require_confirmed, require_login
from auth.service.recovery import set_password
from auth.service.step_up import prove_password
from auth.service.users import user_event
from common import outbox
from common.errors import Rejected
from common.logging import get_logger
from topics.auth import USERS

log = get_logger(__name__)


@dataclass(frozen=True)
class Profile:
    """The user as stored, and the address that waits for its confirmation."""

    user: User
    pending_email: str | None


async def show_profile(connection: AsyncConnection, login_id: UUID, *, now: datetime) -> Profile:
    """Return the user's own data. Raises SessionEnded."""
    login = await require_login(connection, login_id)
    user, _ = await users.show_credentials(connection, login.user_id)
    return Profile(user, await stored_links.pending_email(connection, user.id, now=now))


async def change_profile(
    resources: Resources,
    login_id: UUID,
    *,
    full_name: str | None,
    phone: str | None,
    language: str | None,
    client: Client,
) -> Profile:
    """Change what is given. Another phone needs a step-up and is announced. Raises Rejected (`invalid_phone`)."""
    number, now = None if phone is None else e164(phone), resources.clock.now()
    async with resources.engine.begin() as connection:
        login = await require_login(connection, login_id)
        present, password_hash = await users.hold_user(connection, login.user_id)
        user = replace(
            present,
            full_name=full_name or present.full_name,
            phone=number or present.phone,
            language=language or present.language,
        )
        if user.phone != present.phone:
            await require_confirmed(connection, login_id, now=now)
            await letters.account_changed(connection, user, letters.Change.PHONE_CHANGED, now=now)
            await security_log.record(connection, user.id, SecurityEventKind.PHONE_CHANGED, client=client, now=now)
        if user.language != present.language:
            user = replace(user, version=present.version + 1)
            await outbox.add(connection, USERS, user_event(user))
        await users.put_user(connection, user, password_hash=password_hash, now=now)
        pending = await stored_links.pending_email(connection, user.id, now=now)
    log.info("profile.changed", user_id=str(user.id))
    return Profile(user, pending)


async def change_password(
    resources: Resources, login_id: UUID, *, current: str, new: str, keep_api_keys: bool, client: Client
) -> None:
    """Set another password; the user's other sessions end, API keys too unless they are kept, and a letter tells.

    Who has a second factor needs a step-up. Raises StepUpRequired, WrongPassword (field current_password),
    WeakPassword (field new_password), TooManyAttempts, Busy.
    """
    async with resources.engine.connect() as connection:
        await _require_factor(connection, login_id, now=resources.clock.now())
    login, user, checked_hash = await prove_password(
        resources, login_id, password=current, client=client, field="current_password"
    )
    context = context_words(email=user.email, full_name=user.full_name)
    check_new_password(new, context=context, field="new_password")
    with resources.passwords.room():
        password_hash = await resources.passwords.hash(new)
    now = resources.clock.now()
    async with resources.engine.begin() as connection:
        if (await users.hold_user(connection, user.id))[1] != checked_hash:
            raise WrongPassword(field="current_password")
        await set_password(connection, user.id, password_hash, resources=resources, but=login.id)
        if not keep_api_keys:
            await api_keys.revoke_all(connection, user, client=client, now=now)
        await letters.account_changed(connection, user, letters.Change.PASSWORD_CHANGED, now=now)
        await security_log.record(connection, user.id, SecurityEventKind.PASSWORD_CHANGED, client=client, now=now)
    log.info("password.changed", user_id=str(user.id))


async def request_email_change(resources: Resources, login_id: UUID, email: str, *, client: Client) -> None:
    """Send a link to the new address and word to the old one; alike if somebody else has the new address.

    Links to another new address, which the user may have mistyped, end.

    Raises StepUpRequired, TooManyAttempts, Rejected (`email_unchanged`).
    """
    now = resources.clock.now()
    async with resources.engine.connect() as connection:
        login = await require_confirmed(connection, login_id, now=now)
        user, _ = await users.show_credentials(connection, login.user_id)
    if email == user.email:
        raise Rejected("this is the present address", code="email_unchanged", field="email")
    settings, keys = resources.settings, resources.secret_keys
    await count(resources, email_change_counters(settings, keys, user_id=user.id))
    expires_at = now + settings.confirmation_link
    link = Link(
        purpose=LinkPurpose.EMAIL_CHANGE, user_id=user.id, login_id=login_id, email=email, expires_at=expires_at
    )
    async with resources.engine.begin() as connection:
        # Taken back with the transaction: who is refused sent no letter, and must not hold the mailbox up with it.
        wait_seconds = await count_in(connection, resources, email_change_letter_counters(settings, keys, email=email))
        if wait_seconds is not None:
            log.info("attempt.turned_away", retry_after_seconds=wait_seconds)
            raise TooManyAttempts(wait_seconds)
        await stored_links.end_changes_to_other_emails(connection, user.id, email, now=now)
        token = await links.give_out(connection, resources, link, now=now)
        if await users.find_credentials(connection, email) is None:
            await letters.confirm_email(connection, user, new_email=email, token=token, expires_at=expires_at)
        await letters.account_changed(connection, user, letters.Change.EMAIL_CHANGE_REQUESTED, now=now)
        await security_log.record(connection, user.id, SecurityEventKind.EMAIL_CHANGE_REQUESTED, client=client, now=now)
    log.info("email_change.requested", user_id=str(user.id))


async def check_email_change(resources: Resources, token: str) -> str:
    """Return the address that the link would give the user. Raises LinkUnknown, LinkUsed, LinkExpired."""
    now = resources.clock.now()
    async with resources.engine.connect() as connection:
        link = await links.check(connection, resources, token, purpose=LinkPurpose.EMAIL_CHANGE, now=now)
    if link.email is None:
        raise LinkUnknown
    return link.email


async def confirm_email_change(resources: Resources, token: str, *, client: Client) -> User:
    """Give the user the new address; other sessions end, and the old address is told.

    Raises LinkUnknown, LinkUsed, LinkExpired, EmailTaken.
    """
    now = resources.clock.now()
    try:
        async with resources.engine.begin() as connection:
            offered = await links.check(connection, resources, token, purpose=LinkPurpose.EMAIL_CHANGE, now=now)
            await links.hold_owner(connection, offered)
            link = await links.use(connection, resources, token, purpose=LinkPurpose.EMAIL_CHANGE, now=now)
            user = await _move(connection, link, now=now)
            await security_log.record(connection, user.id, SecurityEventKind.EMAIL_CHANGED, client=client, now=now)
    except IntegrityError as error:
        raise EmailTaken from error
    log.info("email.changed", user_id=str(user.id))
    return user


async def _require_factor(connection: AsyncConnection, login_id: UUID, *, now: datetime) -> None:
    """Raise StepUpRequired for a user who has a second factor and did not show it not long ago."""
    login = await require_login(connection, login_id)
    if await factors.list_factors(connection, login.user_id):
        await require_confirmed(connection, login_id, now=now)


async def _move(connection: AsyncConnection, link: Link, *, now: datetime) -> User:
    if link.user_id is None or link.email is None:
        raise LinkUnknown
    former, password_hash = await users.hold_user(connection, link.user_id)
    user = replace(former, email=link.email)
    await users.put_user(connection, user, password_hash=password_hash, now=now)
    await logins.end_logins_of(connection, user.id, reason="email_changed", but=link.login_id, now=now)
    for purpose in (LinkPurpose.EMAIL_CHANGE, LinkPurpose.RECOVERY):
        await stored_links.end_links_of(connection, user.id, purpose=purpose, now=now)
    await letters.email_changed(connection, former, now=now)
    return user
