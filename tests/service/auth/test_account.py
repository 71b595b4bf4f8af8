"""What users see and change of their account: the manual, 2.4 and 3.4."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from structlog.testing import capture_logs
from tests.service.auth.account import (
    changes,
    code_of,
    events,
    letters,
    proven,
    signed_in,
    step_up,
    tokens,
)
from tests.service.auth.conftest import PASSWORD, Auth, OpenAuth, sign_in

from auth.service.recovery import send_letters
from auth.service.sessions import end_every_login
from auth.worker import clean_once
from common.http.pages import encode_cursor

SESSIONS = "/api/v1/me/sessions"
NEW_PASSWORD = "entirely another phrase"


async def sessions(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.get(SESSIONS)
    assert answer.headers["cache-control"] == "no-store"
    return list(answer.json()["items"])


async def test_sessions_are_listed_with_device_address_and_last_use(open_auth: OpenAuth):
    async with open_auth(at=datetime.now(UTC) - timedelta(minutes=6)) as auth:
        await signed_in(auth, address="203.0.113.4")
        auth.clock.instant += timedelta(minutes=5)
        here = await signed_in(auth)
        found = await sessions(here)
        assert [(x["device"], x["address"], x["current"]) for x in found] == [
            ("Firefox, Linux", "198.51.100.7", True),
            ("Firefox, Linux", "203.0.113.4", False),
        ]


async def test_one_session_or_all_others_or_all_are_ended(auth: Auth):
    there, third, here = await signed_in(auth), await signed_in(auth), await proven(auth)
    identifiers = {x["id"] for x in await sessions(there) if x["current"]}
    assert (await here.delete(f"{SESSIONS}/{identifiers.pop()}")).status_code == 204
    assert code_of(await there.get("/api/v1/me")) == (401, "session_ended")
    assert (await third.get("/api/v1/me")).status_code == 200
    assert (await here.delete(SESSIONS)).status_code == 204
    assert code_of(await third.get("/api/v1/me")) == (401, "session_ended")
    assert (await here.get("/api/v1/me")).status_code == 200
    assert (await here.delete(SESSIONS, params={"keep_current": "false"})).status_code == 204
    assert code_of(await here.get("/api/v1/me")) == (401, "session_ended")


async def test_after_a_breach_every_session_of_everybody_ends_and_their_owners_can_see_it(auth: Auth):
    browsers = [await signed_in(auth), await signed_in(auth), await signed_in(auth, email="oleg@example.org")]
    auth.clock.instant += timedelta(seconds=1)
    async with auth.resources.engine.begin() as connection:
        assert await end_every_login(connection, now=auth.clock.now()) == 2
        assert await end_every_login(connection, now=auth.clock.now()) == 0
    for browser in browsers:
        assert code_of(await browser.get("/api/v1/me")) == (401, "session_ended")
        assert code_of(await browser.post("/api/v1/sessions/refresh")) == (401, "session_ended")
    auth.clock.instant += timedelta(seconds=1)
    for email in ("anna@example.org", "oleg@example.org"):
        assert (await events(await signed_in(auth, email=email)))[:2] == ["signed_in", "sessions_ended"]


async def test_a_strangers_session_is_not_found(auth: Auth):
    other = await signed_in(auth, "oleg@example.org")
    (foreign,) = await sessions(other)
    here = await proven(auth)
    assert code_of(await here.delete(f"{SESSIONS}/{foreign['id']}")) == (404, "not_found")
    assert (await other.get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", SESSIONS, None),
        ("DELETE", f"{SESSIONS}/01900000-0000-7000-8000-00000000ffff", None),
        ("POST", "/api/v1/me/email", {"email": "new@example.org"}),
        ("PATCH", "/api/v1/me/profile", {"phone": "+79161234567"}),
    ],
)
async def test_what_a_thief_of_a_session_would_do_needs_a_proof_not_long_ago(
    auth: Auth, method: str, path: str, body: dict[str, str] | None
):
    """INVARIANT: neither a fresh sign-in nor an old proof opens these calls, and another session's proof does not."""
    client = await signed_in(auth)
    await proven(auth)
    assert code_of(await client.request(method, path, json=body)) == (403, "step_up_required")
    await step_up(client)
    auth.clock.instant += timedelta(seconds=300)
    assert code_of(await client.request(method, path, json=body)) == (403, "step_up_required")


