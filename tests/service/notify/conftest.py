"""notify over ASGI with a real, migrated database and a real mail server in the test's loop."""

import asyncio
import email
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import text
from tests.conftest import NewDatabase
from tests.tokens import Tokens

from common.cli import Role
from common.http.auth import TokenVerifier
from notify.api import create_app
from notify.handlers import keep_links
from notify.resources import MIGRATIONS, Resources, open_resources
from notify.settings import Settings
from topics.contracts import ContractLinks, RevokedLink

LOST = "lost"


@dataclass
class MailServer:
    """Takes letters, or answers as `answers` says: one entry a letter, then "250 taken".

    LOST takes a letter, and the connection is gone before the answer.
    """

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    rcpt_answers: list[str] = field(default_factory=list)
    before_answer: Callable[[], Awaitable[Any]] | None = None
    server: asyncio.Server | None = None

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.rcpt_answers.pop(0) if self.rcpt_answers else "250 taken"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250") or answer == LOST:
            content = envelope.original_content or b""
            self.letters.append(email.message_from_bytes(content, policy=modern))
            self.recipients += envelope.rcpt_tos
        if self.before_answer is not None:
            await self.before_answer()
        if answer == LOST:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return answer

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(
            lambda: SMTP(self, hostname="localhost", loop=loop), "127.0.0.1", self.port
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()
            self.server = None


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def settings(new_database: NewDatabase, mail_server: MailServer) -> Settings:
    return Settings.model_validate(
        {
            "database_url": await new_database(MIGRATIONS),
            "smtp_port": mail_server.port,
            "smtp_timeout_seconds": 5,
            "public_url": "https://portal.example",
        }
    )


@dataclass(frozen=True)
class Board:
    """The service under test, whose database is a day old, and who calls it."""

    client: httpx.AsyncClient
    resources: Resources
    tokens: Tokens

    async def links(
        self,
        contract_id: UUID,
        *user_ids: UUID,
        version: int = 1,
        revoked: Sequence[RevokedLink] = (),
        ago: timedelta = timedelta(),
    ) -> None:
        """Take over an event of contracts."""
        links = ContractLinks(
            contract_id=contract_id,
            version=version,
            supplier_code="demo",
            user_ids=list(user_ids),
            revoked=list(revoked),
            number="76385943-232",
            changed_at=datetime.now(UTC) - ago,
        )
        await keep_links(self.resources, links)

    async def get(self, user_id: UUID, path: str = "", *, language: str = "ru", **params: str) -> httpx.Response:
        headers = self.tokens.headers(user_id) | {"Accept-Language": language}
        return await self.client.get(f"/api/v1/notifications{path}", params=params, headers=headers)

    async def read(self, user_id: UUID, notification_id: str) -> httpx.Response:
        path = f"/api/v1/notifications/{notification_id}/read"
        return await self.client.post(path, headers=self.tokens.headers(user_id))

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        async with self.resources.engine.begin() as connection:
            result = await connection.execute(text(statement))
            return [dict(row) for row in result.mappings()] if result.returns_rows else []


@pytest.fixture
async def board(settings: Settings) -> AsyncIterator[Board]:
    tokens = Tokens()

    @asynccontextmanager
    async def resources(settings: Settings) -> AsyncIterator[Resources]:
        async with open_resources(settings) as opened:
            yield replace(opened, verifier=TokenVerifier(settings, transport=tokens.transport))

    app = create_app(settings, frozenset({Role.API}), resources=resources)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        board = Board(client=client, resources=app.state.resources, tokens=tokens)
        await board.rows("update copy_epoch set told_from = now() - interval '1 day'")
        yield board
