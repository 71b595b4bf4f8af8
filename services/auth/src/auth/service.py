"""Signing in, refreshing, signing out.

These use cases open their transactions themselves instead of having one a request: a counted attempt and the end
of a stolen family must be committed although the request is refused.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from os import urandom
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import attempts, repository
from auth.domain import User, describe_device, new_token, normalised_email
from auth.errors import InvalidCredentials, SessionEnded, TooManyAttempts
from auth.metrics import REFRESHES, SIGN_INS
from auth.resources import Resources
from common import outbox
from common.errors import Rejected
from common.logging import get_logger
from topics.auth import LETTERS, Letter

log = get_logger(__name__)

LETTER_LIFETIME = timedelta(hours=1)
SALT_BYTES = 16
# A refresh token that comes late may be this many rotations behind, all of them within the grace.
REPEATED_ROTATIONS = 5


@dataclass(frozen=True, kw_only=True)
class Client:
    """Where a request comes from: address as the gateway saw it, User-Agent, the mark of the device if it has one."""

    address: str
    user_agent: str
    device: bytes | None


@dataclass(frozen=True, kw_only=True)
class Granted:
    """A login's tokens. The refresh token ends at `refresh_expires_at`."""

    user: User
    access_token: str
    refresh_token: bytes
    refresh_expires_at: datetime


@dataclass(frozen=True)
class _Exchange:
    """What became of a presented refresh token; `granted` is None when it was reused and its family ended."""

    outcome: Literal["rotated", "repeated", "reused"]
    login_id: UUID
    granted: tuple[User, bytes, datetime] | None


async def sign_in(
    resources: Resources, *, email: str, password: str, client: Client, device: bytes, former: bytes | None
) -> Granted:
    """Begin a login on `device`. The login of the refresh token `former` ends: this browser has a new one.

    Raises InvalidCredentials, alike in effect and time whether the account exists or not, TooManyAttempts, Busy.
    """
    email, now = normalised_email(email), resources.clock.now()
    with resources.passwords.room():  # before the attempt is counted: who is sent away for want of room did not try
        counted = await _count_failure(resources, email=email, client=client, now=now)
        async with resources.engine.connect() as connection:
            found = await repository.find_credentials(connection, email)
        user, stored = found or (None, None)
        checked = await resources.passwords.check(password, stored)
    if user is None or stored is None or user.disabled or not checked.fits:
        SIGN_INS.labels(outcome="invalid_credentials").inc()
        log.info("sign_in.refused", user_id=None if user is None else str(user.id))
        raise InvalidCredentials
    login_id, now = uuid4(), resources.clock.now()
    async with resources.engine.begin() as connection:
        granted = await _begin_login(
            connection, resources, user, login_id=login_id, checked_hash=stored, client=client, device=device, now=now
        )
        if checked.new_hash is not None:
            await repository.replace_password_hash(connection, user.id, former=stored, password_hash=checked.new_hash)
        if former is not None:
            await _end_login_of(connection, resources, former, reason="replaced", now=now)
        await attempts.take_back(connection, counted)
    SIGN_INS.labels(outcome="accepted").inc()
    log.info("login.begun", user_id=str(user.id), login_id=str(login_id))
    return await _grant(resources, login_id, granted)


async def refresh(resources: Resources, token: bytes) -> Granted:
    """Exchange a refresh token. One use succeeds; a repeat within the grace gets the same answer as that one.

    A repeat after the grace means that two have the token, so the login ends for both. Raises SessionEnded.
    """
    now = resources.clock.now()
    try:
        async with resources.engine.begin() as connection:
            exchange = await _rotate(connection, resources, token, now) or await _repeat(
                connection, resources, token, now
            )
    except SessionEnded:
        REFRESHES.labels(outcome="ended").inc()
        raise
    REFRESHES.labels(outcome=exchange.outcome).inc()
    if exchange.granted is None:
        log.warning("refresh_token.reused", login_id=str(exchange.login_id))
        raise SessionEnded
    return await _grant(resources, exchange.login_id, exchange.granted)


async def sign_out(resources: Resources, token: bytes) -> None:
    """End the login of a refresh token, even of one used before. A repeat is harmless."""
    async with resources.engine.begin() as connection:
        await _end_login_of(connection, resources, token, reason="signed_out", now=resources.clock.now())


async def signed_in_user(connection: AsyncConnection, login_id: UUID) -> User:
    """Return the user of a login. Raises SessionEnded although the access token is still good."""
    user = await repository.find_signed_in(connection, login_id)
    if user is None:
        raise SessionEnded
    return user


