"""The app of auth over ASGI on a real database, with a clock that tests move."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from tests.conftest import NewDatabase

from auth.api import create_app
from auth.load import UsersFile, load_users
from auth.resources import MIGRATIONS, Resources, open_resources
from auth.settings import Settings
from common.cli import Role
from common.clock import FixedClock

SECRET = "a secret of tests that is long enough"
ANNA = UUID("01900000-0000-7000-8000-00000000000a")
OLEG = UUID("01900000-0000-7000-8000-00000000000b")
OLGA = UUID("01900000-0000-7000-8000-00000000000c")
PASSWORD = "correct horse battery"
OURS = {"X-Requested-With": "halfhour", "Sec-Fetch-Site": "same-origin"}

USERS: dict[str, list[dict[str, Any]]] = {
    "users": [
        {"id": str(ANNA), "email": "Anna@Example.org", "full_name": "Анна Орлова", "password": PASSWORD},
        {
            "id": str(OLEG),
            "email": "oleg@example.org",
            "full_name": "Олег Сидоров",
            "password": PASSWORD,
            "language": "en",
        },
        {
            "id": str(OLGA),
            "email": "olga@example.org",
            "full_name": "Ольга Белых",
            "password": PASSWORD,
            "roles": ["operator"],
            "supplier_code": "demo",
        },
    ]
}


@dataclass
class Auth:
    """One running auth. `client()` is a browser of its own."""

    resources: Resources
    clock: FixedClock
    app: Any
    exits: AsyncExitStack

    async def client(self, address: str = "198.51.100.7", agent: str = "Firefox/140.0 Linux") -> httpx.AsyncClient:
        headers = OURS | {"X-Client-Address": address, "User-Agent": agent}
        transport = httpx.ASGITransport(app=self.app)
        return await self.exits.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="https://portal.test", headers=headers)
        )

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.resources.engine.connect() as connection:
            return list(await connection.execute(text(statement), values))

    async def outbox(self, topic: str) -> list[Any]:
        return [row.payload for row in await self.rows("select payload from outbox where topic = :t", t=topic)]


OpenAuth = Callable[..., AbstractAsyncContextManager[Auth]]


async def sign_in(client: httpx.AsyncClient, email: str = "anna@example.org", password: str = PASSWORD) -> Any:
    return await client.post("/api/v1/sessions", json={"email": email, "password": password})


@pytest.fixture
async def open_auth(new_database: NewDatabase) -> OpenAuth:
    """Make a migrated database and give what starts auth on it: several times, with other settings, at once."""
    database = await new_database(MIGRATIONS)

    @asynccontextmanager
    async def start(*, at: datetime | None = None, **changes: Any) -> AsyncIterator[Auth]:
        at = at or datetime.now(UTC)  # of the present, since access tokens are checked against the system's clock
        values: dict[str, Any] = {
            "database_url": database,
            "database_pool_size": 20,
            "key_encryption_key": SECRET,
            "argon2_time_cost": 1,
            "argon2_memory_kib": 64,
        }
        settings = Settings(**(values | changes))
        clock = FixedClock(at)
        async with AsyncExitStack() as exits:
            resources = await exits.enter_async_context(open_resources(settings, clock=clock))
            async with resources.engine.begin() as connection:
                await load_users(connection, resources.passwords, UsersFile.model_validate(USERS), now=at)

            @asynccontextmanager
            async def given(_settings: Settings) -> AsyncIterator[Resources]:
                yield resources

            app = create_app(settings, frozenset({Role.API}), resources=given)
            await exits.enter_async_context(app.router.lifespan_context(app))
            yield Auth(resources, clock, app, exits)

    return start


@pytest.fixture
async def auth(open_auth: OpenAuth) -> AsyncIterator[Auth]:
    async with open_auth() as running:
        yield running