async def test_a_proof_needs_the_password_and_tries_are_limited(auth: Auth):
    client = await signed_in(auth)
    answers = [await step_up(client, "wrong") for _ in range(10)]
    assert {code_of(answer) for answer in answers} == {(403, "wrong_password")}
    assert code_of(await step_up(client)) == (429, "too_many_attempts")
    assert (await events(client)).count("step_up_refused") == 10


async def test_a_new_name_is_shown_after_the_next_sign_in(auth: Auth):
    client = await signed_in(auth)
    changed = await client.patch("/api/v1/me/profile", json={"full_name": "Анна Белова"})
    assert changed.json()["full_name"] == "Анна Белова"
    assert (await client.get("/api/v1/me")).json()["full_name"] == "Анна Орлова"
    refreshed = await client.post("/api/v1/sessions/refresh")
    assert refreshed.json()["user"]["full_name"] == "Анна Орлова"
    assert (await sign_in(client)).json()["user"]["full_name"] == "Анна Белова"


async def test_a_language_reaches_the_other_services(auth: Auth):
    client = await signed_in(auth)
    assert (await client.patch("/api/v1/me/profile", json={"language": "en"})).json()["language"] == "en"
    last = json.loads((await auth.outbox("auth-users-v1"))[-1])
    assert (last["language"], last["version"]) == ("en", 2)


async def test_a_phone_is_kept_in_one_form_and_its_change_is_announced(auth: Auth):
    client = await proven(auth)
    assert code_of(await client.patch("/api/v1/me/profile", json={"phone": "12"})) == (422, "invalid_phone")
    changed = await client.patch("/api/v1/me/profile", json={"phone": "8 916 123 45 67"})
    assert changed.json()["phone"] == "+79161234567"
    assert await changes(auth) == ["phone_changed"]


async def test_a_password_is_changed_with_the_present_one_and_other_sessions_end(auth: Auth):
    other, client = await signed_in(auth), await signed_in(auth)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await client.put("/api/v1/me/password", json=body)).status_code == 204
    assert (await client.get("/api/v1/me")).status_code == 200
    assert code_of(await other.get("/api/v1/me")) == (401, "session_ended")
    assert (await sign_in(client, password=PASSWORD)).status_code == 401
    assert (await sign_in(client, password=NEW_PASSWORD)).status_code == 201
    assert await changes(auth) == ["password_changed"]


async def test_a_password_is_not_changed_by_a_wrong_or_to_a_weak_one(auth: Auth):
    client = await signed_in(auth)
    for body, told in (
        ({"current_password": "wrong", "new_password": NEW_PASSWORD}, (403, "wrong_password", "current_password")),
        ({"current_password": PASSWORD, "new_password": "password1"}, (422, "password_common", "new_password")),
    ):
        answer = await client.put("/api/v1/me/password", json=body)
        assert (*code_of(answer), answer.json()["errors"][0]["field"]) == told
    assert await changes(auth) == []


async def test_of_fifty_parallel_changes_of_a_password_one_succeeds(open_auth: OpenAuth):
    async with open_auth(attempts_per_account_and_address=100) as auth:
        client = await signed_in(auth)
        bodies = [{"current_password": PASSWORD, "new_password": f"a phrase number {n}"} for n in range(50)]
        answers = await asyncio.gather(*(client.put("/api/v1/me/password", json=body) for body in bodies))
        assert Counter(answer.status_code for answer in answers) == {204: 1, 403: 49}
        assert await changes(auth) == ["password_changed"]


async def test_an_email_is_confirmed_on_the_new_address_and_announced_to_the_old(auth: Auth):
    other, client = await signed_in(auth), await proven(auth)
    asked = await client.post("/api/v1/me/email", json={"email": "New@Example.org"})
    assert (asked.status_code, asked.json()) == (202, {"email": "new@example.org", "expires_in": 86_400})
    assert (await client.get("/api/v1/me/profile")).json()["pending_email"] == "new@example.org"
    (letter,) = await letters(auth, "confirm_email")
    assert letter["to"] == "new@example.org"

    nobody = await auth.client()
    answers = await asyncio.gather(
        *(nobody.post("/api/v1/email-changes/confirm", json={"token": letter["fields"]["token"]}) for _ in range(50))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 410: 49}
    assert await changes(auth) == ["email_change_requested"]
    assert [letter["to"] for letter in await letters(auth, "email_changed")] == ["anna@example.org"]
    profile = (await client.get("/api/v1/me/profile")).json()
    assert (profile["email"], profile["pending_email"]) == ("new@example.org", None)
    assert code_of(await other.get("/api/v1/me")) == (401, "session_ended")
    assert (await sign_in(nobody, "anna@example.org")).status_code == 401
    assert (await sign_in(nobody, "new@example.org")).status_code == 201


