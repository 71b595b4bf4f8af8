"""tickets over ASGI with a real, migrated database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from tests.conftest import NewDatabase
from tests.tokens import Tokens

from common.cli import Role
from common.http.auth import TokenVerifier
from tickets.api import create_app
from tickets.handlers import keep_links
from tickets.resources import MIGRATIONS, Resources, open_resources
from tickets.settings import Settings
from topics.contracts import ContractLinks

A_DAY = 12
WORDING = {
    "email": "anna@halfhour.example",
    "phone": "8 (800) 555-35-35 доб. 12",
    "subject": "Смена тарифного расписания",
    "text": "Добрый день!\nПросим сменить тариф.",
}


@dataclass(frozen=True)
class Desk:
    """The service under test, and who calls it."""

    client: httpx.AsyncClient
    resources: Resources
    tokens: Tokens

    async def links(self, contract_id: UUID, *user_ids: UUID, version: int = 1, readers: tuple[UUID, ...] = ()) -> None:
        """Take over an event of contracts."""
        links = ContractLinks(
            contract_id=contract_id,
            version=version,
            supplier_code="demo",
            user_ids=[*user_ids, *readers],
            read_only_user_ids=list(readers),
        )
        await keep_links(self.resources, links)

    async def create(
        self, user_id: UUID, contract_id: UUID, *, key: str | None = None, **changes: Any
    ) -> httpx.Response:
        return await self.client.post(
            f"/api/v1/contracts/{contract_id}/tickets",
            json=WORDING | changes,
            headers=self.tokens.headers(user_id) | {"Idempotency-Key": key or uuid4().hex},
        )

    async def get(self, user_id: UUID, path: str, **params: str) -> httpx.Response:
        return await self.client.get(f"/api/v1/{path}", params=params, headers=self.tokens.headers(user_id))

    async def events(self) -> list[dict[str, Any]]:
        """Return the events in the outbox, oldest first."""
        async with self.resources.engine.connect() as connection:
            rows = await connection.execute(text("select convert_from(payload, 'UTF8')::json from outbox order by id"))
            return list(rows.scalars())


@pytest.fixture
async def desk(new_database: NewDatabase) -> AsyncIterator[Desk]:
    database = await new_database(MIGRATIONS)
    tokens = Tokens()

    @asynccontextmanager
    async def resources(settings: Settings) -> AsyncIterator[Resources]:
        async with open_resources(settings) as opened:
            verifier = TokenVerifier(settings, transport=tokens.transport)
            yield Resources(engine=opened.engine, verifier=verifier, settings=settings)

    settings = Settings.model_validate({"database_url": database, "tickets_per_user_and_day": A_DAY})
    app = create_app(settings, frozenset({Role.API}), resources=resources)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield Desk(client=client, resources=app.state.resources, tokens=tokens)
