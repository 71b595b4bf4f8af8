"""Second factors: TOTP, SMS, passkeys, recovery codes; asked at sign-in and again before changes."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyotp
import pytest
from structlog.testing import capture_logs
from tests.authenticator import Authenticator
from tests.service.auth.account import bear, changes, code_of, events, letters, proven, signed_in, step_up, tokens
from tests.service.auth.conftest import PASSWORD, Auth, OpenAuth, sign_in

from auth.service.recovery import send_letters

FACTORS = "/api/v1/me/factors"
SECOND = "/api/v1/sessions/second-factor"
STEP_UP = "/api/v1/me/step-up/second-factor"
PHONE = "+79161234567"
SETTINGS: dict[str, Any] = {
    "sms_enabled": True,
    "passkey_rp_id": "portal.test",
    "passkey_origins": ("https://portal.test",),
}


@pytest.fixture
async def auth(open_auth: OpenAuth) -> AsyncIterator[Auth]:
    """Begins in the past, so that the clock can be moved on while access tokens are good."""
    async with open_auth(at=datetime.now(UTC) - timedelta(minutes=8), **SETTINGS) as running:
        yield running


async def enrol(client: httpx.AsyncClient, kind: str, phone: str | None = None) -> dict[str, Any]:
    answer = await client.post(FACTORS, json={"kind": kind, "name": f"my {kind}", "phone": phone})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def confirm(client: httpx.AsyncClient, enrolment: dict[str, Any], **shown: Any) -> httpx.Response:
    return await client.post(f"{FACTORS}/confirm", json={"enrolment_id": enrolment["enrolment_id"], **shown})


def code_now(auth: Auth, secret: str) -> str:
    return pyotp.TOTP(secret).at(auth.clock.instant)


async def with_totp(auth: Auth) -> tuple[httpx.AsyncClient, str, list[str]]:
    """A proven browser of a user with TOTP, the secret, and the recovery codes; the next code is unused."""
    client = await proven(auth)
    enrolment = await enrol(client, "totp")
    secret = enrolment["totp"]["secret"]
    added = await confirm(client, enrolment, code=code_now(auth, secret))
    assert added.status_code == 201, added.text
    auth.clock.instant += timedelta(seconds=30)
    return client, secret, list(added.json()["recovery_codes"])


async def asked(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await sign_in(client)
    assert answer.status_code == 202, answer.text
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def show(client: httpx.AsyncClient, challenge: dict[str, Any], kind: str, **shown: Any) -> httpx.Response:
    return await client.post(SECOND, json={"challenge_id": challenge["challenge_id"], "kind": kind, **shown})


async def sms(auth: Auth) -> str:
    return str((await letters(auth, "second_factor_code"))[-1]["fields"]["code"])


async def test_an_authenticator_app_is_added_by_qr_code_and_asked_at_the_next_sign_in(auth: Auth):
    other, client = await signed_in(auth), await proven(auth)
    enrolment = await enrol(client, "totp")
    parsed = pyotp.parse_uri(enrolment["totp"]["uri"])
    assert (parsed.issuer, parsed.name) == ("Halfhour", "anna@example.org")
    assert enrolment["totp"]["qr_svg"].startswith("<svg")
    assert (await sign_in(await auth.client())).status_code == 201, "not asked before it is confirmed"

    added = await confirm(client, enrolment, code=code_now(auth, enrolment["totp"]["secret"]))
    assert (added.status_code, added.json()["factor"]["kind"]) == (201, "totp")
    assert len(set(added.json()["recovery_codes"])) == 10
    assert code_of(await other.get("/api/v1/me")) == (401, "session_ended")
    assert await changes(auth) == ["factor_added"]

    browser = await auth.client()
    auth.clock.instant += timedelta(seconds=30)
    challenge = await asked(browser)
    assert challenge["factors"] == ["totp", "recovery_code"]
    assert (challenge["phone_hint"], challenge["passkey_options"], challenge["expires_in"]) == (None, None, 600)
    wrong = await show(browser, challenge, "totp", code="000000")
    assert code_of(wrong) == (401, "second_factor_wrong")
    session = await show(browser, challenge, "totp", code=code_now(auth, enrolment["totp"]["secret"]))
    bear(browser, session)
    assert (await browser.get("/api/v1/me")).json()["email"] == "anna@example.org"
    assert {"second_factor_refused", "signed_in"} <= set(await events(browser))


async def test_a_code_of_an_app_works_once(auth: Auth):
    """INVARIANT: the time step of a used code, and every earlier one, is used up (ASVS 6.5.1)."""
    _, secret, _ = await with_totp(auth)
    browser = await auth.client()
    code = code_now(auth, secret)
    assert (await show(browser, await asked(browser), "totp", code=code)).status_code == 201
    again = await show(browser, await asked(browser), "totp", code=code)
    assert code_of(again) == (401, "second_factor_wrong")


async def test_of_fifty_parallel_uses_of_a_code_one_succeeds(open_auth: OpenAuth):
    """INVARIANT: of parallel uses of a code and of a challenge, one begins a login."""
    async with open_auth(tries_per_challenge=100, factor_tries_per_account=100) as auth:
        client = await proven(auth)
        enrolment = await enrol(client, "totp")
        codes = (await confirm(client, enrolment, code=code_now(auth, enrolment["totp"]["secret"]))).json()
        browser = await auth.client()
        challenge = await asked(browser)
        code = codes["recovery_codes"][0]
        answers = await asyncio.gather(*(show(browser, challenge, "recovery_code", code=code) for _ in range(50)))
        assert Counter(answer.status_code for answer in answers)[201] == 1
        assert {answer.status_code for answer in answers} <= {201, 401, 410}
        assert (await client.get(FACTORS)).json()["recovery_codes_left"] == 9


@pytest.mark.parametrize(("kind", "path"), [("totp", SECOND), ("sms", SECOND), ("passkey", SECOND), ("totp", STEP_UP)])
async def test_of_fifty_parallel_uses_of_a_shown_code_one_succeeds(open_auth: OpenAuth, kind: str, path: str):
    """INVARIANT: as above, for codes of an app, sent ones and passkeys, at sign-in, step-up and enrolment."""
    many = {"tries_per_challenge": 100, "factor_tries_per_account": 100}
    async with open_auth(**SETTINGS, at=datetime.now(UTC) - timedelta(minutes=8), **many) as auth:
        client, key = await proven(auth), Authenticator()
        enrolment = await enrol(client, kind, PHONE if kind == "sms" else None)
        if kind == "passkey":
            proof: dict[str, Any] = {"credential": key.make(enrolment["passkey"]["options"])}
        else:
            proof = {"code": await sms(auth) if kind == "sms" else code_now(auth, enrolment["totp"]["secret"])}
        added = await asyncio.gather(*(confirm(client, enrolment, **proof) for _ in range(50)))
        assert Counter(answer.status_code for answer in added)[201] == 1
        assert {answer.status_code for answer in added} <= {201, 403, 409, 410}
        assert len((await client.get(FACTORS)).json()["items"]) == 1

        auth.clock.instant += timedelta(minutes=1)
        browser = client if path == STEP_UP else await auth.client()
        challenge = (await step_up(client)).json()["challenge"] if path == STEP_UP else await asked(browser)
        shown = {"challenge_id": challenge["challenge_id"]}
        if kind == "sms":
            assert (await browser.post("/api/v1/second-factor/sms", json=shown)).status_code == 202
        if kind == "passkey":
            proof = {"credential": key.sign(challenge["passkey_options"])}
        else:
            proof = {"code": await sms(auth) if kind == "sms" else code_now(auth, enrolment["totp"]["secret"])}
        body = shown | {"kind": kind} | proof
        answers = await asyncio.gather(*(browser.post(path, json=body) for _ in range(50)))
        assert sum(answer.is_success for answer in answers) == 1
        refusal = 403 if path == STEP_UP else 401
        assert {answer.status_code for answer in answers if not answer.is_success} <= {refusal, 410}


async def test_a_challenge_ends_after_five_tries_or_ten_minutes_or_when_it_was_met(auth: Auth):
    _, secret, _ = await with_totp(auth)
    browser = await auth.client()
    challenge = await asked(browser)
    tried = [code_of(await show(browser, challenge, "totp", code="000000")) for _ in range(5)]
    assert set(tried) == {(401, "second_factor_wrong")}
    right = code_now(auth, secret)
    assert code_of(await show(browser, challenge, "totp", code=right)) == (410, "challenge_over")
    challenge = await asked(browser)
    assert (await show(browser, challenge, "totp", code=right)).status_code == 201
    assert code_of(await show(browser, challenge, "totp", code=right)) == (410, "challenge_over")
    challenge = await asked(browser)
    auth.clock.instant += timedelta(minutes=10)
    late = await show(browser, challenge, "totp", code=code_now(auth, secret))
    assert code_of(late) == (410, "challenge_over")
    assert code_of(await show(browser, {"challenge_id": "x" * 43}, "totp", code=right)) == (404, "challenge_unknown")


async def test_guesses_are_limited_over_all_challenges_and_survive_a_restart(open_auth: OpenAuth):
    async with open_auth(factor_tries_per_account=6) as auth:
        await with_totp(auth)
        stranger = await auth.client("203.0.113.66")
        statuses = []
        for _ in range(3):
            challenge = await asked(stranger)
            statuses += [(await show(stranger, challenge, "totp", code="000000")).status_code for _ in range(3)]
        assert statuses == [401] * 6 + [429] * 3
    async with open_auth(factor_tries_per_account=6) as auth:
        stranger = await auth.client("203.0.113.67")
        challenge = await asked(stranger)
        assert code_of(await show(stranger, challenge, "totp", code="000000")) == (429, "too_many_attempts")


async def test_a_recovery_code_works_once_and_is_announced(auth: Auth):
    _, _, codes = await with_totp(auth)
    browser = await auth.client()
    typed = codes[3].upper().replace("-", " ")
    session = await show(browser, await asked(browser), "recovery_code", code=typed)
    assert session.status_code == 201
    assert (await changes(auth))[-1] == "recovery_code_used"
    again = await show(browser, await asked(browser), "recovery_code", code=codes[3])
    assert code_of(again) == (401, "second_factor_wrong")
    assert (await bear(browser, session).get(FACTORS)).json()["recovery_codes_left"] == 9


@pytest.mark.parametrize("code", ["\ud800", "\x00", "１２３４５６", "-", "x" * 40])
@pytest.mark.parametrize("kind", ["totp", "sms", "recovery_code", "passkey"])
async def test_what_is_no_code_is_a_wrong_one(auth: Auth, kind: str, code: str):
    client, _, _ = await with_totp(auth)
    await confirm(client, await enrol(client, "sms", PHONE), code=await sms(auth))
    browser = await auth.client()
    body = json.dumps({"challenge_id": (await asked(browser))["challenge_id"], "kind": kind, "code": code})
    answer = await browser.post(SECOND, content=body, headers={"Content-Type": "application/json"})
    assert code_of(answer) == (401, "second_factor_wrong")


async def test_new_recovery_codes_end_the_former(auth: Auth):
    client, _, former = await with_totp(auth)
    made = await client.post("/api/v1/me/recovery-codes")
    assert made.status_code == 201
    browser = await auth.client()
    old = await show(browser, await asked(browser), "recovery_code", code=former[0])
    assert code_of(old) == (401, "second_factor_wrong")
    new = await show(browser, await asked(browser), "recovery_code", code=made.json()["recovery_codes"][0])
    assert new.status_code == 201


async def test_recovery_of_the_password_does_not_go_round_the_second_factor(auth: Auth):
    """INVARIANT: a reset sets a password and signs nobody in; the factor is asked as ever (ASVS 6.4.3)."""
    _, secret, _ = await with_totp(auth)
    browser = await auth.client()
    await browser.post("/api/v1/recoveries", json={"email": "anna@example.org"})
    await send_letters(auth.resources)
    (token,) = await tokens(auth, "recover")
    done = await browser.post("/api/v1/recoveries/complete", json={"token": token, "password": "another phrase 1"})
    assert (done.status_code, list(done.cookies)) == (200, ["__Secure-halfhour_device"]), "no session"
    answer = await sign_in(browser, password="another phrase 1")
    assert answer.status_code == 202
    assert (await show(browser, answer.json(), "totp", code=code_now(auth, secret))).status_code == 201


async def test_a_challenge_ends_with_the_password_that_opened_it(auth: Auth):
    client, secret, _ = await with_totp(auth)
    browser = await auth.client()
    challenge = await asked(browser)
    body = {"current_password": PASSWORD, "new_password": "another phrase 1"}
    assert (await client.put("/api/v1/me/password", json=body)).status_code == 204
    late = await show(browser, challenge, "totp", code=code_now(auth, secret))
    assert code_of(late) == (401, "invalid_credentials")


async def test_a_step_up_asks_for_the_factor_and_opens_this_session_alone(auth: Auth):
    _, secret, _ = await with_totp(auth)
    one, other = await auth.client(), await auth.client()
    bear(one, await show(one, await asked(one), "totp", code=code_now(auth, secret)))
    auth.clock.instant += timedelta(seconds=30)
    bear(other, await show(other, await asked(other), "totp", code=code_now(auth, secret)))
    auth.clock.instant += timedelta(seconds=30)

    password = {"current_password": PASSWORD, "new_password": "another phrase 1"}
    assert code_of(await one.put("/api/v1/me/password", json=password)) == (403, "step_up_required")
    stepping = (await step_up(one)).json()
    assert stepping["confirmed_until"] is None
    assert code_of(await one.put("/api/v1/me/password", json=password)) == (403, "step_up_required")
    shown = {"challenge_id": stepping["challenge"]["challenge_id"], "kind": "totp", "code": code_now(auth, secret)}
    path = "/api/v1/me/step-up/second-factor"
    assert code_of(await other.post(path, json=shown)) == (404, "challenge_unknown"), "another session's"
    assert code_of(await one.post(SECOND, json=shown)) == (404, "challenge_unknown"), "of another purpose"
    assert code_of(await one.post(path, json=shown | {"code": "000000"})) == (403, "second_factor_wrong")
    assert (await one.post(path, json=shown)).json()["challenge"] is None
    assert code_of(await other.post("/api/v1/me/email", json={"email": "new@example.org"})) == (
        403,
        "step_up_required",
    )
    assert (await one.put("/api/v1/me/password", json=password)).status_code == 204


async def test_a_code_comes_by_sms_to_a_proven_phone(auth: Auth):
    client = await proven(auth)
    enrolment = await enrol(client, "sms", "8 916 123-45-67")
    assert enrolment["sms"]["phone_hint"] == "+7••••••••67"
    (letter,) = await letters(auth, "second_factor_code")
    assert (letter["to"], letter["channel"]) == (PHONE, "sms")
    assert re.fullmatch(r"[0-9]{6}", letter["fields"]["code"])
    assert (await confirm(client, enrolment, code=await sms(auth))).status_code == 201

    browser = await auth.client()
    challenge = await asked(browser)
    assert (challenge["factors"], challenge["phone_hint"]) == (["sms", "recovery_code"], "+7••••••••67")
    body = {"challenge_id": challenge["challenge_id"]}
    assert (await browser.post("/api/v1/second-factor/sms", json=body)).status_code == 202
    first = await sms(auth)
    assert code_of(await browser.post("/api/v1/second-factor/sms", json=body)) == (429, "too_many_attempts")
    auth.clock.instant += timedelta(minutes=1)
    assert (await browser.post("/api/v1/second-factor/sms", json=body)).status_code == 202
    if first != await sms(auth):
        assert code_of(await show(browser, challenge, "sms", code=first)) == (401, "second_factor_wrong")
    assert (await show(browser, challenge, "sms", code=await sms(auth))).status_code == 201


async def test_a_sent_code_fits_its_own_challenge_only_and_for_five_minutes(auth: Auth):
    """INVARIANT: a sent code is bound to the request that asked for it (ASVS 6.6.2)."""
    client = await proven(auth)
    await confirm(client, await enrol(client, "sms", PHONE), code=await sms(auth))
    browser = await auth.client()
    one, other = await asked(browser), await asked(browser)
    await browser.post("/api/v1/second-factor/sms", json={"challenge_id": one["challenge_id"]})
    code = await sms(auth)
    assert code_of(await show(browser, other, "sms", code=code)) == (401, "second_factor_wrong")
    auth.clock.instant += timedelta(minutes=5)
    assert code_of(await show(browser, one, "sms", code=code)) == (401, "second_factor_wrong")


async def test_where_no_sms_can_be_sent_none_is_offered(open_auth: OpenAuth):
    async with open_auth() as auth:
        client = await proven(auth)
        answer = await client.post(FACTORS, json={"kind": "sms", "name": "phone", "phone": PHONE})
        assert code_of(answer) == (422, "sms_unavailable")


async def test_a_passkey_is_made_and_shown(auth: Auth):
    client, key = await proven(auth), Authenticator()
    enrolment = await enrol(client, "passkey")
    added = await confirm(client, enrolment, credential=key.make(enrolment["passkey"]["options"]))
    assert added.status_code == 201, added.text
    browser = await auth.client()
    challenge = await asked(browser)
    assert challenge["factors"] == ["passkey", "recovery_code"]
    answer = key.sign(challenge["passkey_options"])
    assert (await show(browser, challenge, "passkey", credential=answer)).status_code == 201
    replayed = await show(browser, await asked(browser), "passkey", credential=answer)
    assert code_of(replayed) == (401, "second_factor_wrong")
    (factor,) = (await client.get(FACTORS)).json()["items"]
    assert factor["last_used_at"] is not None


@pytest.mark.parametrize(
    "credential", [{}, {"id": "x"}, {"id": "é", "response": {}}, {"id": "AAAA", "rawId": 7, "response": None}]
)
async def test_no_answer_of_an_authenticator_makes_it_fail(auth: Auth, credential: dict[str, Any]):
    client, key = await proven(auth), Authenticator()
    enrolment = await enrol(client, "passkey")
    assert code_of(await confirm(client, enrolment, credential=credential)) == (403, "second_factor_wrong")
    await confirm(client, enrolment, credential=key.make(enrolment["passkey"]["options"]))
    browser = await auth.client()
    challenge = await asked(browser)
    assert code_of(await show(browser, challenge, "passkey", credential=credential)) == (401, "second_factor_wrong")


async def test_a_passkey_of_a_foreign_page_is_refused(auth: Auth):
    client, phished = await proven(auth), Authenticator("https://portal.test.evil.example")
    enrolment = await enrol(client, "passkey")
    answer = await confirm(client, enrolment, credential=phished.make(enrolment["passkey"]["options"]))
    assert code_of(answer) == (403, "second_factor_wrong")


async def test_factors_are_added_and_removed_after_a_proof_only(auth: Auth):
    client = await signed_in(auth)
    body = {"kind": "totp", "name": "app"}
    assert code_of(await client.post(FACTORS, json=body)) == (403, "step_up_required")
    assert code_of(await client.delete(f"{FACTORS}/01900000-0000-7000-8000-00000000ffff")) == (403, "step_up_required")
    assert code_of(await client.post("/api/v1/me/recovery-codes")) == (403, "step_up_required")


async def test_there_is_one_app_and_another_users_factor_is_not_found(auth: Auth):
    client, _, _ = await with_totp(auth)
    assert code_of(await client.post(FACTORS, json={"kind": "totp", "name": "app"})) == (409, "factor_exists")
    (factor,) = (await client.get(FACTORS)).json()["items"]
    stranger = await proven(auth, email="oleg@example.org")
    assert code_of(await stranger.delete(f"{FACTORS}/{factor['id']}")) == (404, "not_found")
    assert code_of(await stranger.post("/api/v1/me/recovery-codes")) == (409, "no_factor")

    assert (await client.delete(f"{FACTORS}/{factor['id']}")).status_code == 204
    assert (await client.get(FACTORS)).json() == {"items": [], "next_cursor": None, "recovery_codes_left": 0}
    assert (await changes(auth))[-1] == "factor_removed"
    assert (await sign_in(await auth.client())).status_code == 201


async def test_no_secret_of_a_factor_is_stored_or_logged_in_clear(auth: Auth):
    """INVARIANT: seeds are sealed, codes and challenges are HMACs; none of them, and no phone, is logged."""
    with capture_logs() as logs:
        client, secret, codes = await with_totp(auth)
        await confirm(client, await enrol(client, "sms", PHONE), code=await sms(auth))
        challenge = await asked(await auth.client())
    stored = ""
    for table in ("second_factors", "recovery_codes", "factor_challenges"):
        rows = await auth.rows(f"select to_jsonb(t)::text as text from {table} t")  # noqa: S608
        stored += "".join(row.text for row in rows)
    for hidden in (secret, codes[0], codes[0].replace("-", ""), challenge["challenge_id"]):
        assert hidden.encode().hex() not in stored
        assert hidden not in stored
        assert hidden not in json.dumps(logs, default=str)
    assert PHONE not in json.dumps(logs, default=str)


async def test_codes_to_new_phones_are_limited_by_phone_and_by_address_over_all_accounts(open_auth: OpenAuth):
    """INVARIANT: nobody's phone is rung through many accounts, and no address rings many phones."""
    async with open_auth(sms_enabled=True, sms_enrolments_per_phone=2, sms_enrolments_per_address=3) as auth:
        anna, oleg = await proven(auth), await proven(auth, email="oleg@example.org", address="203.0.113.1")
        body = {"kind": "sms", "name": "phone", "phone": PHONE}

        async def ask(client: httpx.AsyncClient, phone: str = PHONE) -> int:
            return (await client.post(FACTORS, json=body | {"phone": phone})).status_code

        assert [await ask(anna), await ask(oleg), await ask(oleg)] == [201, 201, 429]
        phones = [f"+7916000000{number}" for number in range(3)]
        assert [await ask(anna, phone) for phone in phones] == [201, 201, 429]
        assert await ask(oleg, phones[2]) == 201
        assert len(await letters(auth, "second_factor_code")) == 5


