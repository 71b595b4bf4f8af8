"""The whole API through the gateway, held to its own document, by a stranger's hand, and to silence in the logs."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from tests.e2e.people import FULL_NAME
from tests.e2e.people import PHRASE as PASSWORD
from tests.e2e.people import STRANGER as NAME
from tests.e2e.silence import hold_to_silence, told_by_logs, told_by_metrics
from tests.e2e.stack import Stack

from local_stack.paths import REPOSITORY

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

PORTAL = REPOSITORY / "docs" / "api" / "portal.json"
# The gateway lets 100 requests a second through from one address.
REQUESTS_A_SECOND = "60/s"
EXAMPLES = "3"
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance"
HOOKS = Path(__file__).with_name("another_address.py")
PHONE = "+79270000777"


@contextmanager
def registered(stack: Stack) -> Iterator[httpx.Client]:
    """Give the client of somebody who registered by the letter's link and signed in."""
    email = f"somebody-{uuid4().hex}@halfhour.example"
    person = {"email": email, "full_name": NAME, "phone": PHONE, "password": PASSWORD, "language": "ru"}
    with httpx.Client(base_url=stack.portal, timeout=30) as client:
        client.post("/api/v1/registrations", json=person).raise_for_status()
        inbox = f"{stack.ready['inbox']}/api/messages"
        letters = httpx.get(inbox, params={"to": email, "wait": 15}, timeout=30).raise_for_status()
        found = re.search(r"token=([\w.~-]+)", json.dumps(letters.json()))
        assert found, letters.text
        client.post("/api/v1/registrations/confirm", json={"token": found[1], "password": PASSWORD}).raise_for_status()
        pair = {"email": email, "password": PASSWORD}
        session = client.post("/api/v1/sessions", json=pair, headers={"X-Requested-With": "halfhour"})
        client.headers["Authorization"] = f"Bearer {session.raise_for_status().json()['access_token']}"
        yield client


@pytest.fixture(scope="module")
def stranger(demo_stack: Stack) -> Iterator[httpx.Client]:
    """Somebody without any contract."""
    with registered(demo_stack) as client:
        yield client


@pytest.fixture(scope="module")
def neighbour(demo_stack: Stack) -> Iterator[httpx.Client]:
    """Somebody else who has linked the demo contract too: what is done in this name harms no other test."""
    story = json.loads((REPOSITORY / "deploy" / "local" / "demo" / "story.json").read_text(encoding="utf-8"))
    link = {key: value for key, value in story["links"][0].items() if key != "email"}
    with registered(demo_stack) as client:
        headers = {"Idempotency-Key": uuid4().hex}
        client.post("/api/v1/contracts", json=link, headers=headers).raise_for_status()
        yield client


def held_to_the_document(stack: Stack, client: httpx.Client, folder: Path, *narrowed: str) -> None:
    """Raise if an input makes an error of ours or an answer outside the document."""
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", str(PORTAL), "--url", stack.portal),
            *("--header", f"Authorization: {client.headers['Authorization']}"),
            *("--header", "X-Requested-With: halfhour", "--checks", CHECKS),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES),
            *("--rate-limit", REQUESTS_A_SECOND, "--seed", "30", "--no-color", "--suppress-health-check", "all"),
            *narrowed,
        ],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},  # noqa: TID251 -- passed on whole
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_no_input_makes_an_error_of_ours_or_an_answer_outside_the_document(
    demo_stack: Stack, neighbour: httpx.Client, tmp_path: Path
):
    """All but the staff's operations, which have a test of their own. None is left out.

    The calls come from an address of their own, and in the name of somebody whom nothing else needs: their wrong tries
    turn away nobody else. Without a proof that the owner sits there, no call ends the login that is used here.
    """
    held_to_the_document(demo_stack, neighbour, tmp_path, "--exclude-path-regex", "/operator/")

    assert neighbour.get("/api/v1/me").status_code == 200, "every operation was tried by somebody signed in"


def ids_of_the_consumer(stack: Stack) -> dict[str, str]:
    """Return real ids that belong to the demo consumer."""
    with stack.sign_in() as client:
        contract = client.get("/api/v1/contracts").raise_for_status().json()["items"][0]["id"]
        points = client.get(f"/api/v1/contracts/{contract}/points").raise_for_status().json()["items"]
        notices = client.get("/api/v1/notifications").raise_for_status().json()["items"]
        ticket = client.post(
            f"/api/v1/contracts/{contract}/tickets",
            json={"email": "consumer@halfhour.example", "phone": "+79270000001", "subject": "Тема", "text": "Текст"},
            headers={"Idempotency-Key": uuid4().hex},
        ).raise_for_status()
        sessions = client.get("/api/v1/me/sessions").raise_for_status().json()["items"]
    return {
        "contract_id": contract,
        "point_id": points[0]["id"],
        "notification_id": notices[0]["id"],
        "ticket_id": ticket.json()["id"],
        "session_id": sessions[0]["id"],
    }


def test_a_stranger_reaches_nothing_of_the_consumers(demo_stack: Stack, stranger: httpx.Client):
    """INVARIANT: a consumer reaches only linked contracts; another's ids answer like ids that do not exist."""
    ids = ids_of_the_consumer(demo_stack)
    tried, faults = 0, []
    day = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-02T00:00:00Z"}
    for path, operations in json.loads(PORTAL.read_text(encoding="utf-8"))["paths"].items():
        names = re.findall(r"{(\w+)}", path)
        if not names or any(name not in ids for name in names):
            continue
        for method in operations:
            answer = stranger.request(method, path.format(**ids), params=day)
            tried += 1
            # 422: the body is missing, which is said before the id is looked at.
            if answer.status_code not in {403, 404, 422}:
                faults.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
    assert tried >= 10
    assert not faults


def test_no_personal_datum_and_no_secret_is_in_the_logs(demo_stack: Stack, stranger: httpx.Client):
    """INVARIANT: no address, phone, name, password or token is written to a log."""
    with demo_stack.sign_in() as client:
        token = client.headers["Authorization"].removeprefix("Bearer ")
    ours = stranger.headers["Authorization"].removeprefix("Bearer ")
    told = told_by_logs(demo_stack) | told_by_metrics(demo_stack)
    # What later modules do is held to the same when the stack has ended.
    hold_to_silence(demo_stack, told, PHONE, token, ours)


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "letter.sent", "to": "anna@halfhour.example"}',
        "rejected +79161234567",
        "Authorization: Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "GET /confirm-registration?token=abc",
        json.dumps({"name": FULL_NAME}),
    ],
)
def test_what_is_told_is_heard(demo_stack: Stack, line: str):
    with pytest.raises(AssertionError, match="were told"):
        hold_to_silence(demo_stack, {"a log": f"a line\n{line}\n"})
    hold_to_silence(demo_stack, {"a log": "1@127.0.0.1:9093 contract.linked"})
