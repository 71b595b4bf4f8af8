"""The manual's chapters 2.2, 3.2 and 3.3 in a browser: contracts added, renamed, shared, lost, looked at, unlinked."""

import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import PHONE
from tests.e2e.people import (
    COTTAGE,
    NEIGHBOURS,
    PASSWORD,
    RUSSIAN,
    WRONG_PASSWORD,
    button,
    demo_person,
    field,
    letter_text,
    link_in_letter,
    registered,
    reload_until_shown,
    sign_in,
    sign_out,
    signed_in_at_the_start,
    speak,
    type_pair,
)
from tests.e2e.stack import Stack
from tests.e2e.test_pages import check
from tests.e2e.texts import Texts

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(600)]

ACCESS_ENDED = (
    "Владелец договора закрыл вам доступ."
    " Попросите новое приглашение или добавьте договор с логином и паролем поставщика."
)


@pytest.fixture
def operator(demo_stack: Stack) -> Iterator[httpx.Client]:
    with demo_stack.sign_in("operator") as client:
        yield client


def new_contract(operator: httpx.Client) -> str:
    """Have the supplier create a contract whose login is its number; return its id."""
    number = uuid4().hex[:8]
    created = operator.post(
        "/api/v1/operator/contracts", json={"number": number, "login": number}, headers={"Idempotency-Key": number}
    )
    return str(created.raise_for_status().json()["id"])


def new_password(operator: httpx.Client, contract_id: str) -> dict[str, str]:
    """Have the supplier issue a sheet; return its only strip."""
    sheet = operator.post("/api/v1/operator/credential-sheets", json={"contract_ids": [contract_id]})
    strip: dict[str, str] = sheet.raise_for_status().json()["items"][0]
    return strip


def navigation(page: Page, *, say: Texts) -> Locator:
    """Return the list of contracts; on a phone it is behind a menu."""
    contracts = page.get_by_role("navigation", name=say("Договоры"))
    menu = page.get_by_role("button", name=say("Открыть меню"))
    contracts.or_(menu).filter(visible=True).first.wait_for()
    if menu.is_visible():
        menu.click()
    return contracts


def contract_menu(page: Page, name: str = "", *, say: Texts) -> None:
    """Open the three dots of the contract of this name, or of the first."""
    dots = re.compile("^" + re.escape(say("Действия с договором: {0}", **{"0": name})))
    navigation(page, say=say).get_by_role("button", name=dots).first.click()


def add_beside(page: Page, name: str, strip: dict[str, str], *, say: Texts) -> None:
    """Add a second contract from the navigation, and switch to the contract of this name and back."""
    navigation(page, say=say).get_by_role("link", name=say("ДОБАВИТЬ ДОГОВОР")).click()
    field(page, say("Название")).fill(NEIGHBOURS)
    type_contract(page, strip, say=say)
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text(NEIGHBOURS)
    for one in (name, NEIGHBOURS):
        contracts = navigation(page, say=say)
        expect(contracts.get_by_role("listitem")).to_have_count(2)
        contracts.get_by_role("link", name=one).click()
        expect(title).to_have_text(one)


def unlink(page: Page, name: str, *, say: Texts) -> None:
    contract_menu(page, name, say=say)
    page.get_by_role("menuitem", name=say("Отвязать")).click()
    check(page)
    button(page, say("ОТВЯЗАТЬ")).click()


def type_contract(page: Page, strip: dict[str, str], *, say: Texts) -> None:
    field(page, say("Логин")).fill(strip["login"])
    field(page, say("Пароль")).fill(strip["password"])
    button(page, say("ДОБАВИТЬ")).click()


@pytest.mark.provokes(403, 404)
def test_a_contract_is_added_renamed_lost_to_a_new_password_added_again_and_unlinked(
    page: Page, demo_stack: Stack, operator: httpx.Client, say: Texts
):
    renamed = f"{COTTAGE} у реки"
    contract_id = new_contract(operator)
    strip = new_password(operator, contract_id)
    sign_in(page, registered(demo_stack, language=say.language), say=say)
    page.get_by_role("main").get_by_role("link", name=say("ДОБАВИТЬ ДОГОВОР")).click()
    field(page, say("Название")).fill(COTTAGE)
    type_contract(page, strip | {"password": WRONG_PASSWORD}, say=say)
    refused = say("Поставщик не подтвердил логин и пароль. Проверьте их и повторите.")
    expect(page.get_by_role("alert")).to_have_text(refused)
    check(page)
    type_contract(page, strip, say=say)
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text(COTTAGE)
    expect(page.get_by_role("main").get_by_text(strip["number"])).to_be_visible()

    contract_menu(page, say=say)
    page.get_by_role("menuitem", name=say("Редактировать")).click()
    dialog = page.get_by_role("dialog", name=say("Переименовать договор"))
    field(dialog, say("Название")).fill(renamed)
    check(page)
    dialog.get_by_role("button", name=say("СОХРАНИТЬ")).click()
    expect(dialog).to_be_hidden()
    page.reload()
    expect(title).to_have_text(renamed)

    strip = new_password(operator, contract_id)
    page.reload()
    changed = say("Поставщик сменил пароль договора. Добавьте договор снова с новым паролем.")
    expect(page.get_by_text(changed)).to_be_visible()
    check(page)
    page.get_by_role("link", name=say("Уведомления")).click()
    notice = page.get_by_role("main").get_by_text(strip["number"])
    reload_until_shown(page, notice)
    notice.click()
    page.get_by_role("link", name=say("Добавить договор снова")).click()
    page.get_by_role("main").get_by_role("link", name=say("ДОБАВИТЬ ДОГОВОР")).click()
    expect(field(page, say("Название"))).to_have_value(renamed)
    type_contract(page, strip, say=say)
    expect(title).to_have_text(renamed)
    expect(page.get_by_text(changed)).to_have_count(0)

    operator.get(f"/api/v1/operator/contracts/{contract_id}").raise_for_status()
    contract_menu(page, say=say)
    page.get_by_role("menuitem", name=say("Кто смотрел данные")).click()
    staff = say("Сотрудник поставщика {supplierName}", supplierName="ОЭС 360")
    expect(page.get_by_role("main").get_by_text(staff).first).to_be_visible()
    check(page)

    add_beside(page, renamed, new_password(operator, new_contract(operator)), say=say)
    unlink(page, NEIGHBOURS, say=say)
    expect(title).to_have_text(renamed)
    unlink(page, renamed, say=say)
    signed_in_at_the_start(page, say=say)