async def test_looking_at_the_link_to_a_new_address_confirms_nothing(auth: Auth):
    """INVARIANT: a mail scanner that opens links, and runs what is on the page, uses none up."""
    client, anybody = await proven(auth), await auth.client()
    await client.post("/api/v1/me/email", json={"email": "new@example.org"})
    (token,) = await tokens(auth, "confirm_email")
    for _ in range(2):
        looked = await anybody.post("/api/v1/email-changes/check", json={"token": token})
        assert (looked.status_code, looked.json()) == (200, {"email_hint": "n•••@example.org"})
    assert (await client.get("/api/v1/me/profile")).json()["email"] == "anna@example.org"
    assert (await anybody.post("/api/v1/email-changes/confirm", json={"token": token})).status_code == 200
    assert code_of(await anybody.post("/api/v1/email-changes/check", json={"token": token})) == (410, "link_used")


async def test_a_mailbox_gets_so_many_letters_a_day_whoever_asks(open_auth: OpenAuth):
    """INVARIANT: who is refused sends no letter, and uses up nobody's: one account cannot hold a mailbox up."""
    async with open_auth(email_changes_per_email_and_day=2, email_changes_per_account=1) as auth:
        path, body = "/api/v1/me/email", {"email": "stranger@example.org"}
        first, second = await proven(auth), await proven(auth, email="oleg@example.org")
        answers = [await client.post(path, json=body) for client in (first, first, second)]
        assert [answer.status_code for answer in answers] == [202, 429, 202]
        auth.clock.instant += timedelta(minutes=16)
        assert (await step_up(first)).status_code == 200
        assert code_of(await first.post(path, json=body)) == (429, "too_many_attempts")
        assert len(await letters(auth, "confirm_email")) == 2


async def test_a_late_link_to_a_new_address_says_so_and_another_can_be_asked_for(auth: Auth):
    client = await proven(auth)
    await client.post("/api/v1/me/email", json={"email": "new@example.org"})
    (late,) = await tokens(auth, "confirm_email")
    path = "/api/v1/email-changes/confirm"
    for passed in (timedelta(hours=24), timedelta(days=9)):
        auth.clock.instant += passed
        await clean_once(auth.resources)
        assert code_of(await client.post(path, json={"token": late})) == (410, "link_expired")
    assert (await auth.rows("select email from users where email = 'new@example.org'")) == []

    # Access tokens are checked against the system's clock, so the owner's next day is the present again.
    auth.clock.instant -= timedelta(days=10)
    assert (await step_up(client)).status_code == 200
    assert (await client.post("/api/v1/me/email", json={"email": "new@example.org"})).status_code == 202
    again = (await tokens(auth, "confirm_email"))[-1]
    assert (await client.post(path, json={"token": again})).status_code == 200
    assert code_of(await client.post(path, json={"token": again})) == (410, "link_used")


async def test_who_mistyped_the_new_address_takes_it_back_by_asking_for_the_right_one(auth: Auth):
    """INVARIANT: the reader of a mailbox that the owner does not mean any more gets nothing by its letter."""
    client = await proven(auth)
    for email in ("mistyped@example.org", "right@example.org", "right@example.org"):
        assert (await client.post("/api/v1/me/email", json={"email": email})).status_code == 202
    mistyped, first, _ = await tokens(auth, "confirm_email")
    path, anybody = "/api/v1/email-changes/confirm", await auth.client()

    assert code_of(await anybody.post(path, json={"token": mistyped})) == (410, "link_used")
    assert (await client.get("/api/v1/me/profile")).json()["pending_email"] == "right@example.org"
    assert (await anybody.post(path, json={"token": first})).json() == {"email": "right@example.org"}


