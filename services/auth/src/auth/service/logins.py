"""Logins: begun, refreshed, ended. A refresh token is single use; its reuse ends the family."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from os import urandom
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import SecurityEventKind, User, new_token
from auth.errors import InvalidCredentials, SessionEnded
from auth.metrics import REFRESHES
from auth.repository import factors, logins
from auth.resources import Resources
from auth.service import letters, security_log
from auth.service.client import Client
from common.errors import Rejected
from common.logging import get_logger

log = get_logger(__name__)

SALT_BYTES = 16
# A refresh token that comes late may be this many rotations behind, all of them within the grace.
REPEATED_ROTATIONS = 5


@dataclass(frozen=True, kw_only=True)
class Granted:
    """A login's tokens. The refresh token ends at `refresh_expires_at`."""

    user: User
    access_token: str
    refresh_token: bytes
    refresh_expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Going:
    """A login that goes on once the transaction is committed: what its tokens are made of. `user` as it shows it."""

    login_id: UUID
    user: User
    factor_shown_at: datetime | None
    refresh_token: bytes
    refresh_expires_at: datetime


@dataclass(frozen=True)
class _Exchange:
    """What became of a presented refresh token; `going` is None when it was reused and its family ended."""

    outcome: Literal["rotated", "repeated", "reused"]
    login_id: UUID
    going: Going | None


async def begin_login(
    connection: AsyncConnection,
    resources: Resources,
    user: User,
    *,
    login_id: UUID,
    checked_hash: str,
    client: Client,
    device: bytes,
    factor_shown: bool,
    now: datetime,
) -> Going:
    """Begin a login and remember its device. Raises InvalidCredentials if password or factors changed meanwhile."""
    factor_shown_at = now if factor_shown else None
    (mark, former), name = resources.secret_keys.device_hmacs(device), client.device_name
    begun = await logins.add_login(
        connection,
        login_id,
        user_id=user.id,
        checked_hash=checked_hash,
        device_hmac=mark,
        device_name=name,
        address=client.address,
        factor_shown_at=factor_shown_at,
        now=now,
    )
    # A factor that was added since the password was checked: nobody has asked for it.
    if not begun or (not factor_shown and await factors.list_factors(connection, user.id)):
        raise InvalidCredentials
    shown = user.in_session(factor_shown_at)
    if not shown.roles:  # the password was shown just now, and nothing but a factor can be added with this
        await logins.confirm_login(connection, login_id, until=now + resources.settings.step_up)
    if await logins.add_device(connection, user.id, mark, former=former, now=now):
        await letters.new_device(connection, user, device=name, now=now)
    token = new_token()
    expires_at = _refresh_end(resources, began_at=now, now=now)
    await logins.add_refresh_token(
        connection, resources.secret_keys.refresh_hmac(token), login_id=login_id, expires_at=expires_at, now=now
    )
    return Going(
        login_id=login_id,
        user=shown,
        factor_shown_at=factor_shown_at,
        refresh_token=token,
        refresh_expires_at=expires_at,
    )


async def refresh(resources: Resources, token: bytes, *, client: Client) -> Granted:
    """Exchange a refresh token. One use succeeds; a repeat within the grace gets the same answer as that one.

    A repeat after the grace means that two have the token, so the login ends for both. Raises SessionEnded.
    """
    now = resources.clock.now()
    try:
        async with resources.engine.begin() as connection:
            exchange = await _rotate(connection, resources, token, client, now) or await _repeat(
                connection, resources, token, client, now
            )
    except SessionEnded:
        REFRESHES.labels(outcome="ended").inc()
        raise
    REFRESHES.labels(outcome=exchange.outcome).inc()
    if exchange.going is None:
        log.warning("refresh_token.reused", login_id=str(exchange.login_id))
        raise SessionEnded
    return await grant(resources, exchange.going)


async def sign_out(resources: Resources, token: bytes, *, client: Client) -> None:
    """End the login of a refresh token, even of one used before. A repeat is harmless."""
    now = resources.clock.now()
    async with resources.engine.begin() as connection:
        user_id = await end_login_of(connection, resources, token, reason="signed_out", now=now)
        if user_id is not None:
            await security_log.record(connection, user_id, SecurityEventKind.SIGNED_OUT, client=client, now=now)


