"""Signing in with e-mail and password. The try is counted and committed before anything is checked."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from auth import attempts
from auth.domain import SecurityEventKind, User, normalised_email
from auth.errors import InvalidCredentials, TooManyAttempts
from auth.metrics import SIGN_INS
from auth.repository import logins, security_events, users
from auth.resources import Resources
from auth.service.client import Client, count_in
from auth.service.logins import Granted, begin_login, end_login_of, grant
from common.logging import get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class _Proven:
    """A person whose password fits. `counted` is to be taken back; `event_id` is the entry of the security log."""

    user: User
    checked_hash: str
    counted: list[attempts.Counter]
    event_id: UUID


async def sign_in(
    resources: Resources, *, email: str, password: str, client: Client, device: bytes, former: bytes | None
) -> Granted:
    """Begin a login on `device`. The login of the refresh token `former` ends: this browser has a new one.

    Raises InvalidCredentials, alike in effect and time whether the account exists or not, TooManyAttempts, Busy.
    """
    proven = await _prove_password(resources, email=normalised_email(email), password=password, client=client)
    login_id, now = uuid4(), resources.clock.now()
    async with resources.engine.begin() as connection:
        granted = await begin_login(
            connection,
            resources,
            proven.user,
            login_id=login_id,
            checked_hash=proven.checked_hash,
            client=client,
            device=device,
            now=now,
        )
        if former is not None:
            await end_login_of(connection, resources, former, reason="replaced", now=now)
        await attempts.take_back(connection, proven.counted)
        await security_events.change_kind(connection, proven.event_id, kind=SecurityEventKind.SIGNED_IN)
    SIGN_INS.labels(outcome="accepted").inc()
    log.info("login.begun", user_id=str(proven.user.id), login_id=str(login_id))
    return await grant(resources, login_id, granted)


async def _prove_password(resources: Resources, *, email: str, password: str, client: Client) -> _Proven:
    with resources.passwords.room():  # before the attempt is counted: who is sent away for want of room did not try
        counted, event_id = await _count_failure(resources, email=email, client=client)
        async with resources.engine.connect() as connection:
            found = await users.find_credentials(connection, email)
        user, stored = found or (None, None)
        checked = await resources.passwords.check(password, stored)
    if user is None or stored is None or user.disabled or not checked.fits:
        SIGN_INS.labels(outcome="invalid_credentials").inc()
        log.info("sign_in.refused", user_id=None if user is None else str(user.id))
        raise InvalidCredentials
    if checked.new_hash is None:
        return _Proven(user, stored, counted, event_id)
    async with resources.engine.begin() as connection:
        await users.replace_password_hash(connection, user.id, former=stored, password_hash=checked.new_hash)
    return _Proven(user, checked.new_hash, counted, event_id)


async def _count_failure(resources: Resources, *, email: str, client: Client) -> tuple[list[attempts.Counter], UUID]:
    event_id, now = uuid4(), resources.clock.now()
    async with resources.engine.begin() as connection:
        mark = None if client.device is None else resources.secret_keys.token_hmac(client.device)
        known = mark is not None and await logins.knows_device(connection, email, mark)
        counted = attempts.sign_in_counters(
            resources.settings,
            resources.secret_keys,
            email=email,
            address=client.address,
            known_device=mark if known else None,
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
        raise TooManyAttempts(wait_seconds)
    return counted, event_id
