"""Registration: the manual, 2.1."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from importlib import import_module
from typing import Any

import httpx
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from structlog.testing import capture_logs
from tests.service.auth.account import code_of, letters, tokens
from tests.service.auth.conftest import Auth, OpenAuth, sign_in

from auth.worker import clean_once

PATH = "/api/v1/registrations"
NEW: dict[str, Any] = {
    "email": "Vera@Example.org",
    "full_name": "Вера Лисова",
    "phone": "8 (916) 123-45-67",
    "password": "семь пядей во лбу",
    "language": "ru",
}


async def register(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post(PATH, json=NEW | changes)


async def confirm(client: httpx.AsyncClient, token: str, password: str = NEW["password"]) -> httpx.Response:
    return await client.post(f"{PATH}/confirm", json={"token": token, "password": password})


async def test_a_registration_becomes_a_user_when_the_letters_link_is_opened(auth: Auth):
    client = await auth.client()
    answer = await register(client)
    assert answer.status_code == 201, answer.text
    assert answer.json()["email"] == "vera@example.org"
    assert (await sign_in(client, "vera@example.org", NEW["password"])).status_code == 401, "not before"

    (letter,) = await letters(auth, "confirm_registration")
    assert (letter["to"], letter["language"]) == ("vera@example.org", "ru")
    assert letter["fields"]["registration"] == answer.json()["registration_id"]
    confirmed = await confirm(client, letter["fields"]["token"])
    assert (confirmed.status_code, confirmed.json()) == (200, {"email": "vera@example.org"})

    signed_in = await sign_in(client, "vera@example.org", NEW["password"])
    assert signed_in.status_code == 201
    user = signed_in.json()["user"]
    assert (user["full_name"], user["roles"], user["language"]) == ("Вера Лисова", ["consumer"], "ru")
    (row,) = await auth.rows("select phone from users where email = 'vera@example.org'")
    assert row.phone == "+79161234567"
    events = [json.loads(payload) for payload in await auth.outbox("auth-users-v1")]
    assert user["id"] in {event["user_id"] for event in events}


async def test_fifty_parallel_uses_of_a_link_make_one_user(open_auth: OpenAuth):
    """INVARIANT: a link is single use: the conditional update lets exactly one through."""
    async with open_auth(attempts_per_account_and_address=50) as auth:
        client = await auth.client()
        await register(client)
        (token,) = await tokens(auth, "confirm_registration")
        answers = await asyncio.gather(*(confirm(client, token) for _ in range(50)))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 410: 49}
        assert {answer.json()["code"] for answer in answers if answer.status_code == 410} == {"link_used"}
        assert len(await auth.rows("select 1 from users where email = 'vera@example.org'")) == 1


async def test_the_owner_of_the_address_cannot_make_the_account_of_who_registered_with_it(auth: Auth):
    """INVARIANT: a click in the letter alone makes nothing that the registrant, who knows the password, could enter."""
    stranger, owner = await auth.client("203.0.113.9"), await auth.client()
    await register(stranger, password="the stranger's choice")
    (token,) = await tokens(auth, "confirm_registration")

    assert (await owner.post(f"{PATH}/confirm", json={"token": token})).status_code == 422
    assert code_of(await confirm(owner, token, "the owner's guess")) == (403, "wrong_password")

    assert await auth.rows("select 1 from users where email = 'vera@example.org'") == []
    assert (await sign_in(stranger, "vera@example.org", "the stranger's choice")).status_code == 401
    await register(owner, password="the owner's choice")
    assert (await confirm(owner, (await tokens(auth, "confirm_registration"))[-1], "the owner's choice")).is_success


async def test_a_link_can_be_looked_at_without_using_it_up(auth: Auth):
    client = await auth.client()
    identifier = (await register(client)).json()["registration_id"]
    auth.clock.instant += timedelta(minutes=1)
    await client.post(f"{PATH}/{identifier}/letters")
    first, second = await tokens(auth, "confirm_registration")

    async def check(token: str) -> httpx.Response:
        return await client.post(f"{PATH}/check", json={"token": token})

    assert [(await check(token)).status_code for token in (first, first, second)] == [204, 204, 204]
    assert (await confirm(client, second)).status_code == 200
    assert code_of(await check(second)) == (410, "link_used")
    assert code_of(await check(first)) == (409, "already_confirmed")
    assert code_of(await check("A" * 43)) == (404, "link_unknown")
    auth.clock.instant += timedelta(hours=24)
    assert code_of(await check(first)) == (410, "link_expired")


async def test_a_wrong_password_leaves_the_link_good_and_names_its_field(auth: Auth):
    client = await auth.client()
    await register(client)
    (token,) = await tokens(auth, "confirm_registration")
    wrong = await confirm(client, token, "another password")
    assert code_of(wrong) == (403, "wrong_password")
    assert wrong.json()["errors"][0]["field"] == "password"
    assert (await confirm(client, token)).status_code == 200


async def test_guesses_at_the_password_of_a_registration_are_counted_and_outlive_a_restart(open_auth: OpenAuth):
    async with open_auth() as auth:
        client = await auth.client()
        await register(client)
        (token,) = await tokens(auth, "confirm_registration")
        guesses = [await confirm(client, token, f"guess number {number}") for number in range(9)]
        assert {code_of(guess) for guess in guesses} == {(403, "wrong_password")}
    async with open_auth(at=auth.clock.now()) as auth:
        elsewhere = await auth.client("203.0.113.9")
        assert code_of(await confirm(elsewhere, token, "the tenth guess")) == (403, "wrong_password")
        assert code_of(await confirm(elsewhere, token)) == (429, "too_many_attempts")
        auth.clock.instant += timedelta(minutes=15)
        assert (await confirm(elsewhere, token)).status_code == 200


async def test_a_link_that_is_too_old_says_so_and_a_new_one_works(auth: Auth):
    client = await auth.client()
    identifier = (await register(client)).json()["registration_id"]
    (old,) = await tokens(auth, "confirm_registration")
    auth.clock.instant += timedelta(hours=24)
    assert code_of(await confirm(client, old)) == (410, "link_expired")
    assert (await client.post(f"{PATH}/{identifier}/letters")).status_code == 200
    new = (await tokens(auth, "confirm_registration"))[-1]
    assert (await confirm(client, new)).status_code == 200
    assert code_of(await confirm(client, new)) == (410, "link_used")
    assert code_of(await client.post(f"{PATH}/{identifier}/letters")) == (409, "already_confirmed")


async def test_a_late_link_is_told_from_a_broken_one_however_late_it_is(auth: Auth):
    """INVARIANT: who opens an old letter learns that it is too old, also when the link itself has been forgotten."""
    client = await auth.client()
    await register(client)
    (token,) = await tokens(auth, "confirm_registration")
    auth.clock.instant += timedelta(days=9)
    assert await clean_once(auth.resources) > 0
    assert await auth.rows("select 1 from one_time_links") == []

    for late in (await confirm(client, token), await client.post(f"{PATH}/check", json={"token": token})):
        assert code_of(late) == (410, "link_expired")
    assert (await register(client)).status_code == 201, "and a new one can be had"

    forged = [token[:-1], token[:43], f"{token[:50]}{'A' if token[50] != 'A' else 'B'}{token[51:]}", f"{token}*", "ж"]
    for broken in forged:
        assert code_of(await confirm(client, broken)) == (404, "link_unknown")
    other_purpose = await client.post("/api/v1/email-changes/confirm", json={"token": token})
    assert code_of(other_purpose) == (404, "link_unknown")


async def test_a_link_of_a_former_version_works(auth: Auth):
    client = await auth.client()
    await register(client)
    (token,) = await tokens(auth, "confirm_registration")
    assert (await confirm(client, token[:43])).status_code == 200


async def test_a_registration_is_confirmed_once_whichever_of_its_links_is_opened(auth: Auth):
    client = await auth.client()
    identifier = (await register(client)).json()["registration_id"]
    auth.clock.instant += timedelta(minutes=1)
    await client.post(f"{PATH}/{identifier}/letters")
    first, second = await tokens(auth, "confirm_registration")
    assert (await confirm(client, second)).status_code == 200
    assert code_of(await confirm(client, first)) == (409, "already_confirmed")


async def test_a_letter_is_sent_again_once_a_minute_and_five_times_in_all(auth: Auth):
    client = await auth.client()
    identifier = (await register(client)).json()["registration_id"]
    assert code_of(await client.post(f"{PATH}/{identifier}/letters")) == (429, "too_many_attempts")
    statuses = []
    for _ in range(6):
        auth.clock.instant += timedelta(minutes=1)
        statuses.append((await client.post(f"{PATH}/{identifier}/letters")).status_code)
    assert statuses == [200] * 4 + [429] * 2
    unknown = await client.post(f"{PATH}/01900000-0000-7000-8000-00000000ffff/letters")
    assert code_of(unknown) == (404, "not_found")


async def test_links_that_we_never_gave_out_open_nothing(auth: Auth):
    client = await auth.client()
    await register(client)
    for token in ("x", "x" * 43, "../../etc", "A" * 43):
        assert code_of(await confirm(client, token)) == (404, "link_unknown")


async def test_an_address_that_is_taken_is_told_behind_a_limit(open_auth: OpenAuth):
    async with open_auth(registrations_per_address=3) as auth:
        client = await auth.client()
        for _ in range(3):
            answer = await register(client, email="anna@example.org")
            assert code_of(answer) == (409, "email_taken")
            assert answer.json()["errors"][0]["field"] == "email"
        assert code_of(await register(client, email="anna@example.org")) == (429, "too_many_attempts")
        assert (await register(await auth.client("203.0.113.9"))).status_code == 201


async def test_whoever_confirms_first_has_the_address(auth: Auth):
    """Asking for a foreign address keeps it from nobody: only its letters' reader can make it a user."""
    client = await auth.client()
    await register(client, password="the stranger's choice")
    await register(client, password="the owner's choice")
    stranger, owner = await tokens(auth, "confirm_registration")
    assert (await confirm(client, owner, "the owner's choice")).status_code == 200
    assert code_of(await confirm(client, stranger, "the stranger's choice")) == (409, "email_taken")
    assert (await sign_in(client, "vera@example.org", "the owner's choice")).status_code == 201


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"password": "1234567"}, 422, "password_too_short", "password"),
        ({"password": "Password1"}, 422, "password_common", "password"),
        ({"password": "vera@example.org1"}, 422, "password_contextual", "password"),
        ({"password": "halfhour2026"}, 422, "password_contextual", "password"),
        ({"phone": "12345"}, 422, "invalid_phone", "phone"),
        ({"phone": "not a phone"}, 422, "invalid_phone", "phone"),
        ({"email": "vera@"}, 422, "invalid_request", "email"),
        ({"full_name": " "}, 422, "invalid_request", "full_name"),
        ({"full_name": "Вера\x00"}, 422, "invalid_request", "full_name"),
        ({"language": "de"}, 422, "invalid_request", "language"),
        ({"roles": ["admin"]}, 422, "invalid_request", "roles"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field(
    auth: Auth, changes: dict[str, Any], status: int, code: str, field: str
):
    answer = await register(await auth.client(), **changes)
    assert code_of(answer) == (status, code)
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert await auth.rows("select 1 from registrations") == []


@pytest.mark.parametrize("password", ["\ud800" * 9, "\x00" * 9, "𝕡𝕒𝕣𝕠𝕝𝕒𝕤𝕖", "п" * 256])
async def test_any_characters_may_be_in_a_password(auth: Auth, password: str):
    client = await auth.client()
    for path, body in ((PATH, NEW | {"password": password}), ("/api/v1/password-strength", {"password": password})):
        answer = await client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
        assert answer.status_code in {200, 201}, answer.text
    (token,) = await tokens(auth, "confirm_registration")
    proof = json.dumps({"token": token, "password": password})
    answer = await client.post(f"{PATH}/confirm", content=proof, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    pair = json.dumps({"email": "vera@example.org", "password": password})
    answer = await client.post("/api/v1/sessions", content=pair, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201


async def test_a_password_is_told_how_strong_it_is(auth: Auth):
    client = await auth.client()
    told = []
    for password in ("qwerty12", "abc", "lisovaxyz", "correct horse battery staple"):
        answer = await client.post("/api/v1/password-strength", json={"password": password, "email": "lisovaxyz@a.ru"})
        told.append((answer.json()["score"] > 2, answer.json()["refusal"]))
    assert told == [
        (False, "password_common"),
        (False, "password_too_short"),
        (False, "password_contextual"),
        (True, None),
    ]


async def test_nothing_secret_is_stored_or_logged_in_clear(auth: Auth):
    """INVARIANT: of a link only an HMAC is stored; no address, name, phone, token or password is logged."""
    client = await auth.client()
    with capture_logs() as logs:
        await register(client)
        (token,) = await tokens(auth, "confirm_registration")
        await confirm(client, token)
    stored = [row.text for row in await auth.rows("select t::text as text from one_time_links t")]
    assert stored
    assert not any(token in text for text in stored)
    text = json.dumps(logs, default=str, ensure_ascii=False)
    assert "user.registered" in text
    for secret in ("vera@", "Лисова", NEW["password"], token, "+7916", "198.51.100.7"):
        assert secret not in text


async def test_letters_are_limited_by_recipient_wherever_they_are_asked_for(open_auth: OpenAuth):
    """INVARIANT: nobody's mailbox is filled from many addresses; the counter holds no address in clear."""
    async with open_auth(registration_letters_per_email=3) as auth:
        answers = [await register(await auth.client(f"203.0.113.{number}")) for number in range(3)]
        answers.append(await register(await auth.client("203.0.113.9"), email=" VERA@example.org"))
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert int(answers[-1].headers["Retry-After"]) > 60
        auth.clock.instant += timedelta(minutes=1)
        again = await (await auth.client()).post(f"{PATH}/{answers[0].json()['registration_id']}/letters")
        assert code_of(again) == (429, "too_many_attempts")
        assert len(await letters(auth, "confirm_registration")) == 3
        assert (await register(await auth.client(), email="other@example.org")).status_code == 201
        auth.clock.instant += timedelta(minutes=15)
        assert (await register(await auth.client())).status_code == 201


async def test_one_mailbox_gets_so_many_letters_of_registrations_a_day(open_auth: OpenAuth):
    async with open_auth(registration_letters_per_email_and_day=2) as auth:
        client = await auth.client()
        assert [(await register(client)).status_code for _ in range(3)] == [201, 201, 429]
        auth.clock.instant += timedelta(hours=1)
        await clean_once(auth.resources)
        assert code_of(await register(client)) == (429, "too_many_attempts")
        auth.clock.instant += timedelta(days=1)
        assert (await register(client)).status_code == 201


async def test_a_domain_in_cyrillic_is_that_of_its_ascii_form(auth: Auth):
    """INVARIANT: letters go to addresses that any mail server takes; both forms are one account."""
    client = await auth.client()
    assert (await register(client, email="Ivan@Пример.рф")).json()["email"] == "ivan@xn--e1afmkfd.xn--p1ai"
    (letter,) = await letters(auth, "confirm_registration")
    assert letter["to"] == "ivan@xn--e1afmkfd.xn--p1ai"
    assert (await confirm(client, letter["fields"]["token"])).status_code == 200
    for form in ("ivan@пример.рф", "IVAN@XN--E1AFMKFD.XN--P1AI"):
        assert (await sign_in(client, form, NEW["password"])).status_code == 201
    assert code_of(await register(client, email="ivan@xn--e1afmkfd.xn--p1ai")) == (409, "email_taken")


async def test_letters_before_the_at_are_latin_ones(auth: Auth):
    answer = await register(await auth.client(), email="иван@example.org")
    assert code_of(answer) == (422, "invalid_request")
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("email", "email_not_ascii")]


async def test_estimates_of_passwords_are_limited_by_address(open_auth: OpenAuth):
    async with open_auth(password_estimates_per_address=2) as auth:
        body = {"password": "correct horse"}
        client, other = await auth.client(), await auth.client("203.0.113.9")
        answers = [await one.post("/api/v1/password-strength", json=body) for one in (client, client, client, other)]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 200]


async def test_domains_that_were_stored_as_typed_are_brought_to_ascii(auth: Auth):
    """INVARIANT: who had such an address before signs in as before; no two users get one address."""
    async with auth.resources.engine.begin() as connection:
        await connection.exec_driver_sql("update users set email = 'anna@пример.рф' where email like 'anna%'")
        await connection.exec_driver_sql("update users set email = 'олег@example.org' where email like 'oleg%'")
        await connection.run_sync(_bring_to_ascii)
    stored = await auth.rows("select email from users where email not like 'olga%' order by email")
    assert [row.email for row in stored] == ["anna@xn--e1afmkfd.xn--p1ai", "олег@example.org"]
    assert (await sign_in(await auth.client(), "anna@пример.рф")).status_code == 201


def _bring_to_ascii(connection: Connection) -> None:
    migration = import_module("auth.migrations.postgres.0006_domains_in_ascii")
    with Operations.context(MigrationContext.configure(connection)):
        migration.upgrade()