@pytest.mark.parametrize("page", [PHONE], ids=["phone"], indirect=True)
@pytest.mark.provokes(401, 403)
def test_a_consumer_has_no_pages_of_an_operator_and_loses_nothing_typed_when_the_session_ends(
    page: Page, demo_stack: Stack
):
    address = registered(demo_stack)
    sign_in(page, address)
    signed_in_at_the_start(page)
    page.goto("/operator/contracts")
    expect(page.get_by_role("heading", name="Страница не найдена")).to_be_visible()
    check(page)
    page.goto("/contracts/new")
    field(page, "Название").fill(COTTAGE)
    refused = {"status": 401, "content_type": "application/problem+json", "body": '{"code": "session_ended"}'}
    for path in ("contracts", "sessions/refresh"):
        page.route(f"**/api/v1/{path}", lambda route: route.fulfill(**refused), times=1)
    type_contract(page, {"login": "76-1", "password": WRONG_PASSWORD}, say=RUSSIAN)
    dialog = page.get_by_role("dialog", name="Войдите снова")
    field(dialog, "Пароль").fill(PASSWORD)
    check(page)
    button(dialog, "ВОЙТИ").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("alert")).to_contain_text("Поставщик не подтвердил логин и пароль")
    expect(field(page, "Название")).to_have_value(COTTAGE)


@pytest.mark.provokes(410)
def test_a_contract_is_shown_to_a_guest_who_then_loses_it(page: Page, demo_stack: Stack, say: Texts):
    owner = demo_person(demo_stack, "consumer")
    guest = registered(demo_stack, language=say.language)
    speak(page, say=say)
    sign_in(page, owner["email"], owner["password"], say=say)
    page.wait_for_url(re.compile("/contracts/"))
    contract_menu(page, say=say)
    page.get_by_role("menuitem", name=say("Доступ для других")).click()
    field(page, "E-mail").fill(guest)
    page.get_by_role("button", name=say("ПРИГЛАСИТЬ")).click()
    expect(page.get_by_role("status").filter(has_text=guest)).to_be_visible()
    check(page)
    sharing = page.url
    sign_out(page, "Василий Васильевич", say=say)

    page.goto(link_in_letter(demo_stack, guest, "/accept-invitation"))
    check(page)
    page.get_by_role("link", name=say("ВОЙТИ")).click()
    type_pair(page, guest, say=say)
    field(page, say("Название")).fill(NEIGHBOURS)
    check(page)
    page.get_by_role("button", name=say("ПРИНЯТЬ")).click()
    expect(page.get_by_role("heading", name=NEIGHBOURS, level=1)).to_be_visible()
    # Services that hear of the link by their topics were not asked too early: this walk may not have a 404.
    expect(page.get_by_role("link", name="НСТ Автомобилист")).to_be_visible()
    expect(page.get_by_text(say("Данные готовятся"))).to_have_count(0)
    contract_menu(page, say=say)
    expect(page.get_by_role("menuitem", name=say("Редактировать"))).to_be_visible()
    expect(page.get_by_role("menuitem", name=say("Доступ для других"))).to_have_count(0)
    page.keyboard.press("Escape")

    with demo_stack.sign_in() as client:
        contract = re.search("/contracts/([^/]+)/sharing", sharing)
        assert contract is not None
        path = f"/api/v1/contracts/{contract[1]}/invitations"
        given = next(item for item in client.get(path).json()["items"] if item["email"] == guest)
        client.delete(f"{path}/{given['id']}").raise_for_status()
    page.reload()
    expect(page.get_by_text(say(ACCESS_ENDED))).to_be_visible()
    check(page)
    # contracts tells notify, notify asks auth for the address, auth sends it back: over topics alone.
    subject, advice = {
        "ru": ("отключён от личного кабинета", "попросите его владельца"),
        "en": ("is no longer linked to your account", "ask its owner"),
    }[say.language]
    assert advice in letter_text(demo_stack, guest, subject)
