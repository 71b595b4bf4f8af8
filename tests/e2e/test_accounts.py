"""Accounts through the gateway with letters from the inbox; auth is killed where a letter could get lost."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pyotp
import pytest
from tests.e2e.people import NEXT_PHRASE, VISITOR
from tests.e2e.people import PHRASE as PASSWORD
from tests.e2e.stack import Stack

from local_stack.paths import REPOSITORY

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

OURS = {"X-Requested-With": "halfhour"}
AWAY = {502, 503, 504}


@contextmanager
def visitor(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.portal, timeout=30, headers=OURS) as client:
        yield client


def call(client: httpx.Client, method: str, path: str, **body: Any) -> httpx.Response:
    """Call, again while a part is being started anew; every call here may be repeated."""
    for _ in range(100):
        answer = client.request(method, f"/api/v1{path}", json=body or None)
        if answer.status_code not in AWAY:
            return answer
        time.sleep(0.2)
    raise AssertionError(answer.text)


def letters(stack: Stack, to: str, *, at_least: int = 1, text: str = "") -> list[dict[str, Any]]:
    """The letters to an address that contain a text, once there are so many."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = httpx.get(f"{stack.ready['inbox']}/api/messages", params={"to": to, "wait": 5}, timeout=30)
        found = [letter for letter in answer.raise_for_status().json()["items"] if text in letter["text"]]
        if len(found) >= at_least:
            return found
        time.sleep(0.2)
    raise AssertionError(f"no {at_least} letters came")


def token_of(letter: dict[str, Any]) -> str:
    found = re.search(r"token=([\w-]+)", letter["text"])
    assert found, letter
    return found[1]


def registered(stack: Stack, client: httpx.Client, *, language: str = "ru", **changes: Any) -> str:
    """Register somebody and confirm; return the address."""
    email = f"somebody-{uuid4().hex}@halfhour.example"
    person = {"email": email, "full_name": VISITOR, "phone": "+79161234567", "password": PASSWORD}
    assert call(client, "POST", "/registrations", **person, language=language, **changes).status_code == 201
    (letter,) = letters(stack, email, text="confirm-registration")
    assert call(client, "POST", "/registrations/confirm", token=token_of(letter), password=PASSWORD).status_code == 200
    return email


def bear(client: httpx.Client, answer: httpx.Response) -> None:
    assert answer.status_code == 201, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def prove(client: httpx.Client) -> None:
    assert call(client, "POST", "/me/step-up", password=PASSWORD).json()["confirmed_until"]


@pytest.mark.parametrize(("language", "subject"), [("ru", "Подтвердите регистрацию"), ("en", "Confirm your reg")])
def test_somebody_registers_by_letter_recovers_and_reads_what_happened(demo_stack: Stack, language: str, subject: str):
    with visitor(demo_stack) as client:
        email = registered(demo_stack, client, language=language)
        assert letters(demo_stack, email)[0]["subject"].startswith(subject)
        assert call(client, "POST", "/recoveries", email=email).status_code == 202
        (letter,) = letters(demo_stack, email, text="/recover#")
        new = {"token": token_of(letter), "password": NEXT_PHRASE}
        assert call(client, "POST", "/recoveries/complete", **new).status_code == 200
        bear(client, call(client, "POST", "/sessions", email=email, password=NEXT_PHRASE))
        kinds = {event["kind"] for event in call(client, "GET", "/me/security-events").json()["items"]}
        assert {"registered", "recovery_requested", "password_recovered", "signed_in"} <= kinds


def test_a_letter_survives_the_death_of_auth_right_after_its_answer(demo_stack: Stack):
    """INVARIANT: a letter is part of the commit; kill -9 between commit and publish loses and doubles none."""
    with visitor(demo_stack) as client:
        emails = []
        for _ in range(3):
            email = f"somebody-{uuid4().hex}@halfhour.example"
            person = {"email": email, "full_name": VISITOR, "phone": "+79161234567", "password": PASSWORD}
            assert call(client, "POST", "/registrations", **person, language="ru").status_code == 201
            demo_stack.kill("auth")
            emails.append(email)
        for email in emails:
            (letter, *_) = letters(demo_stack, email, text="confirm-registration")
            proof = {"token": token_of(letter), "password": PASSWORD}
            assert call(client, "POST", "/registrations/confirm", **proof).status_code == 200
            assert call(client, "POST", "/sessions", email=email, password=PASSWORD).status_code == 201
            # A person's letters keep their order, so with the next one here no repeat of the first is under way.
            assert call(client, "POST", "/recoveries", email=email).status_code == 202
            assert len(letters(demo_stack, email, text="/recover#")) == 1
            assert len(letters(demo_stack, email, text="confirm-registration")) == 1


