"""People of the browser tests: how they register, sign in and out, and read the letters that the portal sends."""

import re
import time
from collections.abc import Iterator
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
