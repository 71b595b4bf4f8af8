"""Signing in, refreshing, signing out, over ASGI on a real database."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from structlog.testing import capture_logs
from tests.service.auth.account import blocked
from tests.service.auth.conftest import ANNA, PASSWORD, Auth, OpenAuth, sign_in

REFRESH = "__Secure-halfhour_refresh"
PATH = "/api/v1/sessions"


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(f"{PATH}/refresh", headers={"Cookie": f"{REFRESH}={token}"})


def token_of(answer: httpx.Response) -> str:
    return answer.cookies[REFRESH]


def code_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def me(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    return await client.get("/api/v1/me", headers={"Authorization": f"Bearer {answer.json()['access_token']}"})


async def login_of(auth: Auth) -> Any:
    (login,) = await auth.rows("select * from logins where ended_at is null or end_reason <> 'replaced'")
    return login


async def test_a_sign_in_gives_a_token_that_shows_who_is_signed_in(auth: Auth):
    client = await auth.client()
    answer = await sign_in(client, "  ANNA@example.org ")
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert body["user"] == {
        "id": str(ANNA),
        "email": "anna@example.org",
        "full_name": "Анна Орлова",
        "roles": ["consumer"],
        "supplier": None,
        "language": "ru",
    }
    assert (await me(client, answer)).json() == body["user"]


@pytest.mark.parametrize(("secure", "prefix"), [(True, "__Secure-"), (False, "")])
async def test_the_cookie_is_out_of_reach_of_scripts_and_strangers(open_auth: OpenAuth, secure: bool, prefix: str):
    async with open_auth(cookie_secure=secure) as auth:
        client = await auth.client()
        answer = await sign_in(client)
        assert (await client.post(f"{PATH}/refresh")).status_code == 200, "under its name it comes back"
    cookies = answer.headers.get_list("set-cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {f"{prefix}halfhour_refresh", f"{prefix}halfhour_device"}
    for cookie in cookies:
        parts = cookie.lower().split("; ")
        assert {"httponly", "samesite=strict", f"path={PATH}"} <= set(parts)
        assert ("secure" in parts) is secure


async def test_a_cookie_that_a_plain_neighbour_could_plant_is_not_read(auth: Auth):
    """INVARIANT: behind HTTPS only the name that browsers guard is a session."""
    token = token_of(await sign_in(await auth.client()))
    browser = await auth.client()
    planted = await browser.post(f"{PATH}/refresh", headers={"Cookie": f"halfhour_refresh={token}"})
    assert code_of(planted) == (401, "session_ended")
    assert (await refresh(browser, token)).status_code == 200


async def test_unknown_and_wrong_are_alike(auth: Auth):
    """INVARIANT: a sign-in tells nobody whether an account exists: status, body, headers and effect are the same."""
    answers = []
    for email, password in (("anna@example.org", "wrong"), ("nobody@example.org", PASSWORD)):
        answer = await sign_in(await auth.client(), email, password)
        assert code_of(answer) == (401, "invalid_credentials")
        body = answer.json()
        body.pop("request_id")
        answers.append((body, sorted(set(answer.headers) - {"x-request-id"})))
    assert answers[0] == answers[1]
    assert await auth.rows("select 1 from logins") == []
    failures = await auth.rows("select failures from login_attempts order by failures")
    assert [row.failures for row in failures] == [1, 1, 1, 1, 2], "pair and account twice, the shared address once"


async def test_an_unknown_account_costs_one_check_as_well(auth: Auth, monkeypatch: pytest.MonkeyPatch):
    checked: list[str] = []
    original = auth.resources.passwords._check

    def spy(password: str, stored: str) -> Any:
        checked.append(stored.rsplit("$", 2)[0])
        return original(password, stored)

    monkeypatch.setattr(auth.resources.passwords, "_check", spy)
    await sign_in(await auth.client(), "anna@example.org", "wrong")
    await sign_in(await auth.client(), "nobody@example.org", "wrong")
    assert len(checked) == 2
    assert checked[0] == checked[1], "with the same parameters"


async def test_a_disabled_user_is_told_nothing_else(auth: Auth):
    async with auth.resources.engine.begin() as connection:
        await connection.exec_driver_sql("update users set disabled = true")
    assert code_of(await sign_in(await auth.client())) == (401, "invalid_credentials")


async def test_a_foreign_page_gains_nothing_by_the_cookie(auth: Auth):
    """INVARIANT: whatever reads a cookie wants a header that no foreign page can set."""
    client = await auth.client()
    await sign_in(client)
    foreign = [{"X-Requested-With": value} for value in ("", "XMLHttpRequest")]
    foreign += [{"Sec-Fetch-Site": value} for value in ("cross-site", "same-site", "none")]
    for path in (PATH, f"{PATH}/refresh", f"{PATH}/logout"):
        for headers in foreign:
            body = {"email": "anna@example.org", "password": PASSWORD}
            answer = await client.post(path, json=body, headers=headers)
            assert code_of(answer) == (403, "csrf"), (path, headers)
            assert "set-cookie" not in answer.headers
    assert (await login_of(auth)).ended_at is None


async def test_a_client_that_is_no_browser_needs_no_fetch_metadata(auth: Auth):
    client = await auth.client()
    del client.headers["Sec-Fetch-Site"]
    assert (await sign_in(client)).status_code == 201


async def test_a_malformed_sign_in_is_refused_without_repeating_it(auth: Auth):
    client = await auth.client()
    for body in (
        {},
        {"email": "anna@example.org"},
        {"email": "", "password": "x"},
        {"email": "anna\x00@example.org", "password": "x"},
        {"email": "a" * 300, "password": "x"},
        {"email": "anna@example.org", "password": "x" * 300},
        {"email": "anna@example.org", "password": PASSWORD, "role": "admin"},
    ):
        answer = await client.post(PATH, json=body)
        assert code_of(answer) == (422, "invalid_request"), body
        assert PASSWORD not in answer.text


async def test_a_refresh_rotates_the_cookie_and_keeps_the_login(auth: Auth):
    client = await auth.client()
    first = await sign_in(client)
    auth.clock.instant += timedelta(minutes=10)
    second = await refresh(client, token_of(first))
    assert second.status_code == 200
    assert second.headers["cache-control"] == "no-store"
    assert token_of(second) != token_of(first)
    assert second.json()["user"] == first.json()["user"]
    claims = [
        jwt.decode(answer.json()["access_token"], options={"verify_signature": False}) for answer in (first, second)
    ]
    assert claims[0]["sid"] == claims[1]["sid"]
    assert claims[1]["exp"] - claims[0]["exp"] == 600


async def test_no_token_is_stored_in_clear(auth: Auth):
    answer = await sign_in(await auth.client())
    for table in ("refresh_tokens", "logins", "devices", "outbox"):
        for row in await auth.rows(f"select t::text as text from {table} t"):  # noqa: S608
            assert token_of(answer) not in row.text
    (row,) = await auth.rows("select password_hash from users where id = :id", id=ANNA)
    assert row.password_hash.startswith("$argon2id$")


async def test_fifty_parallel_uses_rotate_once_and_get_one_answer(auth: Auth):
    """INVARIANT: of fifty parallel uses of a refresh token one rotates it; within the grace all learn its result."""
    client = await auth.client()
    first = await sign_in(client)
    answers = await asyncio.gather(*(refresh(client, token_of(first)) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({token_of(answer) for answer in answers}) == 1
    tokens = await auth.rows("select used_at is not null as used from refresh_tokens")
    assert sorted(row.used for row in tokens) == [False, True]
    assert (await refresh(client, token_of(answers[0]))).status_code == 200


async def test_without_a_grace_fifty_parallel_uses_have_one_success(open_auth: OpenAuth):
    """INVARIANT: a refresh token is single use: the conditional update lets exactly one through."""
    async with open_auth(refresh_grace_seconds=0) as auth:
        client = await auth.client()
        first = await sign_in(client)
        answers = await asyncio.gather(*(refresh(client, token_of(first)) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 49}


async def test_a_late_tab_is_brought_to_the_present_token(auth: Auth):
    client = await auth.client()
    first = await sign_in(client)
    second = await refresh(client, token_of(first))
    auth.clock.instant += timedelta(seconds=4)
    third = await refresh(client, token_of(second))
    auth.clock.instant += timedelta(seconds=4)
    late = await refresh(client, token_of(first))
    assert late.status_code == 200
    assert token_of(late) == token_of(third), "an older cookie must not replace the newer one in the browser"


async def test_an_answer_that_was_lost_can_be_asked_for_again(open_auth: OpenAuth):
    """Also after auth was killed between commit and answer: another process gives the same one."""
    async with open_auth() as auth:
        first = await sign_in(await auth.client())
        lost = await refresh(await auth.client(), token_of(first))
    async with open_auth() as auth:
        again = await refresh(await auth.client(), token_of(first))
        assert token_of(again) == token_of(lost)


async def test_reuse_after_the_grace_ends_the_family_for_both(auth: Auth):
    """INVARIANT: a rotated refresh token that comes back ends every token of its login, the stolen and the owner's."""
    client = await auth.client()
    first = await sign_in(client)
    second = await refresh(client, token_of(first))
    auth.clock.instant += timedelta(seconds=11)
    assert code_of(await refresh(client, token_of(first))) == (401, "session_ended")
    assert (await login_of(auth)).end_reason == "refresh_token_reused"
    assert code_of(await refresh(client, token_of(second))) == (401, "session_ended")
    assert code_of(await me(client, second)) == (401, "session_ended")


