"""What a running contracts holds open: database, token keys, the threads of passwords; close and ping beside each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from common import db
from common.http.auth import TokenVerifier
from common.passwords import Passwords
from contracts.metrics import PASSWORD_SECONDS
from contracts.secret_keys import TokenKey
from contracts.settings import Settings

MIGRATIONS = Path(__file__).with_name("migrations") / "postgres"


@dataclass(frozen=True, kw_only=True)
class Resources:
    engine: AsyncEngine
    verifier: TokenVerifier
    passwords: Passwords
    token_key: TokenKey
    settings: Settings

    async def ping(self) -> None:
        await db.ping(self.engine)


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    passwords = Passwords(settings, seconds=PASSWORD_SECONDS)
    try:
        async with db.open_engine(settings) as engine:
            yield Resources(
                engine=engine,
                verifier=TokenVerifier(settings),
                passwords=passwords,
                token_key=TokenKey(settings.token_key.get_secret_value()),
                settings=settings,
            )
    finally:
        passwords.close()


async def _resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


CurrentResources = Annotated[Resources, Depends(_resources)]