@pytest.mark.parametrize("way", ["changed", "recovered"])
async def test_a_new_password_ends_a_change_of_address_that_waits(auth: Auth, way: str):
    """INVARIANT: whoever asked for another address before the owner set a new password moves the account no more."""
    thief, owner, new = await proven(auth), await signed_in(auth), NEW_PASSWORD
    await thief.post("/api/v1/me/email", json={"email": "thief@example.org"})
    (token,) = await tokens(auth, "confirm_email")
    if way == "changed":
        body = {"current_password": PASSWORD, "new_password": new}
        assert (await owner.put("/api/v1/me/password", json=body)).status_code == 204
    else:
        await owner.post("/api/v1/recoveries", json={"email": "anna@example.org"})
        await send_letters(auth.resources)
        (link,) = await tokens(auth, "recover")
        await owner.post("/api/v1/recoveries/complete", json={"token": link, "password": new})
    confirmed = await thief.post("/api/v1/email-changes/confirm", json={"token": token})
    assert code_of(confirmed) == (410, "link_used")
    assert (await sign_in(await auth.client(), password=new)).status_code == 201


async def test_a_taken_address_is_not_told_and_gets_no_letter(auth: Auth):
    client = await proven(auth)
    asked = await client.post("/api/v1/me/email", json={"email": "oleg@example.org"})
    assert asked.status_code == 202
    assert await letters(auth, "confirm_email") == []
    assert code_of(await client.post("/api/v1/me/email", json={"email": "anna@example.org"})) == (
        422,
        "email_unchanged",
    )


async def test_an_address_that_was_taken_meanwhile_stays_with_its_owner(auth: Auth):
    first, second = await proven(auth), await proven(auth, email="oleg@example.org")
    for client in (first, second):
        await client.post("/api/v1/me/email", json={"email": "new@example.org"})
    one, other = await tokens(auth, "confirm_email")
    path = "/api/v1/email-changes/confirm"
    assert (await first.post(path, json={"token": one})).status_code == 200
    assert code_of(await second.post(path, json={"token": other})) == (409, "email_taken")
    assert (await second.get("/api/v1/me/profile")).json()["email"] == "oleg@example.org"


async def test_the_security_log_is_the_users_own_and_comes_in_pages(open_auth: OpenAuth):
    async with open_auth(at=datetime.now(UTC) - timedelta(minutes=6)) as auth:
        stranger = await auth.client("203.0.113.66", agent="curl/8")
        await sign_in(stranger, password="wrong")
        auth.clock.instant += timedelta(minutes=1)
        await signed_in(auth, "oleg@example.org")
        client = await signed_in(auth)
        auth.clock.instant += timedelta(minutes=1)
        await client.post("/api/v1/sessions/logout")
        client = await signed_in(auth)
        path = "/api/v1/me/security-events"
        first = (await client.get(path, params={"limit": 2})).json()
        second = (await client.get(path, params={"limit": 2, "cursor": first["next_cursor"]})).json()
        kinds = [event["kind"] for event in first["items"] + second["items"]]
        assert sorted(kinds) == ["sign_in_refused", "signed_in", "signed_in", "signed_out"]
        assert second["next_cursor"] is None
        refused = second["items"][-1]
        assert (refused["kind"], refused["device"], refused["address"]) == ("sign_in_refused", "curl", "203.0.113.66")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"])
async def test_a_cursor_that_we_did_not_give_out_is_refused(auth: Auth, at: str):
    client = await signed_in(auth)
    cursor = encode_cursor(at, str(uuid4()))
    answer = await client.get("/api/v1/me/security-events", params={"cursor": cursor})
    assert code_of(answer) == (422, "invalid_cursor")


async def test_no_personal_datum_of_an_account_is_logged(auth: Auth):
    """INVARIANT: no address, name, phone, token or password is logged."""
    with capture_logs() as logs:
        client = await proven(auth)
        await client.patch("/api/v1/me/profile", json={"full_name": "Анна Белова", "phone": "+79161234567"})
        await client.post("/api/v1/me/email", json={"email": "new@example.org"})
        (token,) = await tokens(auth, "confirm_email")
        await client.post("/api/v1/email-changes/confirm", json={"token": token})
        body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        assert (await client.put("/api/v1/me/password", json=body)).status_code == 204
    text = json.dumps(logs, default=str, ensure_ascii=False)
    assert "email.changed" in text
    for secret in ("anna@", "new@", "Белова", "+7916", token, PASSWORD, NEW_PASSWORD, "198.51.100.7"):
        assert secret not in text