async def test_a_code_that_is_asked_for_too_soon_counts_nothing(open_auth: OpenAuth):
    async with open_auth(at=datetime.now(UTC) - timedelta(minutes=8), sms_enabled=True, sms_per_account=3) as auth:
        client = await proven(auth)
        await confirm(client, await enrol(client, "sms", PHONE), code=await sms(auth))
        browser = await auth.client()
        challenge = {"challenge_id": (await asked(browser))["challenge_id"]}

        async def ask() -> int:
            return (await browser.post("/api/v1/second-factor/sms", json=challenge)).status_code

        assert [await ask() for _ in range(5)] == [202, 429, 429, 429, 429]
        auth.clock.instant += timedelta(seconds=60)
        assert await ask() == 202


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("+1 900 555 0123", "phone_without_sms"),
        ("+870 773 111 632", "phone_without_sms"),
        ("+7 495 123-45-67", "phone_without_sms"),
        ("+7 701 234 56 78", "phone_without_sms"),
        ("12", "invalid_phone"),
    ],
)
async def test_codes_go_to_mobile_phones_of_the_countries_served(auth: Auth, phone: str, code: str):
    client = await proven(auth)
    answer = await client.post(FACTORS, json={"kind": "sms", "name": "phone", "phone": phone})
    assert code_of(answer) == (422, code)
    assert [error["field"] for error in answer.json()["errors"]] == ["phone"]
    assert await letters(auth, "second_factor_code") == []


