"""A consumer in a real browser: signs in, finds the point, its half hours and its journal in the manual's words."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from tests.e2e import people
from tests.e2e.stack import Stack
from tests.e2e.texts import Texts

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(600)]

AXE = Path(__file__).resolve().parents[2] / "services/web/client/node_modules/axe-core/axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
POINT_ZONE = ZoneInfo("Europe/Samara")
HALF_HOURS_A_DAY = 48
A4_POINTS = (595, 842)

# The messages of the manual (chapter 3.5), with any time and any duration.
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
DURATION = r"((\d+ (час|часа|часов)|\d\d? (минута|минуты|минут)|\d\d? (секунда|секунды|секунд)|\d+ (день|дня|дней)) ?)+"
CLOCK = (
    rf"Время коррекции часов прибора \(до корректировки\) {TIME} \(после корректировки\) {TIME}"
    rf" значение корректировки {DURATION}"
)
VOLTAGE = (
    rf"Время выхода/возврата за (мин|макс)\. (предельно|нормально) допустимое значение напряжения в фазе [123]"
    rf" \(выход\) {TIME}( \(возврат\) {TIME} длительность {DURATION})?"
)


def sign_in(page: Page, stack: Stack, *, say: Texts = people.RUSSIAN) -> None:
    person = people.demo_person(stack, "consumer")
    people.speak(page, say=say)
    people.sign_in(page, person["email"], person["password"], say=say)
    page.wait_for_url(re.compile("/contracts/"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def check(page: Page) -> None:
    """No sideways scrolling, and nothing that axe finds."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run({runOnly: tags}).then(r => r.violations)", AXE_TAGS)
    assert not found, [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]


def hold_to_paper(page: Page, debt: str, *, say: Texts) -> None:
    """Raise unless the page prints as one sheet of A4 with the bill and nothing of the portal around it."""
    [sheet] = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == A4_POINTS
    text = unspaced(sheet.extract_text())
    for printed in ("ОЭС 360", "76385943-232", debt, "505", "Электроэнергия, ночь, T2", say("К оплате")):
        assert unspaced(printed) in text, text
    for on_screen_only in (say("Точки учета"), say("Уведомления"), say("Печать или PDF"), say("На главную договора")):
        assert unspaced(on_screen_only) not in text, text


def unspaced(text: str) -> str:
    """Return a text without the spaces that a PDF puts between its pieces."""
    return "".join(text.split())


def open_point(page: Page, name: str, *, say: Texts = people.RUSSIAN) -> None:
    page.get_by_role("link", name=say("Точки учета")).first.click()
    row = page.locator("article, li, tr").filter(has_text=name).first
    row.get_by_role("link", name=say("Подробнее")).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def open_tab(page: Page, name: str, *, say: Texts) -> None:
    page.get_by_role("navigation", name=say("Вкладки точки учета")).get_by_role("link", name=say(name)).click()
    expect(page.get_by_role("heading", level=2).first).to_be_visible()


def at_day(page: Page, **search: str) -> None:
    """Show the day before yesterday of the tab that is open."""
    day = (datetime.now(UTC).astimezone(POINT_ZONE) - timedelta(days=2)).date()
    page.goto(re.sub(r"\?.*", "", page.url) + "?" + urlencode({"date": day.isoformat(), **search}))


def test_the_required_fields_are_named_in_the_manuals_words(page: Page, say: Texts):
    page.goto("/")
    people.button(page, say("ВОЙТИ")).click()
    expect(page.get_by_text(say("Поле обязательно для заполнения"))).to_have_count(2)
    expect(page.get_by_label("E-mail")).to_be_focused()
    check(page)


@pytest.mark.provokes(401)
def test_a_wrong_pair_is_refused_without_saying_which(page: Page, say: Texts):
    page.goto("/")
    people.field(page, "E-mail").fill("nobody@halfhour.example")
    password = people.field(page, say("Пароль"))
    password.fill(people.WRONG_PASSWORD)
    for shown in ("text", "password"):
        people.button(page, say("Показать или скрыть пароль")).click()
        expect(password).to_have_attribute("type", shown)
    people.button(page, say("ВОЙТИ")).click()
    expect(page.get_by_role("alert")).to_have_text(say("Неверный E-mail или пароль."))
    check(page)


