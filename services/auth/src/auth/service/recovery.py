"""A forgotten password: the manual, 2.3.

A request is answered before anybody looks whether its address is known; the worker does that, so that known and
unknown are alike in time as well. A recovery sets a password and signs nobody in: the second factor is still asked.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.attempts import forget_account, late_recovery_counters, recovery_counters, recovery_day_counters
from auth.domain import Link, LinkPurpose, SecurityEventKind, User
from auth.errors import LinkUnknown
from auth.password_rules import check_new_password, context_words
from auth.repository import links as stored_links
from auth.repository import logins, users
from auth.resources import Resources
from auth.service import api_keys, letters, links, security_log
from auth.service.client import Client, count, count_in
from common.logging import get_logger

log = get_logger(__name__)

REQUESTS_AT_ONCE = 20


async def request(resources: Resources, email: str, *, client: Client) -> None:
    """Take a request down for the worker. Raises TooManyAttempts, alike for known and unknown addresses."""
    settings, keys = resources.settings, resources.secret_keys
    await count(resources, recovery_counters(settings, keys, email=email, address=client.address))
    async with resources.engine.begin() as connection:
        over = await count_in(connection, resources, recovery_day_counters(settings, keys, email=email))
    if over is not None:
        await count(resources, late_recovery_counters(keys, email=email))
    async with resources.engine.begin() as connection:
        await stored_links.add_recovery_request(connection, email, now=resources.clock.now())


async def send_letters(resources: Resources) -> int:
    """Send the letters of requests that wait; return how many requests there were."""
    async with resources.engine.begin() as connection:
        requested = await stored_links.take_recovery_requests(connection, limit=REQUESTS_AT_ONCE)
        for email in requested:
            found = await users.find_credentials(connection, email)
            if found is not None and not found[0].disabled:
                await _send_letter(connection, resources, found[0])
    return len(requested)


async def check(resources: Resources, token: str) -> None:
    """Raise LinkUnknown, LinkUsed or LinkExpired if `complete` would."""
    async with resources.engine.connect() as connection:
        await _owner(connection, resources, token)


async def complete(resources: Resources, token: str, *, password: str, client: Client, device: bytes) -> User:
    """Set the password; every session, every API key and every other link for it ends.

    Strangers' tries keep `device` from signing in no more: the mailbox is proven. The second factor is asked as ever.

    Raises WeakPassword, which leaves the link good; LinkUnknown, LinkUsed, LinkExpired; Busy.
    """
    async with resources.engine.connect() as connection:
        user = await _owner(connection, resources, token)
    check_new_password(password, context=context_words(email=user.email, full_name=user.full_name))
    with resources.passwords.room():
        password_hash = await resources.passwords.hash(password)
    now = resources.clock.now()
    async with resources.engine.begin() as connection:
        # Counters before users, as sign-ins lock them.
        await forget_account(connection, resources.secret_keys, email=user.email)
        await users.hold_user(connection, user.id)  # before the link: see links.hold_owner
        link = await links.use(connection, resources, token, purpose=LinkPurpose.RECOVERY, now=now)
        user = await set_password(connection, link.user_id or user.id, password_hash, resources=resources, but=None)
        mark = resources.secret_keys.recovered_device_hmac(device)
        await logins.add_recovered_device(connection, user.id, mark, now=now)
        await api_keys.revoke_all(connection, user, client=client, now=now)
        await letters.account_changed(connection, user, letters.Change.PASSWORD_RECOVERED, now=now)
        await security_log.record(connection, user.id, SecurityEventKind.PASSWORD_RECOVERED, client=client, now=now)
    log.info("password.recovered", user_id=str(user.id))
    return user


async def set_password(
    connection: AsyncConnection, user_id: UUID, password_hash: str, *, resources: Resources, but: UUID | None
) -> User:
    """Store a new password, end all sessions `but` one and what else could open the account. Raises LinkUnknown."""
    now = resources.clock.now()
    found = await users.find_user(connection, user_id)
    if found is None or found[0].disabled:
        raise LinkUnknown
    user, former = found
    await users.replace_password_hash(connection, user.id, former=former, password_hash=password_hash)
    await logins.end_logins_of(connection, user.id, reason="password_changed", but=but, now=now)
    for purpose in (LinkPurpose.RECOVERY, LinkPurpose.EMAIL_CHANGE):
        await stored_links.end_links_of(connection, user.id, purpose=purpose, now=now)
    return user


async def _owner(connection: AsyncConnection, resources: Resources, token: str) -> User:
    link = await links.check(connection, resources, token, purpose=LinkPurpose.RECOVERY, now=resources.clock.now())
    if link.user_id is None:
        raise LinkUnknown
    user, _ = await users.show_credentials(connection, link.user_id)
    if user.disabled:
        raise LinkUnknown
    return user


async def _send_letter(connection: AsyncConnection, resources: Resources, user: User) -> None:
    now = resources.clock.now()
    expires_at = now + resources.settings.recovery_link
    link = Link(purpose=LinkPurpose.RECOVERY, user_id=user.id, expires_at=expires_at)
    token = await links.give_out(connection, resources, link, now=now)
    await letters.recover(connection, user, token=token, expires_at=expires_at)
    await security_log.record(connection, user.id, SecurityEventKind.RECOVERY_REQUESTED, client=None, now=now)
