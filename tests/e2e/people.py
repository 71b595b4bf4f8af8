"""People of the browser tests: how they register, sign in and out, and read the letters that the portal sends."""

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import httpx
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as NotShown
from tests.e2e.stack import Stack
from tests.e2e.texts import Texts

PASSWORD = "семь-ежей-под-мостом"
NEXT_PASSWORD = "восемь-ежей-на-крыше"
COMMON_PASSWORD = "password1"
WRONG_PASSWORD = "не тот пароль"
FULL_NAME = "Анна Ким"
NEXT_NAME = "Анна Цой"
# Of walks over the API.
PHRASE = "correct-horse-battery-half-hour"
NEXT_PHRASE = "entirely-another-phrase"
VISITOR = "Вера Лисова"
STRANGER = "Соседка Чужая"
# What people call their contracts.
COTTAGE = "Дача"
NEIGHBOURS = "Договор соседа"
# No log and no metric may tell any of these.
WORDS = (
    *(PASSWORD, NEXT_PASSWORD, COMMON_PASSWORD, WRONG_PASSWORD, PHRASE, NEXT_PHRASE),
    *(FULL_NAME, NEXT_NAME, VISITOR, STRANGER, COTTAGE, NEIGHBOURS),
)
LETTER_WITHIN_SECONDS = 30
# The days of a demo that has just begun are judged one after the other.
SHOWN_WITHIN_SECONDS = 180
RUSSIAN = Texts("ru")

Role = Literal["consumer", "operator"]


def demo_person(stack: Stack, role: Role) -> dict[str, str]:
    """Return e-mail and password of the demo's person."""
    return next(person for person in stack.ready["people"] if person["role"] == role)


def new_address() -> str:
    return f"{uuid4().hex[:12]}@halfhour.example"


def link_in_letter(stack: Stack, address: str, path: str, *, number: int = 1) -> str:
    """Return the newest link to `path` in the letters to `address`, waiting until there are that many."""
    link = re.compile(re.escape(f"{stack.portal}{path}#") + r"\S+")
    for letters in _letters(stack, address):
        found = [match[0] for letter in letters for match in link.finditer(letter["text"])]
        if len(found) >= number:
            break
    return found[-1]


def letter_text(stack: Stack, address: str, subject: str) -> str:
    """Return the text of the letter to `address` whose subject contains `subject`, waiting for it."""
    for letters in _letters(stack, address):
        found = [str(letter["text"]) for letter in letters if subject in letter["subject"]]
        if found:
            break
    return found[0]


def _letters(stack: Stack, address: str) -> Iterator[list[dict[str, Any]]]:
    """Give the letters to `address` again and again, oldest first, and fail when the time is over."""
    deadline = time.monotonic() + LETTER_WITHIN_SECONDS
    while True:
        answer = httpx.get(
            f"{stack.ready['inbox']}/api/messages", params={"to": address, "wait": 5}, timeout=20
        ).raise_for_status()
        messages: list[dict[str, Any]] = sorted(answer.json()["items"], key=lambda letter: letter["id"])
        yield messages
        assert time.monotonic() < deadline, [letter["subject"] for letter in messages]
        time.sleep(0.2)


def registered(stack: Stack, *, language: str = "ru") -> str:
    """Register and confirm a person over the API; return the address."""
    address = new_address()
    person = {"email": address, "full_name": FULL_NAME, "phone": "+79001112233", "language": language}
    with httpx.Client(base_url=stack.portal, timeout=30) as client:
        client.post("/api/v1/registrations", json=person | {"password": PASSWORD}).raise_for_status()
        token = link_in_letter(stack, address, "/confirm-registration").rpartition("token=")[2]
        proof = {"token": token, "password": PASSWORD}
        client.post("/api/v1/registrations/confirm", json=proof).raise_for_status()
    return address


def code_in_sms(stack: Stack, phone: str, *, number: int) -> str:
    """Return the code of the `number`th message to `phone`, waiting for it."""
    deadline = time.monotonic() + LETTER_WITHIN_SECONDS
    while True:
        query: dict[str, str | int] = {"to": f"{phone}@sms.example", "wait": 5}
        answer = httpx.get(f"{stack.ready['inbox']}/api/messages", params=query, timeout=20).raise_for_status()
        messages = sorted(answer.json()["items"], key=lambda it: it["id"])
        if len(messages) >= number:
            code = re.search(r"\d{6}", messages[number - 1]["text"])
            assert code is not None
            return code[0]
        assert time.monotonic() < deadline, f"no message {number} to the phone"
        time.sleep(0.2)


def new_operator(stack: Stack) -> tuple[str, str]:
    """Load an operator of the demo supplier as the users file has one; return address and phone. PASSWORD opens it."""
    address, phone = new_address(), f"+7901{uuid4().int % 10**7:07d}"
    user = {"id": str(uuid4()), "email": address, "full_name": FULL_NAME, "phone": phone, "password": PASSWORD}
    staff = {"roles": ["operator"], "supplier_code": "demo"}
    folder = Path(stack.ready["files"]["environments"])
    lines = (folder / "auth.env").read_text(encoding="utf-8").splitlines()
    environment = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    file = folder.parent / f"{address}.json"
    file.write_text(json.dumps({"users": [user | staff]}), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "auth", "load", str(file)], env=environment, check=True, capture_output=True)
    file.unlink()
    return address, phone


def field(page: Page | Locator, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def sign_in(page: Page, address: str, password: str = PASSWORD, *, say: Texts = RUSSIAN) -> None:
    page.goto("/sign-in")
    type_pair(page, address, password, say=say)


def type_pair(page: Page, address: str, password: str = PASSWORD, *, say: Texts = RUSSIAN) -> None:
    field(page, "E-mail").fill(address)
    field(page, say("Пароль")).fill(password)
    button(page, say("ВОЙТИ")).click()


def speak(page: Page, *, say: Texts) -> None:
    """Choose the walk's language for a person of the demo, whose own is Russian."""
    page.add_init_script(f"localStorage.setItem('halfhour.language', '{say.language}')")


def open_profile(page: Page, address: str, password: str = PASSWORD, *, say: Texts = RUSSIAN) -> None:
    sign_in(page, address, password, say=say)
    button(page, FULL_NAME).click()
    page.get_by_role("menuitem", name=say("Профиль")).click()
    expect(page.get_by_role("heading", name=say("Профиль"), level=1)).to_be_visible()


def sign_out(page: Page, name: str = FULL_NAME, *, say: Texts = RUSSIAN) -> None:
    button(page, name).click()
    page.get_by_role("menuitem", name=say("Выйти")).click()
    expect(page.get_by_role("heading", name=say("Войти в систему"))).to_be_visible()


def signed_in_at_the_start(page: Page, *, say: Texts = RUSSIAN) -> None:
    expect(page.get_by_role("main").get_by_role("link", name=say("ДОБАВИТЬ ДОГОВОР"))).to_be_visible()


def reload_until_shown(page: Page, awaited: Locator) -> None:
    """Wait for what comes by a topic while the page is open."""
    deadline = time.monotonic() + SHOWN_WITHIN_SECONDS
    while True:
        try:
            awaited.wait_for(timeout=2_000)
        except NotShown:
            assert time.monotonic() < deadline, "it never came"
            page.reload()
        else:
            return
