"""What auth holds open while it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from auth.keys import KeyRing, KeyRingTransport, ensure_key
from auth.metrics import PASSWORD_SECONDS
from auth.root_secret import open_root
from auth.secret_keys import SecretKeys
from auth.settings import Settings
from auth.strength import StrengthMeter
from common.clock import Clock, SystemClock
from common.db import open_engine, ping
from common.http.auth import TokenVerifier
from common.passwords import Passwords

MIGRATIONS = Path(__file__).parent / "migrations" / "postgres"


@dataclass(frozen=True)
class Resources:
    """The open parts; they close with `open_resources`."""

    settings: Settings
    engine: AsyncEngine
    secret_keys: SecretKeys
    keys: KeyRing
    passwords: Passwords
    strength_meter: StrengthMeter
    verifier: TokenVerifier
    clock: Clock

    async def ping(self) -> None:
        await ping(self.engine)


@asynccontextmanager
async def open_resources(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Resources]:
    """Open everything and make the first signing key.

    Raises UnreadableKey if no key of the settings opens what the database holds.
    """
    clock = clock or SystemClock()
    passwords = Passwords(settings, seconds=PASSWORD_SECONDS)
    strength_meter = StrengthMeter()
    try:
        async with open_engine(settings) as engine:
            async with engine.begin() as connection:
                secret_keys = await open_root(connection, settings, now=clock.now())
                await ensure_key(connection, secret_keys, now=clock.now())
            keys = KeyRing(engine, settings, secret_keys, clock)
            await keys.key_set()
            verifier = TokenVerifier(settings, transport=KeyRingTransport(keys))
            yield Resources(settings, engine, secret_keys, keys, passwords, strength_meter, verifier, clock)
    finally:
        passwords.close()
        strength_meter.close()
