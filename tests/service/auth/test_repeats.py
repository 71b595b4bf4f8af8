"""What a repeat does whose first answer was lost: no call of auth replays an answer, since answers carry secrets."""

from collections import Counter

from tests.service.auth import test_api_keys as keys
from tests.service.auth.account import changes, code_of, proven, tokens
from tests.service.auth.conftest import Auth, sign_in
from tests.service.auth.test_factors import FACTORS, code_now, confirm, enrol, with_totp
from tests.service.auth.test_registration import NEW, register
from tests.service.auth.test_registration import confirm as confirm_registration


async def test_a_registration_that_is_asked_for_twice_makes_one_account(auth: Auth):
    """INVARIANT: however often an account is asked for, one user comes of it."""
    client = await auth.client()
    first, second = await register(client), await register(client)
    assert (first.status_code, second.status_code) == (201, 201)
    one, other = await tokens(auth, "confirm_registration")

    assert (await confirm_registration(client, other)).status_code == 200
    assert code_of(await confirm_registration(client, other)) == (410, "link_used")
    assert code_of(await confirm_registration(client, one)) == (409, "email_taken")

    assert len(await auth.rows("select 1 from users where email = 'vera@example.org'")) == 1
    assert (await sign_in(client, "vera@example.org", NEW["password"])).status_code == 201


async def test_a_factor_that_is_begun_and_confirmed_twice_is_there_once(auth: Auth):
    client = await proven(auth)
    lost, enrolment = await enrol(client, "totp"), await enrol(client, "totp")
    code = code_now(auth, enrolment["totp"]["secret"])

    answers = [await confirm(client, enrolment, code=code) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 410]
    late = await confirm(client, lost, code=code_now(auth, lost["totp"]["secret"]))
    assert code_of(late) == (409, "factor_exists")
    assert len((await client.get(FACTORS)).json()["items"]) == 1
    assert Counter(await changes(auth)) == {"factor_added": 1}


async def test_recovery_codes_whose_answer_was_lost_end_with_the_next(auth: Auth):
    client, _, _ = await with_totp(auth)
    lost, held = [(await client.post("/api/v1/me/recovery-codes")).json()["recovery_codes"] for _ in range(2)]

    assert not set(lost) & set(held)
    assert (await client.get(FACTORS)).json()["recovery_codes_left"] == len(held)


async def test_a_key_whose_answer_was_lost_is_listed_and_can_be_revoked(auth: Auth):
    client = await proven(auth)
    lost, held = await keys.make(client), await keys.make(client)

    listed = (await client.get(keys.KEYS)).json()["items"]
    lost_id = lost.json()["item"]["id"]
    assert {item["id"] for item in listed} == {lost_id, held.json()["item"]["id"]}
    assert await changes(auth) == ["api_key_made"] * 2

    assert (await client.delete(f"{keys.KEYS}/{lost_id}")).status_code == 204
    assert (await keys.exchange(auth, held.json()["key"])).status_code == 200
    assert code_of(await keys.exchange(auth, lost.json()["key"])) == (401, "invalid_credentials")
