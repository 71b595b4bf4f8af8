"""A forgotten password: the manual, 2.3."""

import asyncio
from collections import Counter
from datetime import timedelta

import httpx
import pytest
from tests.service.auth.account import blocked, changes, code_of, events, letters, proven, signed_in, tokens
from tests.service.auth.conftest import ANNA, PASSWORD, Auth, OpenAuth, sign_in

from auth.domain import token_of
from auth.repository import logins
from auth.service.recovery import send_letters
from auth.worker import clean_once

PATH = "/api/v1/recoveries"
NEW = "entirely another phrase"


async def ask(auth: Auth, client: httpx.AsyncClient, email: str = "anna@example.org") -> httpx.Response:
    answer = await client.post(PATH, json={"email": email})
    await send_letters(auth.resources)
    return answer


async def complete(client: httpx.AsyncClient, token: str, password: str = NEW) -> httpx.Response:
    return await client.post(f"{PATH}/complete", json={"token": token, "password": password})


async def test_a_new_password_is_set_by_the_letters_link_and_all_sessions_end(auth: Auth):
    thief = await signed_in(auth)
    client = await auth.client()
    assert (await ask(auth, client, " Anna@Example.org")).status_code == 202
    (token,) = await tokens(auth, "recover")
    assert (await client.post(f"{PATH}/check", json={"token": token})).status_code == 204
    assert (await complete(client, token)).json() == {"email": "anna@example.org"}

    assert code_of(await thief.get("/api/v1/me")) == (401, "session_ended")
    assert (await sign_in(client)).status_code == 401, "the former password"
    assert (await sign_in(client, password=NEW)).status_code == 201
    assert await changes(auth) == ["password_recovered"]
    owner = await signed_in(auth, password=NEW)
    assert {"recovery_requested", "password_recovered"} <= set(await events(owner))


async def test_known_and_unknown_are_alike(auth: Auth):
    """INVARIANT: a recovery tells nobody whether there is an account: both are one row, and the worker looks later."""
    client = await auth.client()
    answers = [await client.post(PATH, json={"email": email}) for email in ("anna@example.org", "nobody@example.org")]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(202, {"expires_in": 1800})] * 2
    assert await auth.rows("select 1 from one_time_links") == []
    assert len(await auth.rows("select 1 from recovery_requests")) == 2
    assert await send_letters(auth.resources) == 2
    assert [letter["to"] for letter in await letters(auth, "recover")] == ["anna@example.org"]
    assert await auth.rows("select 1 from recovery_requests") == []


async def test_a_request_survives_a_kill_before_its_letter(open_auth: OpenAuth):
    async with open_auth() as auth:
        await (await auth.client()).post(PATH, json={"email": "anna@example.org"})
    async with open_auth() as auth:
        await send_letters(auth.resources)
        assert len(await letters(auth, "recover")) == 1


