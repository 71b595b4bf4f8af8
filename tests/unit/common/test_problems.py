"""Problem documents: which field is at fault, and what is kept of a refusal."""

from typing import Annotated, Any
from uuid import uuid4

import httpx
import pytest
from fastapi import Depends, FastAPI, Query, Request
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from common.errors import Forbidden, TooMany
from common.http.problems import install_problem_handlers

ANNA = str(uuid4())


class Deadlock(Exception):
    sqlstate = "40P01"


class Body(BaseModel):
    amount: int


def _signed_in(request: Request) -> None:
    request.state.user_id = ANNA


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI(dependencies=[Depends(_signed_in)])
    install_problem_handlers(app)

    @app.post("/things/{name}")
    async def create(name: str, body: Body, limit: Annotated[int, Query(ge=1)] = 1) -> int:
        if name == "foreign":
            raise Forbidden("not yours")
        if name == "deadlocked":
            raise DBAPIError("update things", {}, Deadlock())
        if name == "again":
            raise TooMany("later", retry_after_seconds=7)
        return body.amount * limit

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def send(client: httpx.AsyncClient, content: bytes, path: str = "/things/one") -> httpx.Response:
    return await client.post(path, content=content, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'{"amount": 1,', ("body", "json_invalid", "not JSON, at byte 13")),
        (b"\xff\xfe", ("body", "json_invalid", "not JSON, at byte 0")),
        (b"", ("body", "missing", "Field required")),
    ],
)
async def test_a_body_that_is_no_json_names_no_byte_as_a_field(
    client: httpx.AsyncClient, content: bytes, fault: tuple[str, str, str]
):
    problem = (await send(client, content)).json()

    assert (problem["status"], problem["code"]) == (422, "invalid_request")
    assert [(one["field"], one["code"], one["message"]) for one in problem["errors"]] == [fault]


@pytest.mark.parametrize(
    ("path", "content", "status", "code", "fields"),
    [
        ("/things/foreign", b'{"amount": 1}', 403, "forbidden", []),
        ("/things/again", b'{"amount": 1}', 429, "too_many_attempts", []),
        ("/things/one?limit=0", b'{"amount": "secret"}', 422, "invalid_request", ["limit", "amount"]),
    ],
)
async def test_a_refusal_is_logged_with_who_was_refused_what_and_without_what_was_sent(
    client: httpx.AsyncClient, path: str, content: bytes, status: int, code: str, fields: list[str]
):
    with capture_logs() as lines:
        assert (await send(client, content, path)).status_code == status

    [line] = [line for line in lines if line["event"] == "request.refused"]
    named: list[Any] = [field.partition(":")[0] for field in line.pop("fields")]
    assert named == fields
    assert line == {
        "event": "request.refused",
        "log_level": "info",
        "status": status,
        "code": code,
        "method": "POST",
        "route": "/things/{name}",
        "user_id": ANNA,
    }


async def test_a_transaction_that_lost_to_another_may_be_asked_for_again(client: httpx.AsyncClient):
    answer = await send(client, b'{"amount": 1}', "/things/deadlocked")

    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "busy", "1")