def test_the_contract_shows_its_balance_charges_and_payments_and_its_points(page: Page, demo_stack: Stack, say: Texts):
    sign_in(page, demo_stack, say=say)
    main = page.get_by_role("main")
    expect(main.get_by_text("76385943-232")).to_be_visible()
    debt = {"ru": "1 843,27", "en": "1,843.27"}[say.language]
    balance = main.get_by_role("region", name=say("Баланс"))
    expect(balance).to_contain_text(say("Задолженность"))
    expect(balance).to_contain_text(debt)
    pay = balance.get_by_role("link", name=say("Оплатить на сайте поставщика"))
    expect(pay).to_have_attribute("href", "https://halfhour.example/pay?contract=76385943-232")
    charge = main.get_by_role("region", name=say("Начисления")).get_by_role("group").first
    expect(charge).to_contain_text(debt)
    line = charge.get_by_text("Электроэнергия, ночь, T2")
    expect(line).to_be_hidden()
    charge.locator("summary").click()
    expect(line).to_be_visible()
    expect(main.get_by_role("region", name=say("Платежи"))).to_contain_text("Банковская карта")
    check(page)
    charge.get_by_role("link").click()
    totals = main.get_by_role("region", name=say("Итоги"))
    expect(totals).to_contain_text(debt)
    expect(main.get_by_role("button", name=say("Печать или PDF"))).to_be_visible()
    check(page)
    hold_to_paper(page, debt, say=say)
    page.get_by_role("link", name=say("Точки учета")).first.click()
    expect(page.get_by_role("link", name=say("Подробнее")).first).to_be_visible()
    check(page)


def test_a_day_of_the_chart_has_its_forty_eight_half_hours(page: Page, demo_stack: Stack):
    sign_in(page, demo_stack)
    open_point(page, "НСТ Автомобилист")
    page.get_by_role("link", name="Профиль мощности").click()
    at_day(page, period="day")
    chart = page.get_by_test_id("profile-chart")
    expect(chart).to_be_visible()
    slots, gaps = (int(chart.get_attribute(name) or 0) for name in ("data-slots", "data-gaps"))
    assert slots + gaps == HALF_HOURS_A_DAY
    assert slots >= HALF_HOURS_A_DAY - 4, "the demo meter was without supply for two hours at most"
    check(page)


def test_the_journal_speaks_the_manuals_words(page: Page, demo_stack: Stack):
    sign_in(page, demo_stack)
    open_point(page, "НСТ Автомобилист")
    page.get_by_role("link", name="Журналы событий").click()
    expect(page.get_by_text("Дата/Время").first).to_be_attached()
    expect(page.get_by_text(re.compile(CLOCK)).first).to_be_visible()
    rows = page.get_by_text(re.compile(f"{CLOCK}|{VOLTAGE}")).all_inner_texts()
    assert all(re.fullmatch(f"{CLOCK}|{VOLTAGE}", row.strip()) for row in rows), rows
    check(page)


def test_the_profile_tells_limit_marks_and_versions_of_a_half_hour_and_why_one_is_missing(
    page: Page, demo_stack: Stack, say: Texts
):
    sign_in(page, demo_stack, say=say)
    open_point(page, "НСТ Автомобилист", say=say)
    open_tab(page, "Профиль мощности", say=say)
    legend = page.get_by_role("list", name=say("Обозначения на графике"))
    at_day(page, period="month")
    expect(legend).to_contain_text({"ru": "Лимит мощности 15 кВт", "en": "Power limit 15 kW"}[say.language])
    expect(legend).to_contain_text(say("напряжение вне пределов"))
    at_day(page, period="day", shape="table")
    page.get_by_role("button", name=re.compile(say("История значения {0}", **{"0": "12:00"}))).click()
    history = page.get_by_role("dialog").get_by_role("listitem").first
    expect(history).to_contain_text(say("ДЕЙСТВУЕТ"))
    check(page)
    page.keyboard.press("Escape")

    # A meter without memory: what was before the demo began nobody has read.
    page.get_by_role("link", name=say("В список")).click()
    open_point(page, "Магазин", say=say)
    open_tab(page, "Профиль мощности", say=say)
    at_day(page, period="day")
    expect(legend).to_contain_text(say("нет связи с прибором"))
    check(page)


