"""Asking for an account, and confirming it by the letter's link: the manual, 2.1.

Nothing is a user before the link is opened and the password of the registration is given there: whoever asks with a
foreign address has no link, its owner has no password, so neither makes an account that the other can enter.
"""

from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import attempts
from auth.attempts import confirmation_counters, registration_counters, registration_letter_counters
from auth.domain import Link, LinkPurpose, Registration, SecurityEventKind, User
from auth.errors import AlreadyConfirmed, EmailTaken, TooManyAttempts, WrongPassword
from auth.password_rules import check_new_password, context_words
from auth.phones import e164
from auth.repository import registrations, users
from auth.resources import Resources
from auth.service import letters, links, security_log
from auth.service.client import Client, count, count_in
from auth.service.users import user_event
from common import outbox
from common.errors import NotFound
from common.logging import get_logger
from topics.auth import USERS

log = get_logger(__name__)


async def register(
    resources: Resources, *, email: str, full_name: str, phone: str, password: str, language: str, client: Client
) -> Registration:
    """Store what was asked for and send the letter. `email` is normalised.

    Raises WeakPassword, Rejected (`invalid_phone`), TooManyAttempts, EmailTaken, Busy.
    """
    number = e164(phone)
    check_new_password(password, context=context_words(email=email, full_name=full_name))
    settings, keys = resources.settings, resources.secret_keys
    counted = registration_counters(settings, keys, address=client.address)
    await count(resources, counted + registration_letter_counters(settings, keys, email=email))
    with resources.passwords.room():
        async with resources.engine.connect() as connection:
            if await users.find_credentials(connection, email) is not None:
                raise EmailTaken
        password_hash = await resources.passwords.hash(password)
    registration = Registration(
        id=uuid4(), email=email, full_name=full_name, phone=number, password_hash=password_hash, language=language
    )
    async with resources.engine.begin() as connection:
        await registrations.add_registration(connection, registration, now=resources.clock.now())
        await _send_letter(connection, resources, registration)
    log.info("registration.begun", registration_id=str(registration.id))
    return registration


async def send_again(resources: Resources, registration_id: UUID) -> Registration:
    """Send the letter with another link; the former one stays good.

    Raises NotFound, AlreadyConfirmed, TooManyAttempts (once a minute, a few times in all).
    """
    settings, now = resources.settings, resources.clock.now()
    async with resources.engine.begin() as connection:
        found = await registrations.find_registration(connection, registration_id)
        if found is None:
            raise NotFound("no such registration")
        registration, confirmed = found
        if confirmed:
            raise AlreadyConfirmed
        counted = await registrations.count_letter(
            connection,
            registration_id,
            sent_before=now - settings.letter_again,
            limit=settings.letters_per_registration,
            now=now,
        )
        if not counted:
            raise TooManyAttempts(settings.letter_again_seconds)
        counters = registration_letter_counters(settings, resources.secret_keys, email=registration.email)
        if (wait_seconds := await count_in(connection, resources, counters)) is not None:
            raise TooManyAttempts(wait_seconds)  # nothing is sent, so nothing need be counted
        await _send_letter(connection, resources, registration)
    return registration


async def check(resources: Resources, token: str) -> None:
    """Raise LinkUnknown, LinkUsed, LinkExpired or AlreadyConfirmed unless the link could be confirmed."""
    async with resources.engine.connect() as connection:
        await _asked_for(connection, resources, token)


async def confirm(resources: Resources, token: str, *, password: str, client: Client) -> User:
    """Make the user; of many callers one succeeds. A wrong password leaves the link as it was.

    Raises LinkUnknown, LinkUsed, LinkExpired, AlreadyConfirmed, WrongPassword, TooManyAttempts, EmailTaken, Busy.
    """
    counted = await _prove_password(resources, token, password=password, client=client)
    now = resources.clock.now()
    try:
        async with resources.engine.begin() as connection:
            await attempts.take_back(connection, counted)
            user = await _confirm(connection, resources, token)
            await security_log.record(connection, user.id, SecurityEventKind.REGISTERED, client=client, now=now)
    except IntegrityError as error:
        raise EmailTaken from error
    log.info("user.registered", user_id=str(user.id))
    return user


async def _prove_password(resources: Resources, token: str, *, password: str, client: Client) -> list[attempts.Counter]:
    """Return what was counted, and committed, before the password was compared."""
    with resources.passwords.room():
        async with resources.engine.connect() as connection:
            registration = await _asked_for(connection, resources, token)
        counted = confirmation_counters(
            resources.settings, resources.secret_keys, registration_id=registration.id, address=client.address
        )
        await count(resources, counted)
        checked = await resources.passwords.check(password, registration.password_hash)
    if not checked.fits:
        log.info("registration.confirmation_refused", registration_id=str(registration.id))
        raise WrongPassword
    return counted


async def _asked_for(connection: AsyncConnection, resources: Resources, token: str) -> Registration:
    now = resources.clock.now()
    link = await links.check(connection, resources, token, purpose=LinkPurpose.REGISTRATION, now=now)
    return await _open_registration(connection, link)


async def _open_registration(connection: AsyncConnection, link: Link) -> Registration:
    assert link.registration_id is not None  # noqa: S101 -- a constraint of the table
    found = await registrations.find_registration(connection, link.registration_id)
    if found is None or found[1]:
        raise AlreadyConfirmed
    return found[0]


async def _confirm(connection: AsyncConnection, resources: Resources, token: str) -> User:
    now = resources.clock.now()
    link = await links.use(connection, resources, token, purpose=LinkPurpose.REGISTRATION, now=now)
    registration = await _open_registration(connection, link)
    if not await registrations.confirm_registration(connection, registration.id, now=now):
        raise AlreadyConfirmed
    user = User(
        id=uuid4(),
        email=registration.email,
        full_name=registration.full_name,
        phone=registration.phone,
        language=registration.language,
        roles=("consumer",),
        supplier_code=None,
        disabled=False,
        version=1,
    )
    await users.put_user(connection, user, password_hash=registration.password_hash, now=now)
    await outbox.add(connection, USERS, user_event(user))
    return user


async def _send_letter(connection: AsyncConnection, resources: Resources, registration: Registration) -> None:
    now = resources.clock.now()
    expires_at = now + resources.settings.confirmation_link
    link = Link(purpose=LinkPurpose.REGISTRATION, registration_id=registration.id, expires_at=expires_at)
    token = await links.give_out(connection, resources, link, now=now)
    await letters.confirm_registration(connection, registration, token=token, expires_at=expires_at)
