"""Every operation of the public API, taken from its document, refuses every kind of wrong token; few need none."""

import base64
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
from tests.service.api_document import DOCUMENT, secured
from tests.tokens import Tokens

from common.cli import Role
from common.http.auth import TokenVerifier
from gateway.openapi import PLACEHOLDERS, SERVICES, operations

UNAUTHORIZED, FORBIDDEN = 401, 403
# All that staff without a second factor may do, beside signing out.
ADDING_A_FACTOR = {"begin_step_up", "complete_step_up", "confirm_factor", "enrol_factor", "list_factors"}
# Whoever wants another operation to be open writes it down here, on purpose.
OPEN = {
    "check_email_change_link",
    "check_recovery_link",
    "check_registration_link",
    "complete_recovery",
    "confirm_email_change",
    "confirm_registration",
    "estimate_password",
    "exchange_api_key",
    "refresh_session",
    "register",
    "request_recovery",
    "send_registration_letter",
    "send_second_factor_sms",
    "show_key_set",
    "show_second_factor",
    "sign_in",
    "sign_out",
}


@asynccontextmanager
async def running(
    service: str, new_database: NewDatabase, folder: Path, tokens: Tokens
) -> AsyncIterator[httpx.AsyncClient]:
    """Run the API of a service over a migrated database; its tokens are the test's."""
    resources = import_module(f"{service}.resources")
    database_url = await new_database(resources.MIGRATIONS)
    values: dict[str, Any] = {**PLACEHOLDERS.get(service, {}), "database_url": database_url}
    if service == "metering":
        values["clickhouse_path"] = folder
    settings = import_module(f"{service}.settings").Settings(**values)
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


def test_no_other_operation_than_those_of_signing_in_goes_without_a_token():
    """INVARIANT: an operation that loses its dependency on a token is not published."""
    assert {
        operation["operationId"] for _, _, operation in operations(DOCUMENT) if not operation.get("security")
    } == OPEN


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_tried_with_the_ids_of_others(service: str):
    assert (Path(__file__).parent / service / "test_ids_of_others.py").exists()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_wrong_token_is_refused_everywhere(service: str, new_database: NewDatabase, series_folder: Path):
    """INVARIANT: so is a token without a role, as staff have it before their second factor, but where they add one."""
    tokens = Tokens()
    faults: list[str] = []
    async with running(service, new_database, series_folder, tokens) as http:
        for path, method, operation in secured(service):
            for name, headers in wrong_headers(tokens).items():
                answer = await http.request(method, filled(path), headers=headers, json={})
                problem = answer.headers.get("content-type") == "application/problem+json"
                if answer.status_code != UNAUTHORIZED or not problem or not answer.json()["code"]:
                    faults.append(f"{method} {path} with {name}: {answer.status_code} {answer.text[:100]}")
            barred = tokens.headers(uuid4(), roles=[])
            answer = await http.request(method, filled(path), headers=barred, json={})
            refused = answer.status_code == FORBIDDEN and answer.json()["code"] == "second_factor_missing"
            if refused is (operation["operationId"] in ADDING_A_FACTOR) or "403" not in operation["responses"]:
                faults.append(f"{method} {path} without a role: {answer.status_code} {answer.text[:100]}")
    assert secured(service)
    assert not faults


def filled(path: str) -> str:
    """Return the path with an id that nobody has in each place."""
    parts = [str(uuid4()) if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)
