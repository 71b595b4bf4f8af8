"""API keys: a program exchanges one for a short access token that reads the key's contracts and nothing else.

auth knows no contracts: whether the owner still sees one, the service that holds the data checks at each call.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import attempts
from auth.domain import ApiKey, SecurityEventKind, User, new_token, token_of, token_text
from auth.errors import InvalidCredentials, TooManyApiKeys
from auth.repository import api_keys, users
from auth.resources import Resources
from auth.service import letters, security_log
from auth.service.client import Client, count, require_confirmed, require_login
from common.errors import NotFound
from common.logging import get_logger

log = get_logger(__name__)

PREFIX = "hh_"


async def list_keys(connection: AsyncConnection, login_id: UUID) -> list[ApiKey]:
    """Return the user's keys, the newest first."""
    login = await require_login(connection, login_id)
    return await api_keys.list_keys(connection, login.user_id)


async def make_key(
    resources: Resources, login_id: UUID, *, name: str, contract_ids: list[UUID], days: int, client: Client
) -> tuple[str, ApiKey]:
    """Return the key, which nobody learns again, and what is kept of it; a letter tells.

    Raises StepUpRequired, TooManyApiKeys.
    """
    now, token = resources.clock.now(), new_token()
    async with resources.engine.begin() as connection:
        login = await require_confirmed(connection, login_id, now=now)
        user, _ = await users.hold_user(connection, login.user_id)
        working = [one for one in await api_keys.list_keys(connection, user.id) if one.works(now)]
        if len(working) >= resources.settings.api_keys_per_account:
            raise TooManyApiKeys
        key = ApiKey(
            id=uuid4(),
            user_id=user.id,
            name=name,
            contract_ids=tuple(sorted(set(contract_ids))),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        await api_keys.add_key(connection, key, key_hmac=_stored(resources, token))
        await letters.account_changed(connection, user, letters.Change.API_KEY_MADE, now=now)
        await security_log.record(connection, user.id, SecurityEventKind.API_KEY_MADE, client=client, now=now)
    log.info("api_key.made", user_id=str(user.id), api_key_id=str(key.id))
    return PREFIX + token_text(token), key


async def revoke_key(resources: Resources, login_id: UUID, key_id: UUID, *, client: Client) -> None:
    """End a key; tokens that it has out live their minutes. Raises NotFound."""
    now = resources.clock.now()
    async with resources.engine.begin() as connection:
        login = await require_login(connection, login_id)
        if not await api_keys.revoke_key(connection, login.user_id, key_id, now=now):
            raise NotFound("no such API key")
        await security_log.record(connection, login.user_id, SecurityEventKind.API_KEY_REVOKED, client=client, now=now)
    log.info("api_key.revoked", user_id=str(login.user_id), api_key_id=str(key_id))


async def revoke_all(connection: AsyncConnection, user: User, *, client: Client | None, now: datetime) -> None:
    """End every key of a user whose password is another one now, enter each in the log, and tell by one letter."""
    revoked = await api_keys.revoke_keys_of(connection, user.id, now=now)
    for key_id in revoked:
        await security_log.record(connection, user.id, SecurityEventKind.API_KEY_REVOKED, client=client, now=now)
        log.info("api_key.revoked", user_id=str(user.id), api_key_id=str(key_id))
    if revoked:
        await letters.account_changed(connection, user, letters.Change.API_KEYS_REVOKED, now=now)


async def exchange_key(resources: Resources, text: str, *, client: Client) -> str:
    """Return an access token for the key's contracts. Raises InvalidCredentials, TooManyAttempts."""
    counted = attempts.api_key_counters(resources.settings, resources.secret_keys, address=client.address)
    await count(resources, counted)
    token = token_of(text.removeprefix(PREFIX)) if text.startswith(PREFIX) else None
    async with resources.engine.begin() as connection:
        now = resources.clock.now()
        key = None if token is None else await api_keys.use_key(connection, _stored(resources, token), now=now)
        if key is None:
            log.info("api_key.refused")
            raise InvalidCredentials
        user, _ = await users.show_credentials(connection, key.user_id)
        await attempts.take_back(connection, counted)
    log.info("api_key.exchanged", user_id=str(user.id), api_key_id=str(key.id))
    return await resources.keys.reading_token(user, key)


def _stored(resources: Resources, token: bytes) -> bytes:
    return resources.secret_keys.bound_hmac(token, purpose="api-key")
