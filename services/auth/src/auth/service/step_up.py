"""Proving anew, within a session, that its owner sits there (ASVS 7.5.1)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import attempts
from auth.domain import Login, SecurityEventKind, User
from auth.errors import ChallengeUnknown, SecondFactorWrong, WrongPassword
from auth.factors import ChallengePurpose, Proof, StoredChallenge
from auth.repository import logins, users
from auth.resources import Resources
from auth.service import challenges, security_log
from auth.service.challenges import Challenge
from auth.service.client import Client, count, require_login
from common.logging import get_logger

log = get_logger(__name__)


async def step_up(resources: Resources, login_id: UUID, *, password: str, client: Client) -> datetime | Challenge:
    """Check the password; return until when the session may change the account, or ask for the second factor.

    Raises WrongPassword, TooManyAttempts, SessionEnded, Busy.
    """
    login, user, _ = await prove_password(resources, login_id, password=password, client=client)
    now = resources.clock.now()
    asked = StoredChallenge(
        purpose=ChallengePurpose.STEP_UP,
        user_id=user.id,
        login_id=login.id,
        expires_at=now + resources.settings.challenge,
    )
    async with resources.engine.begin() as connection:
        challenge = await challenges.open_challenge(connection, resources, asked, now=now)
        return challenge or await _confirm(connection, resources, login, client=client, now=now)


async def show_second_factor(
    resources: Resources, login_id: UUID, token: str, *, proof: Proof, client: Client
) -> datetime:
    """Meet the challenge of a step-up of this session; return until when it may change the account.

    Raises SecondFactorWrong, ChallengeUnknown, ChallengeOver, TooManyAttempts, SessionEnded.
    """
    tried = await challenges.count_try(resources, token, purpose=ChallengePurpose.STEP_UP, client=client)
    if tried.challenge.login_id != login_id:
        raise ChallengeUnknown
    now = resources.clock.now()
    try:
        async with resources.engine.begin() as connection:
            login = await require_login(connection, login_id)
            await challenges.meet(connection, resources, tried, proof, client=client, now=now)
            await logins.set_factor_shown(connection, login.id, at=now)
            return await _confirm(connection, resources, login, client=client, now=now)
    except SecondFactorWrong:
        await challenges.refused(resources, tried, client=client)
        raise


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


async def _confirm(
    connection: AsyncConnection, resources: Resources, login: Login, *, client: Client, now: datetime
) -> datetime:
    until = now + resources.settings.step_up
    await logins.confirm_login(connection, login.id, until=until)
    await security_log.record(connection, login.user_id, SecurityEventKind.STEPPED_UP, client=client, now=now)
    log.info("login.confirmed", user_id=str(login.user_id), login_id=str(login.id))
    return until


async def _refused(resources: Resources, user: User, client: Client) -> None:
    log.info("step_up.refused", user_id=str(user.id))
    async with resources.engine.begin() as connection:
        await security_log.record(
            connection, user.id, SecurityEventKind.STEP_UP_REFUSED, client=client, now=resources.clock.now()
        )
