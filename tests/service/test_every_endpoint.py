"""Every operation of the public API, taken from its document, refuses every kind of wrong token and every stranger."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.conftest import NewDatabase
from tests.tokens import Tokens

from common.cli import Role
from common.http.auth import TokenVerifier
from common.migrate import migrate
from gateway.openapi import PLACEHOLDERS, SERVICES, operations

PORTAL = Path(__file__).resolve().parents[2] / "docs" / "api" / "portal.json"
DOCUMENT: dict[str, Any] = json.loads(PORTAL.read_text(encoding="utf-8"))
UNAUTHORIZED = 401
STRANGERS = {403, 404}
PATTERNED = {"phone": "+7 927 000-00-00"}


def secured(service: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (path, method, operation) of what needs a token and belongs to `service`."""
    return [
        (path, method, operation)
        for path, method, operation in operations(DOCUMENT)
        if operation["x-service"] == service and operation.get("security")
    ]


@asynccontextmanager
async def running(service: str, database: str, folder: Path, tokens: Tokens) -> AsyncIterator[httpx.AsyncClient]:
    """Run the API of a service over a migrated database; its tokens are the test's."""
    resources = import_module(f"{service}.resources")
    values: dict[str, Any] = {**PLACEHOLDERS.get(service, {}), "database_url": database}
    if service == "metering":
        values["clickhouse_path"] = folder
    settings = import_module(f"{service}.settings").Settings(**values)
    await migrate(database, resources.MIGRATIONS)
    if service == "metering":
        await import_module("metering.store.engine").migrate(settings)

    @asynccontextmanager
    async def opened(settings: Any) -> AsyncIterator[Any]:
        async with resources.open_resources(settings) as found:
            yield replace(found, verifier=TokenVerifier(settings, transport=tokens.transport))

    app = import_module(f"{service}.api").create_app(settings, frozenset({Role.API}), resources=opened)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield http


@pytest.fixture(scope="session")
def series_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("every-endpoint")


def wrong_headers(tokens: Tokens) -> dict[str, dict[str, str]]:
    """Return what a caller may try instead of a good token."""
    user = uuid4()
    past = datetime.now(UTC) - timedelta(minutes=5)
    good = tokens.headers(user)["Authorization"].removeprefix("Bearer ")
    head, body, signature = good.split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt","kid":"test-key"}').rstrip(b"=").decode()
    return {
        "nothing": {},
        "basic": {"Authorization": "Basic Y29uc3VtZXI6c2VjcmV0"},
        "garbage": {"Authorization": "Bearer not.a.token"},
        "expired": tokens.headers(user, iat=past - timedelta(minutes=10), exp=past),
        "alg none": {"Authorization": f"Bearer {unsigned}.{body}."},
        "another key": Tokens().headers(user),
        "wrong audience": tokens.headers(user, aud="another-api"),
        "wrong issuer": tokens.headers(user, iss="another-issuer"),
        "changed body": {"Authorization": f"Bearer {head}.{body[:-2]}AA.{signature}"},
    }


@pytest.mark.parametrize("service", SERVICES)
async def test_a_wrong_token_is_refused_everywhere(service: str, new_database: NewDatabase, series_folder: Path):
    tokens = Tokens()
    faults: list[str] = []
    async with running(service, await new_database(), series_folder, tokens) as http:
        for path, method, _ in secured(service):
            for name, headers in wrong_headers(tokens).items():
                answer = await http.request(method, filled(path), headers=headers, json={})
                problem = answer.headers.get("content-type") == "application/problem+json"
                if answer.status_code != UNAUTHORIZED or not problem or not answer.json()["code"]:
                    faults.append(f"{method} {path} with {name}: {answer.status_code} {answer.text[:100]}")
    assert secured(service)
    assert not faults


@pytest.mark.parametrize("service", SERVICES)
async def test_a_stranger_finds_nothing_behind_an_id(service: str, new_database: NewDatabase, series_folder: Path):
    """INVARIANT: an id that is not the caller's answers as one that does not exist, or asks for more proof first."""
    tokens = Tokens()
    faults: list[str] = []
    async with running(service, await new_database(), series_folder, tokens) as http:
        for path, method, operation in secured(service):
            if "{" not in path:
                continue
            answer = await http.request(
                method, filled(path), headers=sent(tokens, operation), params=query(operation), json=body(operation)
            )
            # auth knows its callers by their login, and these tokens have none.
            allowed = STRANGERS | ({UNAUTHORIZED} if service == "auth" else set())
            if answer.status_code not in allowed:
                faults.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
    assert not faults


def filled(path: str) -> str:
    """Return the path with an id that nobody has in each place."""
    parts = [str(uuid4()) if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def sent(tokens: Tokens, operation: dict[str, Any]) -> dict[str, str]:
    headers = tokens.headers(uuid4())
    names = [given["name"] for given in operation.get("parameters", []) if given["in"] == "header"]
    return headers | {name: uuid4().hex for name in names if name == "Idempotency-Key"}


def query(operation: dict[str, Any]) -> dict[str, Any]:
    """Return a value for each query parameter that must be there."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    times = {"start": (day - timedelta(days=1)).isoformat(), "end": day.isoformat()}
    wanted = [given for given in operation.get("parameters", []) if given["in"] == "query" and given["required"]]
    return {given["name"]: times.get(given["name"], example(given["schema"])) for given in wanted}


def body(operation: dict[str, Any]) -> Any:
    """Return a smallest valid body, or None."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else example(content["schema"])


def example(schema: dict[str, Any]) -> Any:
    """Return a smallest value that fits `schema`, as far as our documents use JSON Schema."""
    while "$ref" in schema or "anyOf" in schema:
        name = schema.get("$ref", "").rpartition("/")[2]
        schema = DOCUMENT["components"]["schemas"][name] if name else schema["anyOf"][0]
    if schema.get("type") == "object":
        return {name: PATTERNED.get(name) or example(schema["properties"][name]) for name in schema.get("required", [])}
    if schema.get("type") == "array":
        return [example(schema["items"])] * schema.get("minItems", 0)
    chosen = [schema["const"]] if "const" in schema else schema.get("enum")
    if chosen is not None:
        return chosen[0]
    plain = {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1), "boolean": False, "null": None}
    return plain[schema["type"]] if schema.get("type") in plain else text(schema)


def text(schema: dict[str, Any]) -> str:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    formats: dict[str, str] = {
        "uuid": str(uuid4()),
        "email": "stranger@halfhour.example",
        "date": tomorrow.date().isoformat(),
        "date-time": tomorrow.isoformat(),
    }
    shortest = "x" * int(max(1, schema.get("minLength", 1)))
    return formats.get(str(schema.get("format", "")), shortest)
