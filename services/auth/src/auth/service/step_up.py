"""Proving anew, within a session, that its owner sits there (ASVS 7.5.1)."""

from datetime import datetime
from uuid import UUID

from auth import attempts
from auth.domain import Login, SecurityEventKind, User
from auth.errors import WrongPassword
from auth.repository import logins, users
from auth.resources import Resources
from auth.service import security_log
from auth.service.client import Client, count, require_login
from common.logging import get_logger

log = get_logger(__name__)


async def step_up(resources: Resources, login_id: UUID, *, password: str, client: Client) -> datetime:
    """Check the password; return until when the session may change the account.

    Raises WrongPassword, TooManyAttempts, SessionEnded, Busy.
    """
    login, user, _ = await prove_password(resources, login_id, password=password, client=client)
    return await _confirm(resources, login, user, client=client)


async def prove_password(
    resources: Resources, login_id: UUID, *, password: str, client: Client, field: str = "password"
) -> tuple[Login, User, str]:
    """Return login, user and the hash that was checked. The try is counted, and committed, before the check.

    Raises as `step_up`. Tries count as those of a device that the account knows: a session proves that.
    """
    with resources.passwords.room():
        async with resources.engine.connect() as connection:
            login = await require_login(connection, login_id)
            user, stored = await users.show_credentials(connection, login.user_id)
        counted = attempts.sign_in_counters(
            resources.settings,
            resources.secret_keys,
            email=user.email,
            address=client.address,
            known_device=login.device_hmac,
        )
        await count(resources, counted)
        checked = await resources.passwords.check(password, stored)
    if not checked.fits:
        await _refused(resources, user, client)
        raise WrongPassword(field=field)
    async with resources.engine.begin() as connection:
        await attempts.take_back(connection, counted)
    return login, user, stored


async def _confirm(resources: Resources, login: Login, user: User, *, client: Client) -> datetime:
    now = resources.clock.now()
    until = now + resources.settings.step_up
    async with resources.engine.begin() as connection:
        await logins.confirm_login(connection, login.id, until=until)
        await security_log.record(connection, user.id, SecurityEventKind.STEPPED_UP, client=client, now=now)
    log.info("login.confirmed", user_id=str(user.id), login_id=str(login.id))
    return until


async def _refused(resources: Resources, user: User, client: Client) -> None:
    log.info("step_up.refused", user_id=str(user.id))
    async with resources.engine.begin() as connection:
        await security_log.record(
            connection, user.id, SecurityEventKind.STEP_UP_REFUSED, client=client, now=resources.clock.now()
        )
