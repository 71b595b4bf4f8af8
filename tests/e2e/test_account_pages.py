"""The manual's chapters 2 and 3.4 in a real browser, with the letters that the portal really sends."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pyotp
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.people import (
    COMMON_PASSWORD,
    FULL_NAME,
    NEXT_NAME,
    NEXT_PASSWORD,
    PASSWORD,
    WRONG_PASSWORD,
    button,
    code_in_sms,
    demo_person,
    field,
    letter_text,
    link_in_letter,
    new_address,
    open_profile,
    registered,
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

TOTP_STEP_SECONDS = 30


def prove_with_password(page: Page, password: str = PASSWORD, *, say: Texts) -> None:
    """Answer the question whether it is still the user."""
    dialog = page.get_by_role("dialog", name=say("Подтвердите, что это вы"))
    check(page)
    field(dialog, say("Пароль")).fill(password)
    dialog.get_by_role("button", name=say("ПОДТВЕРДИТЬ")).click()


def set_up(page: Page, kind: str, *, say: Texts) -> Locator:
    """Return the button that begins to set up a second factor of that kind."""
    return page.get_by_role("button", name=say("Подключить: {0}", **{"0": say(kind)}))


@pytest.mark.provokes(410)
def test_a_person_registers_confirms_from_the_second_letter_and_signs_in(page: Page, demo_stack: Stack, say: Texts):
    address = new_address()
    page.goto("/sign-in")
    page.get_by_role("link", name=say("РЕГИСТРАЦИЯ")).click()
    page.get_by_role("button", name=say("ЗАРЕГИСТРИРОВАТЬСЯ")).click()
    expect(page.get_by_text(say("Поле обязательно для заполнения"))).to_have_count(5)
    check(page)
    field(page, "E-mail").fill(address)
    field(page, say("Ф.И.О.")).fill(FULL_NAME)
    field(page, say("Телефон")).fill("8 900 111-22-33")
    field(page, say("Пароль")).fill(PASSWORD)
    expect(page.get_by_text(re.compile(f"({say('хороший')}|{say('надёжный')})$"))).to_be_visible()
    field(page, say("Пароль (еще раз)")).fill(NEXT_PASSWORD)
    page.get_by_role("button", name=say("ЗАРЕГИСТРИРОВАТЬСЯ")).click()
    expect(page.get_by_text(say("Введенные пароли должны совпадать"))).to_be_visible()
    field(page, say("Пароль (еще раз)")).fill(PASSWORD)
    page.get_by_role("button", name=say("ЗАРЕГИСТРИРОВАТЬСЯ")).click()
    expect(page.get_by_text(address)).to_be_visible()
    again = page.get_by_role("button", name=say("Отправить ещё раз"))
    expect(again).to_be_disabled()
    check(page)
    first = link_in_letter(demo_stack, address, "/confirm-registration")
    again.click()
    expect(page.get_by_role("status").filter(has_text=address)).to_be_visible()

    link = link_in_letter(demo_stack, address, "/confirm-registration", number=2)
    assert link != first
    page.goto(link)
    field(page, say("Пароль")).fill(PASSWORD)
    check(page)
    page.get_by_role("button", name=say("ПОДТВЕРДИТЬ")).click()
    expect(page.get_by_role("status").filter(has_text=address)).to_be_visible()
    check(page)
    sign_in(page, address, say=say)
    signed_in_at_the_start(page, say=say)

    page.goto(link)
    expect(page.get_by_role("alert")).to_have_text(say("Эта ссылка уже использована."))


@pytest.mark.provokes(409, 422)
def test_a_taken_address_and_a_common_password_are_refused_in_place(page: Page, demo_stack: Stack, say: Texts):
    taken = demo_person(demo_stack, "consumer")["email"]
    page.goto("/registration")
    field(page, "E-mail").fill(taken)
    field(page, say("Ф.И.О.")).fill(FULL_NAME)
    field(page, say("Телефон")).fill("+7 900 111-22-33")
    for label in ("Пароль", "Пароль (еще раз)"):
        field(page, say(label)).fill(COMMON_PASSWORD)
    page.get_by_role("button", name=say("ЗАРЕГИСТРИРОВАТЬСЯ")).click()
    expect(
        page.get_by_text(say("Такой пароль легко подобрать: он есть в списках частых паролей")).first
    ).to_be_visible()
    for label in ("Пароль", "Пароль (еще раз)"):
        field(page, say(label)).fill(PASSWORD)
    page.get_by_role("button", name=say("ЗАРЕГИСТРИРОВАТЬСЯ")).click()
    expect(page.get_by_text(say("Пользователь с таким E-mail уже существует"))).to_be_visible()
    expect(field(page, "E-mail")).to_be_focused()
    check(page)


def test_access_is_recovered(page: Page, demo_stack: Stack, say: Texts):
    address = registered(demo_stack, language=say.language)
    page.goto("/sign-in")
    page.get_by_role("link", name=say("ВОССТАНОВИТЬ ДОСТУП")).click()
    # In English both pages have a field "E-mail".
    expect(page.get_by_role("heading", name=say("Восстановление пароля"))).to_be_visible()
    field(page, say("Электронная почта")).fill(address)
    page.get_by_role("button", name=say("ОТПРАВИТЬ")).click()
    expect(page.get_by_role("status").filter(has_text=address)).to_be_visible()
    check(page)

    page.goto(link_in_letter(demo_stack, address, "/recover"))
    field(page, say("Новый пароль")).fill(NEXT_PASSWORD)
    field(page, say("Новый пароль (еще раз)")).fill(NEXT_PASSWORD)
    check(page)
    page.get_by_role("button", name=say("СОХРАНИТЬ")).click()
    expect(page.get_by_role("status").filter(has_text=address)).to_be_visible()
    page.get_by_role("link", name=say("ВОЙТИ")).click()
    type_pair(page, address, NEXT_PASSWORD, say=say)
    signed_in_at_the_start(page, say=say)


@pytest.mark.provokes(403)
def test_notices_are_switched_and_the_password_is_changed_in_the_profile(page: Page, demo_stack: Stack, say: Texts):
    address = registered(demo_stack, language=say.language)
    open_profile(page, address, say=say)
    supplier, meters = (
        page.get_by_role("switch", name=say(name))
        for name in ("Уведомления от поставщика", "Уведомления от приборов учета")
    )
    supplier.uncheck()
    expect(
        page.get_by_role("status").filter(has_text=say("Сохранено, действует со следующего уведомления."))
    ).to_be_visible()
    page.reload()
    expect(supplier).not_to_be_checked()
    expect(meters).to_be_checked()

    page.get_by_role("button", name=say("ИЗМЕНИТЬ ПАРОЛЬ")).click()
    field(page, say("Текущий пароль")).fill(WRONG_PASSWORD)
    field(page, say("Новый пароль")).fill(NEXT_PASSWORD)
    field(page, say("Новый пароль (еще раз)")).fill(NEXT_PASSWORD)
    page.get_by_role("button", name=say("ОТПРАВИТЬ")).click()
    expect(page.get_by_text(say("Неверный пароль"))).to_be_visible()
    check(page)
    field(page, say("Текущий пароль")).fill(PASSWORD)
    page.get_by_role("button", name=say("ОТПРАВИТЬ")).click()
    expect(page.get_by_text(say("Пароль изменён. Остальные сеансы завершены."))).to_be_visible()
    sign_out(page, say=say)
    sign_in(page, address, NEXT_PASSWORD, say=say)
    signed_in_at_the_start(page, say=say)


@pytest.mark.provokes(403)
def test_a_new_name_is_shown_after_the_next_sign_in_and_a_new_address_after_its_letter(
    page: Page, demo_stack: Stack, say: Texts
):
    address, next_address = registered(demo_stack, language=say.language), new_address()
    open_profile(page, address, say=say)
    field(page, say("Ф.И.О.")).fill(NEXT_NAME)
    page.get_by_role("button", name=say("СОХРАНИТЬ")).click()
    expect(page.get_by_text(say("Сохранено."))).to_be_visible()
    expect(page.get_by_role("button", name=FULL_NAME)).to_be_visible()
    page.get_by_role("button", name=say("ИЗМЕНИТЬ E-MAIL")).click()
    field(page, say("Новый E-mail")).fill(next_address)
    page.get_by_role("button", name=say("ОТПРАВИТЬ")).click()
    prove_with_password(page, say=say)
    expect(page.get_by_text(next_address)).to_be_visible()
    check(page)

    page.goto(link_in_letter(demo_stack, next_address, "/confirm-email"))
    expect(page.get_by_text(f"{next_address[0]}•••@")).to_be_visible()
    check(page)
    button(page, say("ПОДТВЕРДИТЬ")).click()
    expect(page.get_by_role("status").filter(has_text=next_address)).to_be_visible()
    check(page)
    changed = {
        "ru": "Адрес электронной почты личного кабинета изменён",
        "en": "address of your account has been changed",
    }
    letter_text(demo_stack, address, changed[say.language])
    page.get_by_role("link", name=say("В ПРОФИЛЬ")).click()
    sign_out(page, say=say)
    sign_in(page, next_address, PASSWORD, say=say)
    expect(page.get_by_role("button", name="Анна Цой")).to_be_visible()


@pytest.mark.provokes(403)
def test_an_app_with_codes_guards_the_sign_in(page: Page, demo_stack: Stack, say: Texts):
    address = registered(demo_stack, language=say.language)
    open_profile(page, address, say=say)
    page.get_by_role("link", name=say("Безопасность")).click()
    set_up(page, "Приложение с кодами", say=say).click()
    prove_with_password(page, say=say)
    qr = page.get_by_role("img", name=say("QR-код для приложения"))
    expect(qr).to_be_visible()
    assert qr.evaluate("image => image.naturalWidth") > 0, "the QR code is no image that the browser can draw"
    app = pyotp.TOTP(page.get_by_test_id("totp-secret").inner_text().replace(" ", ""))
    field(page, say("Код из приложения")).fill(app.now())
    page.get_by_role("button", name=say("ПОДТВЕРДИТЬ")).click()
    codes = page.get_by_role("dialog", name=say("Резервные коды")).get_by_role("listitem")
    expect(codes).to_have_count(10)
    recovery_code, other_code = codes.first.inner_text(), codes.last.inner_text()
    check(page)
    page.get_by_role("button", name=say("КОДЫ СОХРАНЕНЫ")).click()
    expect(page.get_by_text(re.compile("осталось 10 кодов|10 codes left"))).to_be_visible()
    expect(page.get_by_text(say("Подключён второй фактор"))).to_be_visible()
    with another_session(demo_stack, address, other_code) as other:
        page.reload()
        end = button(page, say("Завершить сеанс: {device}", device="Python"))
        end.click()
        expect(end).to_have_count(0)
        expect(page.get_by_text(say("ЭТОТ СЕАНС"))).to_be_visible()
        assert other.post("/api/v1/sessions/refresh").status_code == httpx.codes.UNAUTHORIZED
    sign_out(page, say=say)

    sign_in(page, address, PASSWORD, say=say)
    check(page)
    # A code works once, so the next one is needed, which a clock a step ahead would show.
    field(page, say("Код из приложения")).fill(app.at(time.time() + TOTP_STEP_SECONDS))
    page.get_by_role("button", name=say("ПОДТВЕРДИТЬ")).click()
    signed_in_at_the_start(page, say=say)
    sign_out(page, say=say)

    sign_in(page, address, PASSWORD, say=say)
    page.get_by_role("button", name=say("Резервный код")).click()
    field(page, say("Резервный код")).fill(recovery_code)
    page.get_by_role("button", name=say("ПОДТВЕРДИТЬ")).click()
    signed_in_at_the_start(page, say=say)


@contextmanager
def another_session(stack: Stack, address: str, recovery_code: str) -> Iterator[httpx.Client]:
    """Sign the person in from another device."""
    with httpx.Client(base_url=stack.portal, timeout=30, headers={"X-Requested-With": "halfhour"}) as client:
        pair = {"email": address, "password": PASSWORD}
        asked = client.post("/api/v1/sessions", json=pair).raise_for_status().json()
        proof = {"challenge_id": asked["challenge_id"], "kind": "recovery_code", "code": recovery_code}
        client.post("/api/v1/sessions/second-factor", json=proof).raise_for_status()
        yield client


@pytest.mark.provokes(403)
def test_a_code_by_sms_guards_the_sign_in(page: Page, demo_stack: Stack, say: Texts):
    address = registered(demo_stack, language=say.language)
    phone = f"+7900{uuid4().int % 10**7:07d}"
    open_profile(page, address, say=say)
    field(page, say("Телефон")).fill(phone)
    page.get_by_role("button", name=say("СОХРАНИТЬ")).click()
    prove_with_password(page, say=say)
    expect(page.get_by_text(say("Сохранено."))).to_be_visible()
    page.get_by_role("link", name=say("Безопасность")).click()
    set_up(page, "Код по СМС", say=say).click()
    field(page, say("Код из СМС")).fill(code_in_sms(demo_stack, phone, number=1))
    page.get_by_role("button", name=say("ПОДТВЕРДИТЬ")).click()
    page.get_by_role("button", name=say("КОДЫ СОХРАНЕНЫ")).click()
    sign_out(page, say=say)

    sign_in(page, address, PASSWORD, say=say)
    page.get_by_role("button", name=say("ОТПРАВИТЬ КОД")).click()
    field(page, say("Код из СМС")).fill(code_in_sms(demo_stack, phone, number=2))
    check(page)
    page.get_by_role("button", name=say("ПОДТВЕРДИТЬ")).click()
    signed_in_at_the_start(page, say=say)


@pytest.mark.provokes(403)
def test_a_passkey_guards_the_sign_in(page: Page, demo_stack: Stack, say: Texts):
    address = registered(demo_stack, language=say.language)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": options | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    # A passkey belongs to a host name, as the stack prints it; under a bare address none is offered.
    page.goto(f"{demo_stack.portal.replace('localhost', '127.0.0.1')}/sign-in")
    type_pair(page, address, PASSWORD, say=say)
    page.get_by_role("button", name=FULL_NAME).click()
    page.get_by_role("menuitem", name=say("Профиль")).click()
    page.get_by_role("link", name=say("Безопасность")).click()
    expect(set_up(page, "Код по СМС", say=say)).to_be_visible()
    expect(set_up(page, "Ключ доступа", say=say)).to_have_count(0)

    open_profile(page, address, say=say)
    page.get_by_role("link", name=say("Безопасность")).click()
    set_up(page, "Ключ доступа", say=say).click()
    prove_with_password(page, say=say)
    page.get_by_role("button", name=say("СОЗДАТЬ КЛЮЧ ДОСТУПА")).click()
    page.get_by_role("button", name=say("КОДЫ СОХРАНЕНЫ")).click()
    sign_out(page, say=say)

    page.goto("/sign-in")
    type_pair(page, address, PASSWORD, say=say)
    check(page)
    page.get_by_role("button", name=say("ПОДТВЕРДИТЬ КЛЮЧОМ ДОСТУПА")).click()
    signed_in_at_the_start(page, say=say)


@pytest.mark.provokes(403)
def test_an_api_key_is_shown_once_and_revoked(page: Page, demo_stack: Stack, say: Texts):
    person = demo_person(demo_stack, "consumer")
    name = f"Сервер {uuid4().hex[:6]}"
    speak(page, say=say)
    sign_in(page, person["email"], person["password"], say=say)
    page.wait_for_url(re.compile("/contracts/"))
    page.goto("/profile/api-keys")
    field(page, say("Название")).fill(name)
    check(page)
    page.get_by_role("button", name=say("СОЗДАТЬ КЛЮЧ")).click()
    prove_with_password(page, person["password"], say=say)
    expect(page.get_by_role("dialog", name=say("Ключ создан")).get_by_text(re.compile("^hh_"))).to_be_visible()
    page.get_by_role("button", name=say("Закрыть")).click()
    page.get_by_role("button", name=say("Отозвать: {0}", **{"0": name})).click()
    page.get_by_role("button", name=say("ОТОЗВАТЬ"), exact=True).click()
    row = page.get_by_role("listitem").filter(has_text=name)
    expect(row.get_by_text(say("ОТОЗВАН"))).to_be_visible()