async def test_fifty_parallel_uses_set_one_password(auth: Auth):
    """INVARIANT: a link is single use: the conditional update lets exactly one through."""
    client = await auth.client()
    await ask(auth, client)
    (token,) = await tokens(auth, "recover")
    answers = await asyncio.gather(*(complete(client, token, f"a phrase number {n}") for n in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 410: 49}
    assert await changes(auth) == ["password_recovered"]


@pytest.mark.parametrize("other", ["recovery", "email_change"])
async def test_of_two_links_of_a_user_used_at_once_one_is_refused_cleanly(auth: Auth, other: str):
    """INVARIANT: each use holds the user before its link, so that two of them never wait for each other's links."""
    client, owner = await auth.client(), await proven(auth)
    await ask(auth, client)
    await ask(auth, client)
    first, second = await tokens(auth, "recover")
    await owner.post("/api/v1/me/email", json={"email": "new@example.org"})
    (change,) = await tokens(auth, "confirm_email")
    async with auth.resources.engine.begin() as connection:
        await connection.exec_driver_sql("select from users for update")
        uses = [
            asyncio.create_task(complete(client, first)),
            asyncio.create_task(
                complete(client, second)
                if other == "recovery"
                else client.post("/api/v1/email-changes/confirm", json={"token": change})
            ),
        ]
        await blocked(auth, count=2)
    answers = await asyncio.gather(*uses)

    assert sorted(answer.status_code for answer in answers) == [200, 410]
    assert [code_of(answer) for answer in answers if answer.status_code != 200] == [(410, "link_used")]


async def test_a_link_ends_after_half_an_hour_and_with_the_first_that_is_used(auth: Auth):
    client = await auth.client()
    await ask(auth, client)
    await ask(auth, client)
    first, second = await tokens(auth, "recover")
    assert (await complete(client, second)).status_code == 200
    assert code_of(await complete(client, first)) == (410, "link_used")
    await ask(auth, client)
    late = (await tokens(auth, "recover"))[-1]
    auth.clock.instant += timedelta(minutes=30)
    assert code_of(await client.post(f"{PATH}/check", json={"token": late})) == (410, "link_expired")
    assert code_of(await complete(client, late)) == (410, "link_expired")


async def test_a_link_for_another_purpose_sets_no_password(auth: Auth):
    """INVARIANT: a token is bound to its purpose: its HMAC is another for each."""
    client = await auth.client()
    body = {"email": "vera@example.org", "full_name": "Вера", "phone": "+79161234567", "password": NEW}
    await client.post("/api/v1/registrations", json=body)
    (token,) = await tokens(auth, "confirm_registration")
    assert code_of(await complete(client, token)) == (404, "link_unknown")


async def test_a_weak_password_leaves_the_link_good(auth: Auth):
    client = await auth.client()
    await ask(auth, client)
    (token,) = await tokens(auth, "recover")
    assert code_of(await complete(client, token, "anna@example.org")) == (422, "password_contextual")
    assert (await complete(client, token)).status_code == 200


async def test_a_disabled_user_gets_no_letter_and_no_password(auth: Auth):
    client = await auth.client()
    await ask(auth, client)
    (token,) = await tokens(auth, "recover")
    async with auth.resources.engine.begin() as connection:
        await connection.exec_driver_sql("update users set disabled = true")
    assert (await ask(auth, client)).status_code == 202
    assert len(await letters(auth, "recover")) == 1
    assert code_of(await complete(client, token)) == (404, "link_unknown")


async def test_letters_are_limited_by_account_and_by_address(open_auth: OpenAuth):
    async with open_auth(recoveries_per_account=2, recoveries_per_address=3) as auth:
        client = await auth.client()
        assert [(await ask(auth, client)).status_code for _ in range(3)] == [202, 202, 429]
        assert code_of(await ask(auth, client, "oleg@example.org")) == (429, "too_many_attempts")
        assert (await ask(auth, await auth.client("203.0.113.1"), "oleg@example.org")).status_code == 202
        assert (await sign_in(client, password=PASSWORD)).status_code == 201, "asking locks nobody out"


async def test_a_stranger_does_not_keep_the_owner_from_a_new_device(auth: Auth):
    """INVARIANT: who has shown the mailbox signs in on that device, whatever strangers try before and after."""
    owner = await auth.client("203.0.113.5")

    async def fill() -> None:
        for number in range(6):
            stranger = await auth.client(f"198.51.100.{number}")
            for _ in range(10):
                await sign_in(stranger, password="wrong")

    await fill()
    assert (await sign_in(owner)).status_code == 429
    await ask(auth, owner)
    (token,) = await tokens(auth, "recover")
    assert (await complete(owner, token)).status_code == 200
    (left,) = await auth.rows("select max(failures) as failures from login_attempts where failures > 30")
    assert left.failures is None, "the account's count is forgotten"
    await fill()
    assert (await sign_in(await auth.client("192.0.2.9"), password=NEW)).status_code == 429, "a strange device waits"
    assert (await sign_in(owner, password=NEW)).status_code == 201
    assert [letter["to"] for letter in await letters(auth, "new_device")] == ["anna@example.org"], "and is announced"


async def test_a_recovery_gives_no_new_tries_of_the_second_factor(auth: Auth):
    """INVARIANT: a device that recovered is known for passwords alone: a mailbox lifts no limit of factors."""
    owner = await auth.client()
    await ask(auth, owner)
    (token,) = await tokens(auth, "recover")
    await complete(owner, token)
    mark = token_of(owner.cookies["__Secure-halfhour_device"]) or b""
    marks = auth.resources.secret_keys.device_hmacs(mark)
    async with auth.resources.engine.connect() as connection:
        assert not await logins.has_device(connection, ANNA, marks)


async def test_one_mailbox_gets_so_many_letters_a_day_and_then_one_an_hour(open_auth: OpenAuth):
    """INVARIANT: nobody's mailbox is filled, and nobody is kept from recovering for longer than an hour."""
    async with open_auth(recoveries_per_account_and_day=3) as auth:
        client = await auth.client()
        assert [(await ask(auth, client)).status_code for _ in range(5)] == [202, 202, 202, 202, 429]
        auth.clock.instant += timedelta(minutes=59)
        await clean_once(auth.resources)
        assert code_of(await ask(auth, client)) == (429, "too_many_attempts")
        auth.clock.instant += timedelta(minutes=1)
        assert [(await ask(auth, client)).status_code for _ in range(2)] == [202, 429]
        assert len(await letters(auth, "recover")) == 5
        auth.clock.instant += timedelta(days=1)
        assert (await ask(auth, client)).status_code == 202
