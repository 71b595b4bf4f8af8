"""The secret that everything secret in the database hangs on: random, made once, sealed in the database.

AUTH_KEY_ENCRYPTION_KEY only seals it. So another key means sealing one row anew: factors, API keys, sessions and
recovery codes stay what they are. Former keys still open it until then (AUTH_FORMER_KEY_ENCRYPTION_KEYS).
"""

import secrets
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.errors import UnreadableKey
from auth.repository import root_secret as repository
from auth.repository import signing_keys, users
from auth.secret_keys import KeyEncryptionKey, SecretKeys
from auth.settings import Settings
from common.db import open_engine
from common.logging import get_logger

log = get_logger(__name__)

ROOT_BYTES = 32


async def open_root(connection: AsyncConnection, settings: Settings, *, now: datetime) -> SecretKeys:
    """Return the keys of this database, made at the first start. Of many processes that start at once one makes them.

    Raises UnreadableKey if neither the present nor a former key of the settings opens the root secret.
    """
    sealed = await repository.find_root(connection)
    if sealed is None:
        await users.lock(connection, "signing_keys")
        sealed = await repository.find_root(connection) or await _make(connection, settings, now=now)
    return SecretKeys(_unsealed(settings, sealed)[0])


async def reseal(settings: Settings) -> None:
    """Seal what a former AUTH_KEY_ENCRYPTION_KEY opens with the present one; nobody is signed out"""
    async with open_engine(settings) as engine, engine.begin() as connection:
        await reseal_root(connection, settings, now=datetime.now(UTC))


async def reseal_root(connection: AsyncConnection, settings: Settings, *, now: datetime) -> bool:
    """Seal the root secret with the present key; return whether a former one had sealed it. Raises UnreadableKey."""
    await users.lock(connection, "signing_keys")
    sealed = await repository.find_root(connection)
    if sealed is None:
        await _make(connection, settings, now=now)
        return False
    root, opened_by_present = _unsealed(settings, sealed)
    if not opened_by_present:
        await repository.put_root(connection, _present(settings).seal(root), now=now)
    log.info("root_secret.sealed", changed=not opened_by_present)
    return not opened_by_present


async def _make(connection: AsyncConnection, settings: Settings, *, now: datetime) -> bytes:
    """Make the root secret. A database older than it hangs on the key of then, which becomes its root."""
    root = await _root_of_older_database(connection, settings) or secrets.token_bytes(ROOT_BYTES)
    sealed = _present(settings).seal(root)
    await repository.put_root(connection, sealed, now=now)
    log.info("root_secret.made")
    return sealed


async def _root_of_older_database(connection: AsyncConnection, settings: Settings) -> bytes | None:
    stored = await signing_keys.list_signing_keys(connection)
    if not stored:
        return None
    key_id, sealed, _ = stored[0]
    for secret in settings.key_encryption_keys:
        root = secret.encode()
        try:
            SecretKeys(root).unseal(sealed, name=key_id)
        except UnreadableKey:
            continue
        return root
    raise UnreadableKey(f"signing key {key_id} does not open with this AUTH_KEY_ENCRYPTION_KEY, nor with a former one")


def _unsealed(settings: Settings, sealed: bytes) -> tuple[bytes, bool]:
    """Return the root secret, and whether the present key opened it."""
    for number, secret in enumerate(settings.key_encryption_keys):
        root = KeyEncryptionKey(secret).unseal(sealed)
        if root is not None:
            return root, number == 0
    raise UnreadableKey("the root secret does not open with this AUTH_KEY_ENCRYPTION_KEY, nor with a former one")


def _present(settings: Settings) -> KeyEncryptionKey:
    return KeyEncryptionKey(settings.key_encryption_keys[0])
