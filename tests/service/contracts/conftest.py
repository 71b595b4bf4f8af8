"""contracts over ASGI with a real, migrated database and a demo registry."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.conftest import NewDatabase
from tests.tokens import Tokens

from common import db
from common.cli import Role
from common.http.auth import TokenVerifier
from common.passwords import Passwords
from contracts.api import create_app
from contracts.domain.contracts import RegisteredContract, Registry, Supplier
from contracts.metrics import PASSWORD_SECONDS
from contracts.resources import MIGRATIONS, Resources, open_resources
from contracts.service.registry import take_over
from contracts.settings import Settings

RIGHT = "right"
TOKEN_KEY = "a secret of tests that is long enough"
SUPPLIER = Supplier(
    code="demo",
    name="Демо Энерго",
    phone="+7 495 000-00-00",
    email=None,
    site="https://demo.example",
    pay_url="https://demo.example/pay?contract={number}",
)
OPEN = RegisteredContract(
    contract_id=UUID("00000000-0000-4000-8000-000000000001"),
    supplier_code="demo",
    number="76385943-232",
    login="login-1",
    password=RIGHT,
    closed=False,
)
CLOSED = RegisteredContract(
    contract_id=UUID("00000000-0000-4000-8000-000000000002"),
    supplier_code="demo",
    number="2",
    login="login-2",
    password=RIGHT,
    closed=True,
)


@dataclass(frozen=True)
class Portal:
    """The service under test, its database, and who calls it."""

    client: httpx.AsyncClient
    engine: AsyncEngine
    tokens: Tokens
    settings: Settings

    async def link(
        self,
        user_id: UUID,
        *,
        login: str = "login-1",
        password: str = RIGHT,
        name: str = "Дача",
        key: str | None = None,
    ) -> httpx.Response:
        return await self.client.post(
            "/api/v1/contracts",
            json={"supplier_code": "demo", "name": name, "login": login, "password": password},
            headers=self.tokens.headers(user_id) | {"Idempotency-Key": key or uuid4().hex},
        )

    async def events(self, topic: str) -> list[dict[str, Any]]:
        """Return the events in the outbox, oldest first."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                text("select convert_from(payload, 'UTF8')::json from outbox where topic = :topic order by id"),
                {"topic": topic},
            )
            return list(rows.scalars())


@pytest.fixture
def passwords(settings: Settings) -> Iterator[Passwords]:
    made = Passwords(settings, seconds=PASSWORD_SECONDS)
    yield made
    made.close()


@pytest.fixture
async def settings(new_database: NewDatabase) -> Settings:
    return Settings.model_validate(
        {
            "database_url": await new_database(MIGRATIONS),
            "token_key": TOKEN_KEY,
            "link_attempts_per_user": 8,
            "link_attempts_per_user_and_login": 4,
            "link_attempts_per_login": 6,
            "link_attempts_while_guessed": 2,
        }
    )


@asynccontextmanager
async def running(settings: Settings, tokens: Tokens) -> AsyncIterator[Portal]:
    """Run the API on a database, as after a restart."""

    @asynccontextmanager
    async def resources(settings: Settings) -> AsyncIterator[Resources]:
        async with open_resources(settings) as opened:
            yield Resources(**vars(opened) | {"verifier": TokenVerifier(settings, transport=tokens.transport)})

    app = create_app(settings, frozenset({Role.API}), resources=resources)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield Portal(client=client, engine=app.state.resources.engine, tokens=tokens, settings=settings)


@pytest.fixture
async def portal(settings: Settings, passwords: Passwords) -> AsyncIterator[Portal]:
    async with db.open_engine(settings) as engine, engine.begin() as connection:
        registry = Registry(suppliers=(SUPPLIER,), contracts=(OPEN, CLOSED))
        await take_over(connection, registry, passwords=passwords, now=datetime.now(UTC))
    async with running(settings, Tokens()) as portal:
        yield portal
