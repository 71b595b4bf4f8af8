"""How often one may try."""

import asyncio
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

import httpx
from sqlalchemy import text
from structlog.testing import capture_logs
from tests.service.auth.conftest import PASSWORD, Auth, OpenAuth, sign_in

from auth.domain import token_of


async def fail(client: httpx.AsyncClient, times: int, email: str = "anna@example.org") -> list[int]:
    return [(await sign_in(client, email, "wrong")).status_code for _ in range(times)]


async def test_the_eleventh_failure_has_to_wait_even_with_the_right_password(auth: Auth):
    client = await auth.client()
    with capture_logs() as logs:
        assert await fail(client, 11) == [401] * 10 + [429]
    told = [entry["event"] for entry in logs if entry["event"] != "request.refused"]
    assert told == ["sign_in.refused"] * 10 + ["attempt.turned_away"]
    auth.clock.instant += timedelta(seconds=100)
    answer = await sign_in(client)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert answer.headers["retry-after"] == "800"
    auth.clock.instant += timedelta(seconds=800)
    assert (await sign_in(client)).status_code == 201


async def test_an_unknown_account_is_limited_alike(auth: Auth):
    assert await fail(await auth.client(), 11, "nobody@example.org") == [401] * 10 + [429]


async def test_the_counters_survive_a_restart(open_auth: OpenAuth):
    """INVARIANT: counters of attempts are in the database: a restart gives nobody new tries."""
    async with open_auth() as auth:
        await fail(await auth.client(), 10)
    async with open_auth() as auth:
        assert (await sign_in(await auth.client())).status_code == 429


async def test_fifty_parallel_guesses_are_ten(auth: Auth):
    """INVARIANT: an attempt is counted before it is checked, so parallel guesses gain nothing."""
    client = await auth.client()
    answers = await asyncio.gather(*(sign_in(client, "anna@example.org", "wrong") for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {401: 10, 429: 40}


async def test_a_success_counts_nothing_and_forgives_the_failures_before_it(auth: Auth):
    client = await auth.client()
    for _ in range(3):
        assert await fail(client, 9) == [401] * 9
        assert (await sign_in(client)).status_code == 201
    rows = await auth.rows("select sum(failures) as failures from login_attempts group by subject order by 1")
    assert [int(row.failures) for row in rows] == [9, 27], "the account's from strange devices, the address's"


async def test_a_stranger_locks_nobody_out(auth: Auth):
    """ASVS 6.1.1: the limit cannot be used against the owner."""
    owner = await auth.client("203.0.113.5")
    await sign_in(owner)
    for number in range(6):
        await fail(await auth.client(f"198.51.100.{number}"), 10)
    assert (await sign_in(await auth.client("198.51.100.77"))).status_code == 429, "a strange device waits"
    assert (await sign_in(owner)).status_code == 201, "the owner's device does not"


async def test_a_device_known_by_the_mark_of_a_former_version_stays_known(auth: Auth):
    """INVARIANT: marks got a purpose of their own, and nobody noticed: no letter, no lockout, no session ended."""
    owner = await auth.client("203.0.113.5")
    began = await sign_in(owner)
    former = auth.resources.secret_keys.device_hmacs(token_of(owner.cookies["__Secure-halfhour_device"]) or b"")[1]
    async with auth.resources.engine.begin() as connection:
        for table in ("devices", "logins"):
            await connection.execute(text(f"update {table} set device_hmac = :former"), {"former": former})  # noqa: S608
    for number in range(6):
        await fail(await auth.client(f"198.51.100.{number}"), 10)
    assert (await owner.post("/api/v1/sessions/refresh")).status_code == 200, began.text
    told = len(await auth.outbox("auth-letters-v1"))

    answers = [await sign_in(owner) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert len(await auth.outbox("auth-letters-v1")) == told
    (stored,) = await auth.rows("select device_hmac from devices")
    assert bytes(stored.device_hmac) != former, "it is stored anew"


async def test_a_stolen_mark_of_a_device_gives_no_endless_tries(auth: Auth):
    owner = await auth.client()
    await sign_in(owner)
    assert await fail(owner, 11) == [401] * 10 + [429]


async def test_one_address_may_not_try_many_accounts(open_auth: OpenAuth):
    async with open_auth(attempts_per_address=5) as auth:
        client = await auth.client("2001:db8::1")
        for number in range(5):
            assert await fail(client, 1, f"user{number}@example.org") == [401]
        neighbour = await auth.client("2001:db8::ffff")
        assert (await sign_in(neighbour, "anna@example.org", PASSWORD)).status_code == 429, "one /64 is one customer"
        assert (await sign_in(await auth.client("2001:db8:1::1"))).status_code == 201


async def test_counters_hold_neither_addresses_nor_mails_in_clear(auth: Auth):
    await fail(await auth.client("203.0.113.77"), 1)
    for row in await auth.rows("select encode(subject, 'escape') as text from login_attempts"):
        assert "anna" not in row.text
        assert "203.0.113" not in row.text


async def test_who_is_sent_away_for_want_of_room_has_not_tried(auth: Auth):
    with ExitStack() as held:
        for _ in range(auth.resources.settings.argon2_threads + auth.resources.settings.argon2_queue):
            held.enter_context(auth.resources.passwords.room())
        answer = await sign_in(await auth.client())
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert await auth.rows("select 1 from login_attempts") == []
    assert (await sign_in(await auth.client())).status_code == 201
