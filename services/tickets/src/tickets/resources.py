"""What a running tickets holds open: database and token keys; close and ping beside each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from common import db
from common.http.auth import TokenVerifier
from tickets.settings import Settings

MIGRATIONS = Path(__file__).with_name("migrations") / "postgres"


@dataclass(frozen=True, kw_only=True)
class Resources:
    engine: AsyncEngine
    verifier: TokenVerifier
    settings: Settings

    async def ping(self) -> None:
        await db.ping(self.engine)


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    async with db.open_engine(settings) as engine:
        yield Resources(engine=engine, verifier=TokenVerifier(settings), settings=settings)


async def _resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


CurrentResources = Annotated[Resources, Depends(_resources)]