async def _rotate(
    connection: AsyncConnection, resources: Resources, token: bytes, client: Client, now: datetime
) -> _Exchange | None:
    """Use the token up and store its successor; None if the token is not there to be used."""
    secret_keys, salt = resources.secret_keys, urandom(SALT_BYTES)
    login_id = await logins.use_refresh_token(connection, secret_keys.refresh_hmac(token), successor_salt=salt, now=now)
    if login_id is None:
        return None
    used = await logins.use_login(connection, login_id, address=client.address, now=now)
    if used is None:
        raise SessionEnded
    successor = secret_keys.successor(token, salt)
    expires_at = _refresh_end(resources, began_at=used.began_at, now=now)
    await logins.add_refresh_token(
        connection, secret_keys.refresh_hmac(successor), login_id=login_id, expires_at=expires_at, now=now
    )
    return _Exchange("rotated", login_id, _going(login_id, used, successor, expires_at))


async def _repeat(
    connection: AsyncConnection, resources: Resources, token: bytes, client: Client, now: datetime
) -> _Exchange:
    """Follow a used token to the one that is unused now, as long as each step is within the grace."""
    for _ in range(REPEATED_ROTATIONS):
        found = await logins.find_refresh_token(connection, resources.secret_keys.refresh_hmac(token))
        if found is None or (found.used_at is None and found.expires_at <= now):
            raise SessionEnded
        if found.used_at is None or found.successor_salt is None:
            used = await logins.use_login(connection, found.login_id, address=client.address, now=now)
            if used is None:
                raise SessionEnded
            return _Exchange("repeated", found.login_id, _going(found.login_id, used, token, found.expires_at))
        # Whoever waited for the first use to commit asked before it was used.
        if max(timedelta(), now - found.used_at) >= resources.settings.refresh_grace:
            await _end_family(connection, found.login_id, client=client, now=now)
            return _Exchange("reused", found.login_id, None)
        token = resources.secret_keys.successor(token, found.successor_salt)
    raise Rejected("too many refreshes at once; wait a moment", code="refresh_too_fast", status=409)


async def end_login_of(
    connection: AsyncConnection, resources: Resources, token: bytes, *, reason: str, now: datetime
) -> UUID | None:
    """End the login of a refresh token; return whose it was, or None if there was nothing to end."""
    found = await logins.find_refresh_token(connection, resources.secret_keys.refresh_hmac(token))
    user_id = None
    if found is not None:
        user_id = await logins.end_login(connection, found.login_id, reason=reason, now=now)
    if found is not None and user_id is not None:
        log.info("login.ended", login_id=str(found.login_id), reason=reason)
    return user_id


async def _end_family(connection: AsyncConnection, login_id: UUID, *, client: Client, now: datetime) -> None:
    user_id = await logins.end_login(connection, login_id, reason="refresh_token_reused", now=now)
    if user_id is not None:
        await security_log.record(connection, user_id, SecurityEventKind.REFRESH_TOKEN_REUSED, client=client, now=now)


async def grant(resources: Resources, going: Going) -> Granted:
    """Sign the access token of a login that is committed."""
    return Granted(
        user=going.user,
        access_token=await resources.keys.access_token(
            going.user, going.login_id, factor_shown_at=going.factor_shown_at
        ),
        refresh_token=going.refresh_token,
        refresh_expires_at=going.refresh_expires_at,
    )


def _going(login_id: UUID, used: logins.UsedLogin, token: bytes, expires_at: datetime) -> Going:
    return Going(
        login_id=login_id,
        user=used.user,
        factor_shown_at=used.factor_shown_at,
        refresh_token=token,
        refresh_expires_at=expires_at,
    )


def _refresh_end(resources: Resources, *, began_at: datetime, now: datetime) -> datetime:
    settings = resources.settings
    return min(now + settings.login_idle, began_at + settings.login_absolute)
