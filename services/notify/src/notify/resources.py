"""What a running notify holds open: database, token keys, mail server, texts; close and ping beside each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from common import db
from common.http.auth import TokenVerifier
from notify.settings import Settings
from notify.smtp import Mailer, NullSms, SmtpSms
from notify.texts import Texts

MIGRATIONS = Path(__file__).with_name("migrations") / "postgres"


@dataclass(frozen=True, kw_only=True)
class Resources:
    """`letter_arrived` wakes the delivery in this process; another process finds the letter by looking."""

    engine: AsyncEngine
    verifier: TokenVerifier
    mailer: Mailer
    sms: SmtpSms | NullSms
    letter_texts: Texts
    notification_texts: Texts
    settings: Settings
    letter_arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def ping(self) -> None:
        """Raise if the database is away. Without the mail server letters wait, and the rest goes on."""
        await db.ping(self.engine)


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    mailer = Mailer(settings)
    async with db.open_engine(settings) as engine:
        yield Resources(
            engine=engine,
            verifier=TokenVerifier(settings),
            mailer=mailer,
            sms=NullSms() if settings.sms_domain is None else SmtpSms(mailer, settings.sms_domain),
            letter_texts=Texts("letters.toml", zone=settings.zone, constants={"portal": settings.public_url}),
            notification_texts=Texts("notifications.toml", zone=settings.zone),
            settings=settings,
        )


async def _resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


CurrentResources = Annotated[Resources, Depends(_resources)]