def test_a_point_tells_its_days_its_supply_and_the_habits_of_its_load(page: Page, demo_stack: Stack, say: Texts):
    sign_in(page, demo_stack, say=say)
    open_point(page, "НСТ Автомобилист", say=say)
    open_tab(page, "Сутки в расчётах", say=say)
    at_day(page)
    closed = page.get_by_role("group").filter(has_text=say("Получено расчётной системой")).first
    people.reload_until_shown(page, closed)
    expect(closed).to_contain_text(say("ПОЛНЫЕ"))
    closed.locator("summary").click()
    expect(closed.get_by_text(say("Ревизия"))).to_be_visible()
    check(page)

    open_tab(page, "Качество", say=say)
    at_day(page)
    voltage = page.get_by_role("region", name=say("Напряжение вне пределов"))
    expect(voltage.get_by_role("row")).to_have_count(4)
    expect(page.get_by_role("region", name=say("Уход часов прибора")).get_by_role("listitem").first).to_be_attached()
    check(page)

    open_tab(page, "Сейчас", say=say)
    now = page.get_by_role("region", name=say("Мгновенные значения"))
    expect(now.get_by_role("row")).to_have_count(4)
    power = page.get_by_role("region", name=say("Мощность за последнее время")).get_by_role("slider")
    power.press("End")
    expect(power).to_have_attribute("aria-valuetext", re.compile(r"^\d\d:\d\d · \d"))
    check(page)

    open_tab(page, "Анализ", say=say)
    at_day(page)
    figures = page.get_by_role("region", name=say("Анализ нагрузки"))
    expect(figures).to_contain_text(say("Базовая нагрузка"))
    typical = page.get_by_role("region", name=say("Обычные сутки"))
    chart = typical.get_by_role("slider")
    chart.press("End")
    expect(chart).to_have_attribute("aria-valuetext", re.compile("^23:30–00:00 · "))
    heat = page.get_by_role("region", name=say("Тепловая карта"))
    heat.get_by_role("img").hover()
    expect(heat).to_contain_text(" · ")
    heat.get_by_text(say("Таблица")).click()
    expect(heat.get_by_role("row").nth(2)).to_be_visible()
    compared = page.get_by_role("region", name=say("Сравнение"))
    compared.get_by_role("combobox").select_option("last_year")
    expect(compared.get_by_role("listitem").filter(has_text=say("Прошлый год"))).to_be_visible()
    check(page)
    figures.get_by_role("link").click()
    expect(page.get_by_test_id("profile-chart")).to_be_visible()


def test_the_page_speaks_english_too(page: Page):
    page.goto("/")
    page.get_by_role("button", name=re.compile("English|EN")).or_(page.get_by_text("English")).first.click()
    expect(page.get_by_role("button", name=re.compile("sign in", re.IGNORECASE))).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
    check(page)


def test_signing_out_ends_the_login(page: Page, demo_stack: Stack):
    sign_in(page, demo_stack)
    page.get_by_role("button", name=re.compile("Василий Васильевич|Профиль")).click()
    page.get_by_role("menuitem", name="Выйти").click()
    expect(page.get_by_role("button", name="ВОЙТИ")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="ВОЙТИ")).to_be_visible()


def test_the_api_is_documented_on_a_page(page: Page):
    page.goto("/api/docs")
    expect(page.get_by_text("/api/v1/points/{point_id}/profile").first).to_be_visible()