async def test_reuse_ends_no_other_login_of_the_person(auth: Auth):
    phone, desk = await auth.client(), await auth.client()
    first, other = await sign_in(phone), await sign_in(desk)
    await refresh(phone, token_of(first))
    auth.clock.instant += timedelta(minutes=1)
    await refresh(phone, token_of(first))
    assert (await refresh(desk, token_of(other))).status_code == 200


async def test_a_token_that_was_never_given_out_opens_nothing(auth: Auth):
    client = await auth.client()
    for token in ("", "short", "x" * 43, "+" * 43):
        assert code_of(await refresh(client, token)) == (401, "session_ended")
        assert (await client.post(f"{PATH}/logout", headers={"Cookie": f"{REFRESH}={token}"})).status_code == 204


async def test_a_sign_out_ends_the_login_and_the_cookie_and_may_be_repeated(auth: Auth):
    client = await auth.client()
    first = await sign_in(client)
    second = await refresh(client, token_of(first))
    for token in (token_of(first), token_of(second), token_of(second)):
        answer = await client.post(f"{PATH}/logout", headers={"Cookie": f"{REFRESH}={token}"})
        assert answer.status_code == 204
        assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert (await login_of(auth)).end_reason == "signed_out"
    assert code_of(await refresh(client, token_of(second))) == (401, "session_ended")
    assert code_of(await me(client, second)) == (401, "session_ended")


