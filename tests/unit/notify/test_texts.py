"""Texts: every kind in every language, nothing shown that has no words."""

import pytest

from common.errors import Rejected
from notify.domain import OTHER_REASON, REVOKED_REASONS, Source
from notify.texts import LANGUAGES, Texts, preferred_language

LETTERS = Texts("letters.toml", zone="Europe/Moscow", constants={"portal": "https://portal.example"})
NOTIFICATIONS = Texts("notifications.toml", zone="Europe/Moscow")
OUTAGE = {
    "point": "1, 2",
    "starts_at": "2026-12-03T05:00:00+00:00",
    "ends_at": "2026-12-03T09:00:00+00:00",
    "time_zone": "Europe/Samara",
    "reason": "Замена опоры",
}
EXAMPLES = {
    "contract_shared": {
        "number": "76385943-232",
        "supplier": "Демо Энерго",
        "until": "31.12.2026",
        "accept_before": "2026-11-08T12:00:00+00:00",
        "token": "dG9rZW4",
    },
    "new_device": {"device": "Firefox, Linux", "at": "2026-11-24T08:40:00+00:00"},
    "confirm_registration": {
        "registration": "01900000-0000-7000-8000-000000000001",
        "token": "t" * 43,
        "expires_at": "2026-11-25T08:40:00+00:00",
    },
    "recover": {"token": "t" * 43, "expires_at": "2026-11-25T08:40:00+00:00"},
    "confirm_email": {"token": "t" * 43, "expires_at": "2026-11-25T08:40:00+00:00"},
    "account_changed": {"change": "factor_added", "at": "2026-11-24T08:40:00+00:00"},
    "email_changed": {"at": "2026-11-24T08:40:00+00:00"},
    "second_factor_code": {"code": "123456", "expires_at": "2026-11-24T08:45:00+00:00"},
    "contract_linked": {},
    "contract_revoked": {"number": "76385943-232", "reason": "password_changed"},
    "ticket_changed": {"number": "2", "state": "in_progress"},
    "estimate_replaced": {
        "point": "Дом",
        "day": "24.11.2026",
        "estimated_wh": "1000",
        "actual_wh": "1100",
        "half_hours": "4",
    },
    "power_limit_near": {
        "point": "1",
        "half_hour_from": "2026-11-24T08:30:00+00:00",
        "projected_w": "15870",
        "limit_w": "15000",
    },
    "power_limit_passed": {
        "point": "1",
        "half_hour_from": "2026-11-24T08:30:00+00:00",
        "energy_wh": "7600",
        "limit_w": "15000",
    },
    "outage_planned": OUTAGE,
    "outage_moved": OUTAGE,
    "outage_cancelled": OUTAGE,
    "zones_differ": {
        "point": "1",
        "day": "2026-11-23",
        "zone": "T1",
        "register_wh": "5120",
        "profile_wh": "5700",
        "cause": "wrong_clock",
    },
}


def test_a_code_for_a_phone_names_the_time_until_which_it_works():
    """How long a code lives is a setting of auth, so no text says it in words of its own."""
    text = LETTERS.render("second_factor_code", language="ru", fields=EXAMPLES["second_factor_code"]).text

    assert text == "123456 — код для личного кабинета. Действует до 11:45 MSK. Никому его не говорите."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("texts", [LETTERS, NOTIFICATIONS], ids=["letters", "notifications"])
def test_every_kind_can_be_said_in_every_language(texts: Texts, language: str):
    for kind in texts.kinds:
        rendered = texts.render(kind, language=language, fields=EXAMPLES[kind])

        assert rendered.title
        assert "\n" not in rendered.title
        assert rendered.text.strip()
        assert "{" not in rendered.title + rendered.text


@pytest.mark.parametrize(("language", "advice"), [("ru", "сообщите об этом"), ("en", "Write to the support")])
def test_the_former_address_is_not_sent_to_a_recovery_that_does_not_know_it(language: str, advice: str):
    text = LETTERS.render("email_changed", language=language, fields=EXAMPLES["email_changed"]).text

    assert "24.11.2026 11:40 MSK" in text
    assert advice in text
    assert "/recovery" not in text


