"""Guessing a contract's password costs more than it gives, and strangers' wrong tries keep nobody out."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from tests.service.contracts.conftest import OPEN, Portal, running
from tests.service.contracts.test_links import set_password

from common.passwords import Passwords

PER_LOGIN, PER_PAIR, WHILE_GUESSED = 6, 4, 2


async def guess(portal: Portal, *, login: str = OPEN.login) -> None:
    """Let strangers use up what all users together may try on a login."""
    for _ in range(PER_LOGIN):
        assert (await portal.link(uuid4(), login=login, password="wrong")).status_code == 403


async def tried(portal: Portal, user: UUID, times: int, **options: Any) -> list[int]:
    return [(await portal.link(user, password="wrong", **options)).status_code for _ in range(times)]


async def refused(portal: Portal, user: UUID) -> list[dict[str, Any]]:
    answer = await portal.client.get("/api/v1/refused-links", headers=portal.tokens.headers(user))
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_wrong_tries_of_strangers_keep_nobody_out_who_has_the_password(portal: Portal):
    """INVARIANT: a contract cannot be blocked for its owner by the wrong tries of others, however many."""
    await guess(portal)
    await asyncio.gather(*(portal.link(uuid4(), password="wrong") for _ in range(20)))

    assert (await portal.link(uuid4())).status_code == 201


async def test_on_a_login_that_is_guessed_a_guess_costs_an_account(portal: Portal):
    """INVARIANT: many users together cannot guess a contract: each has so few tries, and no more for a day."""
    await guess(portal)
    stranger = uuid4()

    assert await tried(portal, stranger, 4) == [403] * WHILE_GUESSED + [429] * 2
    answer = await portal.link(stranger)

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert 23 * 3600 < int(answer.headers["Retry-After"]) <= 24 * 3600 + 1


async def test_a_guesser_with_many_accounts_gets_what_the_document_says_and_the_owner_gets_in(portal: Portal):
    """INVARIANT: guesses on one login in a day are the ceiling and a few for each account, and keep nobody out."""
    accounts = [uuid4() for _ in range(8)]

    compared = 0
    for passed in (timedelta(), timedelta(minutes=15), timedelta(minutes=15)):
        await pass_time(portal, passed)
        for account in accounts:
            compared += (await tried(portal, account, PER_PAIR + 1)).count(403)

    assert PER_LOGIN < compared <= PER_LOGIN + WHILE_GUESSED * len(accounts)
    mistyped, owner = await portal.link(new := uuid4(), password="mistyped"), await portal.link(new)
    assert (mistyped.status_code, owner.status_code) == (403, 201), "the owner comes for the first time, and mistypes"
    assert (await portal.link(uuid4())).status_code == 201
    answer = await portal.client.get(f"/api/v1/contracts/{OPEN.contract_id}", headers=portal.tokens.headers(new))
    assert answer.json()["state"] == "linked"


async def test_one_user_has_few_tries_on_one_login_and_on_all(portal: Portal):
    user = uuid4()

    assert await tried(portal, user, 5) == [403] * PER_PAIR + [429]
    assert await tried(portal, user, 5, login="another") == [403] * 4 + [429], "eight in all"
    assert (await portal.link(user)).status_code == 429
    assert 0 < int((await portal.link(user)).headers["Retry-After"]) <= 901


async def test_who_has_had_the_contract_is_not_held_to_the_tries_of_strangers(portal: Portal, passwords: Passwords):
    user = uuid4()
    await portal.link(user)
    await set_password(portal, passwords, "another")
    await guess(portal)

    assert await tried(portal, user, 3) == [403] * 3
    assert (await portal.link(user, password="another")).status_code == 201


async def test_a_new_password_lets_everybody_try_anew(portal: Portal, passwords: Passwords):
    """Whoever used up the tries while a login was guessed asks the supplier for a new sheet."""
    user = uuid4()
    await guess(portal)
    assert await tried(portal, user, 3) == [403, 403, 429]

    await set_password(portal, passwords, "another")

    assert (await portal.link(user, password="another")).status_code == 201


async def test_an_unknown_login_is_limited_like_a_known_one(portal: Portal):
    """INVARIANT: the limits never tell whether a login exists."""
    known, unknown = uuid4(), uuid4()
    await guess(portal)
    await guess(portal, login="nobody")

    assert await tried(portal, known, 4) == await tried(portal, unknown, 4, login="nobody")


async def test_parallel_guesses_get_no_more_than_the_limit(portal: Portal):
    user = uuid4()

    answers = await asyncio.gather(*(portal.link(user, password="wrong") for _ in range(12)))

    assert sorted(answer.status_code for answer in answers) == [403] * PER_PAIR + [429] * 8


async def test_attempts_survive_a_restart(portal: Portal):
    user = uuid4()
    await tried(portal, user, PER_PAIR)

    async with running(portal.settings, portal.tokens) as restarted:
        answer = await restarted.link(user)

    assert answer.status_code == 429


async def test_attempts_begin_anew_when_the_window_has_passed(portal: Portal):
    user = uuid4()
    await tried(portal, user, PER_PAIR)
    await pass_time(portal, timedelta(minutes=15))

    assert (await portal.link(user)).status_code == 201

    await pass_time(portal, timedelta(days=8))
    await portal.link(uuid4())
    async with portal.engine.connect() as connection:
        left = await connection.execute(
            text("select distinct started_at > now() - interval '1 day' from link_attempts")
        )
        assert list(left.scalars()) == [True], "windows that are over are deleted"


async def pass_time(portal: Portal, passed: timedelta) -> None:
    async with portal.engine.begin() as connection:
        await connection.execute(
            text("update link_attempts set started_at = started_at - cast(:passed as interval)"), {"passed": passed}
        )


async def test_right_credentials_use_no_attempt_up(portal: Portal):
    for _ in range(PER_LOGIN + 2):
        assert (await portal.link(uuid4())).status_code == 201
    async with portal.engine.connect() as connection:
        assert (await connection.execute(text("select max(attempts) from link_attempts"))).scalar_one() == 0


async def test_linking_again_with_right_credentials_uses_no_attempt_up(portal: Portal):
    user = uuid4()
    await portal.link(user)

    again = [await portal.link(user) for _ in range(PER_PAIR + 2)]

    assert {(answer.status_code, answer.json()["code"]) for answer in again} == {(409, "already_linked")}
    async with portal.engine.connect() as connection:
        assert (await connection.execute(text("select max(attempts) from link_attempts"))).scalar_one() == 0


async def test_refused_tries_are_listed_with_reason_and_time_until_the_link_is_there(portal: Portal):
    user = uuid4()
    await tried(portal, user, PER_PAIR, name="Гараж")
    await portal.link(user, password="wrong", name="Дача")
    await portal.link(user, login="nobody", password="wrong", name="Дом")

    other, contract = await refused(portal, user)

    assert contract | {"id": "", "refused_at": ""} == {
        "id": "",
        "supplier": contract["supplier"],
        "name": "Дача",
        "state": "refused",
        "state_reason": "too_many_attempts",
        "times": PER_PAIR + 1,
        "refused_at": "",
    }
    assert contract["supplier"]["code"] == "demo"
    assert (other["name"], other["state_reason"], other["times"]) == ("Дом", "link_refused", 1)
    assert await refused(portal, uuid4()) == []

    await pass_time(portal, timedelta(minutes=15))
    await portal.link(user)
    assert [item["id"] for item in await refused(portal, user)] == [other["id"]]


async def test_a_refused_try_can_be_dismissed_by_its_user_alone(portal: Portal):
    user = uuid4()
    await tried(portal, user, 1)
    [item] = await refused(portal, user)
    path = f"/api/v1/refused-links/{item['id']}"

    stranger = await portal.client.delete(path, headers=portal.tokens.headers(uuid4()))
    own = [(await portal.client.delete(path, headers=portal.tokens.headers(user))).status_code for _ in range(2)]

    assert (stranger.status_code, own) == (404, [204, 404])
    assert await refused(portal, user) == []


async def test_refusals_come_in_pages_and_a_user_has_twenty_at_most(portal: Portal):
    user = uuid4()
    for number in range(25):
        async with portal.engine.begin() as connection:
            await connection.execute(text("delete from link_attempts"))
        await portal.link(user, login=f"nobody-{number}", password="wrong", name=str(number))
    seen: list[str] = []
    parameters: dict[str, Any] = {"limit": 7}
    while True:
        answer = await portal.client.get(
            "/api/v1/refused-links", params=parameters, headers=portal.tokens.headers(user)
        )
        seen += [item["name"] for item in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            break
        parameters["cursor"] = answer.json()["next_cursor"]

    assert seen == [str(number) for number in range(24, 4, -1)]


async def test_nothing_that_was_typed_into_the_login_field_is_kept(portal: Portal):
    """INVARIANT: a password typed into the wrong field stands in no table."""
    await portal.link(uuid4(), login="my-secret-password", password="my-other-secret")

    async with portal.engine.connect() as connection:
        for table in ("refused_links", "link_attempts", "idempotency_keys", "outbox"):
            rows = await connection.execute(text(f"select coalesce(string_agg(t::text, ''), '') from {table} t"))  # noqa: S608
            assert "secret" not in rows.scalar_one()
