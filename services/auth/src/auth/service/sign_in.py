"""Signing in with e-mail and password. The try is counted and committed before anything is checked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import attempts
from auth.domain import SecurityEventKind, User
from auth.errors import InvalidCredentials, SecondFactorRefused, SecondFactorWrong, TooManyAttempts
from auth.factors import ChallengePurpose, Proof, StoredChallenge
from auth.metrics import SIGN_INS
from auth.repository import logins, security_events, users
from auth.resources import Resources
from auth.service import challenges
from auth.service.challenges import Challenge
from auth.service.client import Client, count_in
from auth.service.logins import Going, Granted, begin_login, end_login_of, grant
from common.email_addresses import normalised_email
from common.logging import get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class _Proven:
    """A person whose password fits. `counted` is to be taken back; `event_id` is the entry of the security log."""

    user: User
    checked_hash: str
    counted: list[attempts.Counter]
    event_id: UUID
    factor_shown: bool = False


async def sign_in(
    resources: Resources, *, email: str, password: str, client: Client, device: bytes, former: bytes | None
) -> Granted | Challenge:
    """Begin a login on `device`, or ask for the second factor of a user who has one.

    The login of the refresh token `former` ends: this browser has a new one. Raises InvalidCredentials, alike in
    effect and time whether the account exists or not, TooManyAttempts, Busy.
    """
    proven = await _prove_password(resources, email=normalised_email(email), password=password, client=client)
    now = resources.clock.now()
    async with resources.engine.begin() as connection:
        await attempts.take_back(connection, proven.counted)
        challenge = await _ask(connection, resources, proven, now=now)
        if challenge is not None:
            await security_events.change_kind(connection, proven.event_id, kind=SecurityEventKind.SECOND_FACTOR_ASKED)
            return challenge
        begun = await _begin(connection, resources, proven, client=client, device=device, former=former, now=now)
    return await _granted(resources, proven, begun)


async def show_second_factor(
    resources: Resources, token: str, *, proof: Proof, client: Client, device: bytes, former: bytes | None
) -> Granted:
    """Meet the challenge of a sign-in and begin the login.

    Raises InvalidCredentials (`second_factor_wrong`), ChallengeUnknown, ChallengeOver, TooManyAttempts.
    """
    tried = await challenges.count_try(resources, token, purpose=ChallengePurpose.SIGN_IN, client=client)
    now, asked = resources.clock.now(), tried.challenge
    try:
        async with resources.engine.begin() as connection:
            user = await challenges.meet(connection, resources, tried, proof, client=client, now=now)
            proven = _Proven(user, asked.checked_hash or "", tried.counted, asked.event_id or uuid4(), True)
            begun = await _begin(connection, resources, proven, client=client, device=device, former=former, now=now)
    except SecondFactorWrong as error:
        SIGN_INS.labels(outcome="second_factor_wrong").inc()
        await challenges.refused(resources, tried, client=client)
        raise SecondFactorRefused from error
    return await _granted(resources, proven, begun)


async def _begin(
    connection: AsyncConnection,
    resources: Resources,
    proven: _Proven,
    *,
    client: Client,
    device: bytes,
    former: bytes | None,
    now: datetime,
) -> Going:
    begun = await begin_login(
        connection,
        resources,
        proven.user,
        login_id=uuid4(),
        checked_hash=proven.checked_hash,
        client=client,
        device=device,
        factor_shown=proven.factor_shown,
        now=now,
    )
    if former is not None:
        await end_login_of(connection, resources, former, reason="replaced", now=now)
    await security_events.change_kind(connection, proven.event_id, kind=SecurityEventKind.SIGNED_IN)
    return begun


async def _granted(resources: Resources, proven: _Proven, begun: Going) -> Granted:
    SIGN_INS.labels(outcome="accepted").inc()
    log.info("login.begun", user_id=str(proven.user.id), login_id=str(begun.login_id))
    return await grant(resources, begun)


async def _ask(
    connection: AsyncConnection, resources: Resources, proven: _Proven, *, now: datetime
) -> Challenge | None:
    challenge = StoredChallenge(
        purpose=ChallengePurpose.SIGN_IN,
        user_id=proven.user.id,
        expires_at=now + resources.settings.challenge,
        checked_hash=proven.checked_hash,
        event_id=proven.event_id,
    )
    return await challenges.open_challenge(connection, resources, challenge, now=now)


async def _prove_password(resources: Resources, *, email: str, password: str, client: Client) -> _Proven:
    with resources.passwords.room():  # before the attempt is counted: who is sent away for want of room did not try
        counted, event_id = await _count_failure(resources, email=email, client=client)
        user, fitting = await _fitting_hash(resources, email=email, password=password)
    if user is None or fitting is None:
        SIGN_INS.labels(outcome="invalid_credentials").inc()
        log.info("sign_in.refused", user_id=None if user is None else str(user.id))
        raise InvalidCredentials
    return _Proven(user, fitting, counted, event_id)


async def _fitting_hash(resources: Resources, *, email: str, password: str) -> tuple[User | None, str | None]:
    """Return the user of an address, and the stored hash if the password fits it, made with today's parameters."""
    async with resources.engine.connect() as connection:
        found = await users.find_credentials(connection, email)
    user, stored = found or (None, None)
    checked = await resources.passwords.check(password, stored)
    if user is None or user.disabled or stored is None or not checked.fits:
        return user, None
    if checked.new_hash is None:
        return user, stored
    async with resources.engine.begin() as connection:
        if await users.replace_password_hash(connection, user.id, former=stored, password_hash=checked.new_hash):
            return user, checked.new_hash
    # Another sign-in was first to renew it, or the password was changed: what is stored now decides.
    return await _fitting_hash(resources, email=email, password=password)


async def _count_failure(resources: Resources, *, email: str, client: Client) -> tuple[list[attempts.Counter], UUID]:
    event_id, now = uuid4(), resources.clock.now()
    async with resources.engine.begin() as connection:
        marks: tuple[bytes, ...] = ()
        if client.device is not None:
            keys = resources.secret_keys
            marks = (*keys.device_hmacs(client.device), keys.recovered_device_hmac(client.device))
        known = bool(marks) and await logins.knows_device(connection, email, marks)
        counted = attempts.sign_in_counters(
            resources.settings,
            resources.secret_keys,
            email=email,
            address=client.address,
            known_device=marks[0] if known else None,
        )
        wait_seconds = await count_in(connection, resources, counted)
        if wait_seconds is None:
            # In the same transaction and by the same statement for every address: unknown ones must cost the same.
            await security_events.add_event_of_email(
                connection,
                event_id,
                email=email,
                kind=SecurityEventKind.SIGN_IN_REFUSED,
                device=client.device_name,
                address=client.address,
                now=now,
            )
    if wait_seconds is not None:
        SIGN_INS.labels(outcome="too_many").inc()
        log.info("attempt.turned_away", retry_after_seconds=wait_seconds)
        raise TooManyAttempts(wait_seconds)
    return counted, event_id