def test_a_letter_says_device_local_time_and_portal():
    text = LETTERS.render("new_device", language="ru", fields=EXAMPLES["new_device"]).text

    assert "24.11.2026 11:40 MSK в ваш личный кабинет вошли с нового устройства: Firefox, Linux." in text
    assert "https://portal.example" in text


@pytest.mark.parametrize("kind", ["confirm_registration", "recover", "confirm_email"])
def test_a_letter_says_until_when_its_link_works_however_late_it_comes(kind: str):
    text = LETTERS.render(kind, language="ru", fields=EXAMPLES[kind]).text

    assert "Ссылка действует до 25.11.2026 11:40 MSK" in text


@pytest.mark.parametrize("texts", [LETTERS, NOTIFICATIONS], ids=["letters", "notifications"])
def test_there_are_words_for_every_reason_of_a_revoked_link(texts: Texts):
    shown = set()
    for reason in (*REVOKED_REASONS, OTHER_REASON):
        texts.check("contract_revoked", fields={"number": "1", "reason": reason})
        shown.add(texts.render("contract_revoked", language="en", fields={"number": "1", "reason": reason}).text)

    assert len(shown) == len(REVOKED_REASONS) + 1


def test_a_ticket_is_worded_as_on_the_screen():
    rendered = NOTIFICATIONS.render("ticket_changed", language="ru", fields=EXAMPLES["ticket_changed"])

    assert rendered.title == "Обращение №2: в работе"


@pytest.mark.parametrize(("language", "words"), [("ru", "которых мы не узнали"), ("en", "do not recognise")])
def test_a_device_that_nobody_knows_has_words(language: str, words: str):
    text = LETTERS.render("new_device", language=language, fields=EXAMPLES["new_device"] | {"device": "?"}).text

    assert words in text
    assert "?" not in text


def test_a_field_that_looks_like_a_placeholder_is_shown_as_it_is():
    fields = EXAMPLES["new_device"] | {"device": "{portal.__class__} {at}"}

    assert "{portal.__class__} {at}" in LETTERS.render("new_device", language="en", fields=fields).text


def test_an_unknown_language_is_answered_in_russian():
    spoken = [NOTIFICATIONS.render("contract_linked", language=language, fields={}) for language in ("de", "ru")]

    assert spoken[0] == spoken[1]


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("no_such_kind", {}, "unknown_kind"),
        ("ticket_changed", {"number": "1"}, "unfit_fields"),
        ("ticket_changed", {"number": "1", "state": "exploded"}, "unfit_fields"),
    ],
)
def test_what_cannot_be_said_is_rejected_in_every_language(kind: str, fields: dict[str, str], code: str):
    with pytest.raises(Rejected) as caught:
        NOTIFICATIONS.check(kind, fields=fields)

    assert caught.value.code == code


def test_an_instant_that_is_none_is_rejected():
    with pytest.raises(Rejected, match="do not fit"):
        LETTERS.render("new_device", language="ru", fields={"device": "x", "at": "yesterday"})


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "ru"),
        ("", "ru"),
        ("en", "en"),
        ("en-GB,en;q=0.9,ru;q=0.8", "en"),
        ("ru;q=0.3, en;q=0.7", "en"),
        ("de, en;q=0.1", "en"),
        ("de", "ru"),
        ("en;q=0", "ru"),
        ("en;q=nonsense", "ru"),
        (";;,,=q", "ru"),
    ],
)
def test_the_language_is_the_preferred_one_of_ours(accepted: str | None, language: str):
    assert preferred_language(accepted) == language


def test_what_concerns_the_account_has_no_switch_and_what_a_supplier_says_has_one():
    sources = {kind: NOTIFICATIONS.source(kind) for kind in NOTIFICATIONS.kinds}

    assert {kind for kind, source in sources.items() if source is Source.ACCOUNT} == {
        "contract_linked",
        "contract_revoked",
    }
    assert {kind for kind, source in sources.items() if source is Source.SUPPLIER} == {
        *("ticket_changed", "outage_planned", "outage_moved", "outage_cancelled")
    }
    assert {LETTERS.source(kind) for kind in LETTERS.kinds} == {Source.ACCOUNT}