def test_make_rotates_the_keys_and_nobody_is_signed_out(demo_stack: Stack, demo_folder: Path):
    """INVARIANT: `make rotate-keys` publishes the next key beside the present, and every session goes on."""
    with demo_stack.sign_in() as client:
        before = key_ids(demo_stack)
        callers = dict(os.environ)  # noqa: TID251 -- passed on whole
        made = subprocess.run(
            ["make", "rotate-keys"],
            cwd=REPOSITORY,
            env=callers | {"LOCAL_DIR": str(demo_folder)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        demo_stack.kill("auth")  # a new process reads the keys at once, a running one within half a minute

        assert call(client, "GET", "/me").status_code == 200
        after = key_ids(demo_stack)
        assert before < after
        assert len(after) == len(before) + 1
        client.headers.update(OURS)
        refreshed = call(client, "POST", "/sessions/refresh")
        client.headers["Authorization"] = f"Bearer {refreshed.raise_for_status().json()['access_token']}"
        assert call(client, "GET", "/contracts").status_code == 200


def key_ids(stack: Stack) -> set[str]:
    document = httpx.get(f"{stack.portal}/.well-known/jwks.json", timeout=30).raise_for_status().json()
    return {str(key["kid"]) for key in document["keys"]}


def test_a_recovery_survives_the_death_of_auth_under_way(demo_stack: Stack):
    with visitor(demo_stack) as client:
        email = registered(demo_stack, client)
        killer = threading.Thread(target=demo_stack.kill, args=("auth",))
        assert call(client, "POST", "/recoveries", email=email).status_code == 202
        killer.start()
        (letter, *_) = letters(demo_stack, email, text="/recover#")
        killer.join()
        assert call(client, "POST", "/recoveries/check", token=token_of(letter)).status_code == 204
        new = {"token": token_of(letter), "password": NEXT_PHRASE}
        assert call(client, "POST", "/recoveries/complete", **new).status_code == 200
        # Confirmation, recovery, and the news of the changed password, behind which no repeat is under way.
        letters(demo_stack, email, at_least=3)
        assert len(letters(demo_stack, email, text="/recover#")) == 1


def test_an_app_and_a_phone_are_asked_at_sign_in(demo_stack: Stack):
    with visitor(demo_stack) as client:
        email = registered(demo_stack, client)
        bear(client, call(client, "POST", "/sessions", email=email, password=PASSWORD))
        prove(client)
        begun = call(client, "POST", "/me/factors", kind="totp", name="phone").json()
        totp = pyotp.TOTP(begun["totp"]["secret"])
        confirmed = call(client, "POST", "/me/factors/confirm", enrolment_id=begun["enrolment_id"], code=totp.now())
        assert len(confirmed.json()["recovery_codes"]) == 10

        phone = f"+7916{uuid4().int % 10**7:07}"
        begun = call(client, "POST", "/me/factors", kind="sms", name="sms", phone=phone).json()
        (text,) = letters(demo_stack, f"{phone}@sms.example")
        code = re.findall(r"\b[0-9]{6}\b", text["text"])[0]
        added = call(client, "POST", "/me/factors/confirm", enrolment_id=begun["enrolment_id"], code=code)
        assert added.status_code == 201, added.text

    with visitor(demo_stack) as client:
        challenge = call(client, "POST", "/sessions", email=email, password=PASSWORD)
        assert (challenge.status_code, challenge.json()["factors"]) == (202, ["totp", "sms", "recovery_code"])
        named = {"challenge_id": challenge.json()["challenge_id"]}
        assert call(client, "POST", "/second-factor/sms", **named).status_code == 202
        text = letters(demo_stack, f"{phone}@sms.example", at_least=2)[-1]
        code = re.findall(r"\b[0-9]{6}\b", text["text"])[0]
        bear(client, call(client, "POST", "/sessions/second-factor", **named, kind="sms", code=code))
        assert call(client, "GET", "/me").json()["email"] == email
