"""What `make run` gives: a living page, the API's document, letters, and problems instead of faults."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.e2e.history import HISTORY, LEAST_SHARE, known_half_hours
from tests.e2e.people import PASSWORD, letter_text, registered
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def test_the_demo_consumer_meets_a_living_page(demo_stack: Stack):
    end = datetime.fromtimestamp(int(time.time()) // 1800 * 1800, UTC) - timedelta(minutes=30)
    with demo_stack.sign_in() as client:
        assert known_half_hours(client, end) >= LEAST_SHARE * HISTORY / timedelta(minutes=30)


def test_the_api_document_is_served(demo_stack: Stack):
    document = httpx.get(f"{demo_stack.portal}/api/openapi.json").raise_for_status().json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/points/{point_id}/profile" in document["paths"]


def test_a_letter_of_the_new_device_is_in_the_inbox(demo_stack: Stack):
    address = registered(demo_stack)
    pair = {"email": address, "password": PASSWORD}
    came = {"X-Requested-With": "halfhour"}
    httpx.post(f"{demo_stack.portal}/api/v1/sessions", json=pair, headers=came).raise_for_status()
    assert "с нового устройства: Python." in letter_text(
        demo_stack, address, "Вход в личный кабинет с нового устройства"
    )


@pytest.mark.parametrize(
    ("method", "path", "token", "status", "code"),
    [
        ("GET", "/api/v1/contracts", None, 401, None),
        ("GET", "/api/v1/contracts", "Bearer not.a.token", 401, None),
        ("GET", "/api/v1/points/0193ffff-0000-7000-8000-000000000000", "good", 404, "point_not_found"),
        ("GET", "/api/v1/points/not-an-id", "good", 422, "invalid_request"),
        ("GET", "/api/v1/contracts/0193ffff-0000-7000-8000-000000000000/points", "good", 404, "contract_not_found"),
        ("GET", "/api/v1/nothing", "good", 404, "not_found"),
        ("POST", "/api/v1/sessions", None, 403, None),
    ],
)
def test_a_call_that_is_wrong_gets_a_problem_document(
    demo_stack: Stack, method: str, path: str, token: str | None, status: int, code: str | None
):
    with demo_stack.sign_in() as client:
        if token is None:
            del client.headers["Authorization"]
        elif token != "good":
            client.headers["Authorization"] = token
        answer = client.request(method, path, json={} if method == "POST" else None)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["status"] == status
    assert code is None or answer.json()["code"] == code
    assert answer.headers["x-content-type-options"] == "nosniff"
