"""A request is one transaction, committed before its answer is sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from common.db import Transaction, open_engine, ping
from common.http.app import create_base_app
from common.settings import ServiceSettings


@dataclass(frozen=True)
class Resources:
    engine: AsyncEngine

    async def ping(self) -> None:
        await ping(self.engine)


@pytest.fixture
async def app(database: str) -> AsyncIterator[FastAPI]:
    settings = ServiceSettings(database_url=database)

    @asynccontextmanager
    async def resources() -> AsyncIterator[Resources]:
        async with open_engine(settings) as engine:
            yield Resources(engine)

    app = create_base_app(title="test", open_resources=resources)

    @app.post("/things/{name}")
    async def create(name: str, transaction: Transaction) -> dict[str, str]:
        await transaction.execute(text("insert into things (name) values (:name)"), {"name": name})
        if name == "broken":
            msg = "a fault of ours"
            raise RuntimeError(msg)
        return {"name": name}

    async with app.router.lifespan_context(app):
        async with app.state.resources.engine.begin() as connection:
            # The constraint is checked at the commit, so the commit itself is what fails.
            await connection.execute(
                text("create table things (name text, unique (name) deferrable initially deferred)")
            )
        yield app


def client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def count(app: FastAPI) -> int:
    async with app.state.resources.engine.connect() as connection:
        return int((await connection.execute(text("select count(*) from things"))).scalar_one())


async def test_a_commit_that_fails_is_a_500_and_never_a_200(app: FastAPI):
    """INVARIANT: an answer of success means that the change is stored."""
    async with client(app) as http:
        assert (await http.post("/things/one")).status_code == 200
        answer = await http.post("/things/one")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "internal"
    assert await count(app) == 1


async def test_an_endpoint_that_fails_leaves_nothing(app: FastAPI):
    async with client(app) as http:
        answer = await http.post("/things/broken")
    assert answer.status_code == 500
    assert answer.headers["connection"] == "close", "uvicorn closes after a fault; the gateway must know"
    assert "a fault of ours" not in answer.text
    assert await count(app) == 0


async def test_a_request_id_is_given_back_and_a_harmful_one_replaced(app: FastAPI):
    async with client(app) as http:
        assert (await http.get("/livez", headers={"x-request-id": "abc-1"})).headers["x-request-id"] == "abc-1"
        replaced = (await http.get("/livez", headers={"x-request-id": "<script>"})).headers["x-request-id"]
    assert replaced.isalnum()


async def test_an_unknown_path_is_a_problem_document(app: FastAPI):
    async with client(app) as http:
        answer = await http.get("/nothing-here")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/problem+json"
