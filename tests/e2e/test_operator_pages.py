"""A supplier's operator in a real browser: contracts from a file, their passwords, corrections and gaps."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest
from playwright.sync_api import FilePayload, Page, Request, expect
from tests.e2e import people
from tests.e2e.people import PASSWORD, button, code_in_sms, field, new_operator, speak
from tests.e2e.stack import Stack
from tests.e2e.test_pages import check
from tests.e2e.texts import Texts

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(600)]

HOUSE_ID = "01930000-0000-7000-8000-000000000201"


def enter(page: Page, stack: Stack, *, say: Texts) -> None:
    """Go on with a session of the operator."""
    speak(page, say=say)
    with stack.sign_in("operator") as client:
        (token,) = (cookie for cookie in client.cookies.jar if cookie.name.endswith("refresh"))
    # With its own path: beside a cookie of another one the browser would send both, and the older is a theft.
    page.context.add_cookies(
        [{"name": token.name, "value": token.value or "", "domain": "localhost", "path": token.path}]
    )
    page.add_init_script("localStorage.setItem('halfhour.session', '1')")
    page.goto("/operator")
    expect(page.get_by_role("heading", name=say("Договоры"), level=1)).to_be_visible()


def enter_the_first_time(page: Page, stack: Stack, *, say: Texts) -> str:
    """Sign in as a new operator, who has to add a second factor before anything else; return the phone."""
    address, phone = new_operator(stack)
    speak(page, say=say)
    page.goto("/operator/import")
    people.type_pair(page, address, say=say)
    expect(page.get_by_role("heading", name=say("Подключите второй фактор"))).to_be_visible()
    check(page)
    page.goto("/operator/contracts")
    expect(page.get_by_role("heading", name=say("Подключите второй фактор"))).to_be_visible()
    button(page, say("Подключить: {0}", **{"0": say("Код по СМС")})).click()
    field(page, say("Код из СМС")).fill(code_in_sms(stack, phone, number=1))
    button(page, say("ПОДТВЕРДИТЬ")).click()
    button(page, say("КОДЫ СОХРАНЕНЫ")).click()
    expect(page.get_by_role("heading", name=say("Договоры"), level=1)).to_be_visible()
    return phone


def too_old_a_proof(page: Page) -> list[str]:
    """Have the first call for a sheet refused, as it is five minutes after the factor was shown.

    Returns the tokens of the calls for a sheet, which come by and by, with the refreshes of the session among them.
    """
    calls: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/sessions/refresh"):
            calls.append("refresh")
        elif request.url.endswith("/operator/credential-sheets"):
            calls.append(request.headers["authorization"].removeprefix("Bearer "))

    page.on("request", note)
    problem = {"type": "about:blank", "title": "", "status": 403, "code": "recent_factor_required"}
    page.route(
        "**/operator/credential-sheets",
        lambda route: route.fulfill(status=403, json=problem, content_type="application/problem+json"),
        times=1,
    )
    return calls


def factor_at(token: str) -> int:
    """Return when the session of the token saw a second factor last."""
    return int(jwt.decode(token, options={"verify_signature": False})["factor_at"])


def go(page: Page, name: str, *, say: Texts) -> None:
    """Open a page of the side bar; on a phone it is behind the menu."""
    link, menu = page.get_by_role("link", name=name), page.get_by_role("button", name=say("Открыть меню"))
    link.or_(menu).filter(visible=True).first.wait_for()
    if menu.is_visible():
        menu.click()
    link.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


@pytest.mark.provokes(403)
def test_contracts_come_from_a_file_and_get_a_sheet_with_passwords(page: Page, demo_stack: Stack, say: Texts):
    number = uuid4().hex[:8]
    phone = enter_the_first_time(page, demo_stack, say=say)
    check(page)
    go(page, say("Загрузка файлов"), say=say)
    block = page.get_by_role("region", name=say("Договоры"))
    choose = field(block, say("Файл CSV или XLSX"))
    choose.set_input_files(a_file(f"Номер договора;Логин\n{number};{number}\n;x\n"))
    button(block, say("ПРОВЕРИТЬ")).click()
    expect(block.get_by_role("row").last).to_have_text(f"3{say('Номер договора')}{say('Нет значения')}")
    check(page)
    choose.set_input_files(a_file(f"Номер договора;Логин\n{number};{number}\n"))
    button(block, say("ПРОВЕРИТЬ")).click()
    button(block, say("ЗАГРУЗИТЬ")).click()
    expect(block.get_by_text(say("Файл загружен"))).to_be_visible()
    check(page)

    go(page, say("Договоры"), say=say)
    field(page, say("Номер договора начинается с")).fill(number)
    expect(page.get_by_role("checkbox")).to_have_count(2)
    page.get_by_role("checkbox", name=say("Выбрать договор {number}", number=number)).check()
    button(page, say("ВЫДАТЬ ПАРОЛИ: {0}", **{"0": "1"})).click()
    check(page)
    calls = too_old_a_proof(page)
    button(page, say("ВЫДАТЬ")).click()
    proof = page.get_by_role("dialog", name=say("Подтвердите, что это вы"))
    field(proof, say("Пароль")).fill(PASSWORD)
    check(page)
    button(proof, say("ПОДТВЕРДИТЬ")).click()
    button(proof, say("ОТПРАВИТЬ КОД")).click()
    field(proof, say("Код из СМС")).fill(code_in_sms(demo_stack, phone, number=2))
    button(proof, say("ПОДТВЕРДИТЬ")).click()
    strip = page.get_by_role("listitem").filter(has_text=number)
    expect(strip).to_contain_text(say("Пароль"))
    former, refresh, latter = calls
    assert (refresh, factor_at(former) < factor_at(latter)) == ("refresh", True)
    check(page)
    page.go_back()
    expect(strip).to_be_visible()
    button(page, say("ЗАКРЫТЬ ЛИСТ")).click()
    expect(strip).to_be_hidden()


def test_a_correction_is_withdrawn_and_a_gap_leads_to_the_versions_of_its_half_hours(
    page: Page, demo_stack: Stack, say: Texts
):
    start = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=2)
    starts = [start + number * timedelta(minutes=30) for number in range(7)]
    reason = f"Сбой прибора {uuid4().hex[:6]}"
    with demo_stack.sign_in("operator") as client:
        slots = [{"start": each.isoformat(), "a_plus_wh": 20_000} for each in starts]
        path = f"/api/v1/operator/points/{HOUSE_ID}/edits"
        headers = {"Idempotency-Key": uuid4().hex}
        made = client.post(path, json={"slots": slots, "reason": reason}, headers=headers).raise_for_status().json()
    assert made["state"] == "pending", "so large a change waits for a second person"
    enter(page, demo_stack, say=say)
    go(page, say("Исправления"), say=say)
    row = page.get_by_role("listitem").filter(has_text=reason)
    button(row, say("Отозвать исправление")).click()
    dialog = page.get_by_role("dialog", name=say("Отозвать исправление?"))
    field(dialog, say("Причина")).fill("Не та точка")
    check(page)
    button(dialog, say("ОТОЗВАТЬ ИСПРАВЛЕНИЕ")).click()
    expect(page.get_by_role("status").filter(has_text=say("Исправление отозвано, значения прежние."))).to_be_visible()
    expect(row).to_have_count(0)

    go(page, say("Вопросы к значениям"), say=say)
    page.get_by_label(say("Важность")).select_option("gap")
    gap = page.get_by_role("listitem").filter(has_text="V06").first
    people.reload_until_shown(page, gap)
    gap.get_by_text(say("Получасы и их история")).click()
    gap.get_by_role("button", name=re.compile(say("История значения {0}", **{"0": ""}))).first.click()
    expect(page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
    check(page)
    page.keyboard.press("Escape")

    go(page, say("Ответы расчётной системы"), say=say)
    is_open, is_confirmed = (page.get_by_text(say(words), exact=True) for words in ("ЖДЁТ ОТВЕТА", "ПОДТВЕРЖДЕНО"))
    expect(is_open.or_(page.get_by_text(say("На все сутки есть ответ"))).first).to_be_visible()
    page.get_by_label(say("Состояние")).select_option("confirmed")
    people.reload_until_shown(page, is_confirmed.first)
    expect(is_open).to_have_count(0)
    check(page)


def a_file(text: str) -> FilePayload:
    return {"name": "contracts.csv", "mimeType": "text/csv", "buffer": text.encode()}