async def test_codes_have_ceilings_of_a_day_and_those_to_new_phones_leave_some_for_sign_ins(open_auth: OpenAuth):
    async with open_auth(sms_enabled=True, sms_enrolments_per_phone_and_day=1, sms_enrolments_per_day=2) as auth:
        anna, oleg = await proven(auth), await proven(auth, email="oleg@example.org", address="203.0.113.1")

        async def ask(client: httpx.AsyncClient, phone: str) -> int:
            return (await client.post(FACTORS, json={"kind": "sms", "name": "phone", "phone": phone})).status_code

        assert [await ask(anna, "+79160000001"), await ask(oleg, "+79160000001")] == [201, 429], "the phone's"
        assert (await confirm(anna, await enrol(anna, "sms", PHONE), code=await sms(auth))).status_code == 201
        assert await ask(oleg, "+79160000002") == 429, "that of all new phones"
        browser = await auth.client()
        body = {"challenge_id": (await asked(browser))["challenge_id"]}
        assert (await browser.post("/api/v1/second-factor/sms", json=body)).status_code == 202


async def test_all_codes_of_a_day_have_a_ceiling(open_auth: OpenAuth):
    async with open_auth(sms_enabled=True, sms_per_day=1) as auth:
        client = await proven(auth)
        await confirm(client, await enrol(client, "sms", PHONE), code=await sms(auth))
        browser = await auth.client()
        body = {"challenge_id": (await asked(browser))["challenge_id"]}
        answer = await browser.post("/api/v1/second-factor/sms", json=body)
        assert code_of(answer) == (429, "too_many_attempts")
        assert int(answer.headers["retry-after"]) > 86_000