async def _count_failure(resources: Resources, *, email: str, client: Client, now: datetime) -> list[attempts.Counter]:
    settings = resources.settings
    async with resources.engine.begin() as connection:
        mark = None if client.device is None else resources.secret_keys.token_hmac(client.device)
        known = mark is not None and await repository.knows_device(connection, email, mark)
        counted = attempts.counters(
            settings,
            resources.secret_keys,
            email=email,
            address=client.address,
            known_device=mark if known else None,
        )
        wait_seconds = await attempts.count_failure(
            connection, counted, window=timedelta(seconds=settings.attempts_window_seconds), now=now
        )
    if wait_seconds is not None:
        SIGN_INS.labels(outcome="too_many").inc()
        raise TooManyAttempts(wait_seconds)
    return counted


async def _begin_login(
    connection: AsyncConnection,
    resources: Resources,
    user: User,
    *,
    login_id: UUID,
    checked_hash: str,
    client: Client,
    device: bytes,
    now: datetime,
) -> tuple[User, bytes, datetime]:
    mark, name = resources.secret_keys.token_hmac(device), describe_device(client.user_agent)
    begun = await repository.add_login(
        connection,
        login_id,
        user_id=user.id,
        checked_hash=checked_hash,
        device_hmac=mark,
        device_name=name,
        now=now,
    )
    if not begun:
        raise InvalidCredentials
    if await repository.add_device(connection, user.id, mark, now=now):
        await outbox.add(connection, LETTERS, _new_device_letter(user, name, now))
    token = new_token()
    expires_at = _refresh_end(resources, began_at=now, now=now)
    await repository.add_refresh_token(
        connection, resources.secret_keys.token_hmac(token), login_id=login_id, expires_at=expires_at, now=now
    )
    return user, token, expires_at


async def _rotate(connection: AsyncConnection, resources: Resources, token: bytes, now: datetime) -> _Exchange | None:
    """Use the token up and store its successor; None if the token is not there to be used."""
    secret_keys, salt = resources.secret_keys, urandom(SALT_BYTES)
    login_id = await repository.use_refresh_token(
        connection, secret_keys.token_hmac(token), successor_salt=salt, now=now
    )
    if login_id is None:
        return None
    used = await repository.use_login(connection, login_id, now=now)
    if used is None:
        raise SessionEnded
    user, began_at = used
    successor = secret_keys.successor(token, salt)
    expires_at = _refresh_end(resources, began_at=began_at, now=now)
    await repository.add_refresh_token(
        connection, secret_keys.token_hmac(successor), login_id=login_id, expires_at=expires_at, now=now
    )
    return _Exchange("rotated", login_id, (user, successor, expires_at))


async def _repeat(connection: AsyncConnection, resources: Resources, token: bytes, now: datetime) -> _Exchange:
    """Follow a used token to the one that is unused now, as long as each step is within the grace."""
    for _ in range(REPEATED_ROTATIONS):
        found = await repository.find_refresh_token(connection, resources.secret_keys.token_hmac(token))
        if found is None or (found.used_at is None and found.expires_at <= now):
            raise SessionEnded
        if found.used_at is None or found.successor_salt is None:
            used = await repository.use_login(connection, found.login_id, now=now)
            if used is None:
                raise SessionEnded
            return _Exchange("repeated", found.login_id, (used[0], token, found.expires_at))
        # Whoever waited for the first use to commit asked before it was used.
        if max(timedelta(), now - found.used_at) >= resources.settings.refresh_grace:
            await repository.end_login(connection, found.login_id, reason="refresh_token_reused", now=now)
            return _Exchange("reused", found.login_id, None)
        token = resources.secret_keys.successor(token, found.successor_salt)
    raise Rejected("too many refreshes at once; wait a moment", code="refresh_too_fast", status=409)


async def _end_login_of(
    connection: AsyncConnection, resources: Resources, token: bytes, *, reason: str, now: datetime
) -> None:
    found = await repository.find_refresh_token(connection, resources.secret_keys.token_hmac(token))
    if found is not None and await repository.end_login(connection, found.login_id, reason=reason, now=now):
        log.info("login.ended", login_id=str(found.login_id), reason=reason)


async def _grant(resources: Resources, login_id: UUID, granted: tuple[User, bytes, datetime]) -> Granted:
    user, token, expires_at = granted
    return Granted(
        user=user,
        access_token=await resources.keys.access_token(user, login_id),
        refresh_token=token,
        refresh_expires_at=expires_at,
    )


def _refresh_end(resources: Resources, *, began_at: datetime, now: datetime) -> datetime:
    settings = resources.settings
    return min(now + settings.login_idle, began_at + settings.login_absolute)


def _new_device_letter(user: User, device_name: str, now: datetime) -> Letter:
    return Letter(
        letter_id=uuid4(),
        user_id=user.id,
        kind="new_device",
        to=user.email,
        language=user.language,
        fields={"device": device_name, "at": now.isoformat()},
        expires_at=now + LETTER_LIFETIME,
    )