async def test_a_new_sign_in_ends_the_former_login_of_the_same_browser(auth: Auth):
    client = await auth.client()
    first = await sign_in(client)
    await sign_in(client)
    assert code_of(await refresh(client, token_of(first))) == (401, "session_ended")
    rows = await auth.rows("select end_reason from logins order by created_at, end_reason")
    assert [row.end_reason for row in rows] == ["replaced", None]


async def test_a_login_that_is_not_used_ends_and_so_does_an_old_one(open_auth: OpenAuth):
    async with open_auth(login_idle_days=2, login_absolute_days=5) as auth:
        idle, busy = await auth.client(), await auth.client()
        unused, token = token_of(await sign_in(idle)), token_of(await sign_in(busy))
        for _ in range(4):
            auth.clock.instant += timedelta(days=1, minutes=1)
            answer = await refresh(busy, token)
            assert answer.status_code == 200
            token = token_of(answer)
        assert code_of(await refresh(idle, unused)) == (401, "session_ended")
        auth.clock.instant += timedelta(days=1)
        assert code_of(await refresh(busy, token)) == (401, "session_ended")


async def test_a_login_of_a_user_disabled_meanwhile_is_over(auth: Auth):
    client = await auth.client()
    first = await sign_in(client)
    async with auth.resources.engine.begin() as connection:
        await connection.exec_driver_sql("update users set disabled = true")
    assert code_of(await refresh(client, token_of(first))) == (401, "session_ended")
    assert code_of(await me(client, first)) == (401, "session_ended")


async def test_the_first_sign_in_on_a_device_is_announced_and_the_next_is_not(auth: Auth):
    client = await auth.client(agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 <b>")
    for _ in range(3):
        assert (await sign_in(client)).status_code == 201
    (payload,) = await auth.outbox("auth-letters-v1")
    letter = json.loads(payload)
    assert (letter["kind"], letter["to"], letter["user_id"]) == ("new_device", "anna@example.org", str(ANNA))
    assert letter["fields"] == {"device": "Firefox, Linux", "at": auth.clock.instant.isoformat()}
    await sign_in(await auth.client())
    assert len(await auth.outbox("auth-letters-v1")) == 2


async def test_parallel_sign_ins_that_find_old_parameters_all_succeed(open_auth: OpenAuth):
    """INVARIANT: who was second to renew a hash had the right password all the same."""
    async with open_auth():
        pass
    async with open_auth(argon2_time_cost=2) as auth:
        async with auth.resources.engine.begin() as connection:
            await connection.exec_driver_sql("select from users for no key update")
            under_way = [asyncio.create_task(sign_in(await auth.client())) for _ in range(3)]
            await blocked(auth, count=3)
        answers = await asyncio.gather(*under_way)
        assert [answer.status_code for answer in answers] == [201] * 3


async def test_old_parameters_of_a_hash_are_renewed_at_the_next_sign_in(open_auth: OpenAuth):
    async with open_auth() as auth:
        await sign_in(await auth.client())
    async with open_auth(argon2_time_cost=2) as auth:
        assert (await sign_in(await auth.client())).status_code == 201
        (row,) = await auth.rows("select password_hash from users where id = :id", id=ANNA)
        assert "t=2" in row.password_hash
        assert (await sign_in(await auth.client())).status_code == 201


async def test_nothing_personal_and_no_secret_is_logged(auth: Auth):
    with capture_logs() as entries:
        client = await auth.client()
        first = await sign_in(client)
        await sign_in(await auth.client(), "anna@example.org", "a wrong password")
        second = await refresh(client, token_of(first))
        auth.clock.instant += timedelta(minutes=1)
        await refresh(client, token_of(first))
        await client.post(f"{PATH}/logout", headers={"Cookie": f"{REFRESH}={token_of(second)}"})
    ours = [entry["event"] for entry in entries if entry["event"] != "request.refused"]
    assert ours == ["login.begun", "sign_in.refused", "refresh_token.reused"]
    text = repr(entries)
    for secret in ("anna@", "Орлова", PASSWORD, "a wrong password", token_of(first), token_of(second), "198.51.100.7"):
        assert secret not in text
