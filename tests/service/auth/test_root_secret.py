"""Another AUTH_KEY_ENCRYPTION_KEY: nothing that hangs on the former one is lost, before and after it is sealed anew."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.service.auth.conftest import SECRET, Auth, OpenAuth, sign_in
from tests.service.auth.test_api_keys import exchange, make
from tests.service.auth.test_factors import SECOND, code_now, with_totp

from auth.errors import UnreadableKey
from auth.repository import root_secret as repository
from auth.root_secret import open_root, reseal_root
from auth.secret_keys import SecretKeys

NEXT = "the next secret, long enough as well"
THIRD = "and one more that is long enough, too"


@pytest.fixture
def began_at() -> datetime:
    """In the past, so that the clock can be moved on while access tokens are good."""
    return datetime.now(UTC) - timedelta(minutes=8)


async def reseal(auth: Auth) -> bool:
    async with auth.resources.engine.begin() as connection:
        return await reseal_root(connection, auth.resources.settings, now=auth.clock.now())


async def shows_second_factor(auth: Auth, **shown: Any) -> int:
    client = await auth.client()
    asked = await sign_in(client)
    assert asked.status_code == 202, asked.text
    answer = await client.post(SECOND, json={"challenge_id": asked.json()["challenge_id"], **shown})
    return answer.status_code


async def test_factors_keys_codes_and_sessions_outlive_a_change_of_the_key(open_auth: OpenAuth, began_at: datetime):
    """INVARIANT: AUTH_KEY_ENCRYPTION_KEY can be changed without locking anybody or any program out."""
    async with open_auth(at=began_at) as auth:
        browser, totp, codes = await with_totp(auth)
        key = (await make(browser)).json()["key"]
        cookies = browser.cookies
        at = auth.clock.instant

    former = {"key_encryption_key": NEXT, "former_key_encryption_keys": [SECRET]}
    for settings, code in ((former, codes[0]), ({"key_encryption_key": NEXT}, codes[1])):
        async with open_auth(at=at, **settings) as auth:
            assert await reseal(auth) == ("former_key_encryption_keys" in settings)
            assert await shows_second_factor(auth, kind="recovery_code", code=code) == 201
            assert await shows_second_factor(auth, kind="totp", code=code_now(auth, totp)) == 201
            assert (await exchange(auth, key)).status_code == 200
            again = await auth.client()
            again.cookies = cookies
            assert (await again.post("/api/v1/sessions/refresh")).status_code == 200
            cookies = again.cookies
            at = auth.clock.instant + timedelta(seconds=30)

    with pytest.raises(UnreadableKey):
        async with open_auth(at=at, key_encryption_key=SECRET):
            pass


async def test_a_former_key_opens_until_it_is_sealed_anew_and_others_do_not(open_auth: OpenAuth):
    async with open_auth():
        pass
    async with open_auth(key_encryption_key=NEXT, former_key_encryption_keys=[THIRD, SECRET]) as auth:
        assert (await sign_in(await auth.client())).status_code == 201
    with pytest.raises(UnreadableKey, match="nor with a former one"):
        async with open_auth(key_encryption_key=NEXT, former_key_encryption_keys=[THIRD]):
            pass


async def test_sealing_anew_twice_changes_nothing_the_second_time(open_auth: OpenAuth):
    async with open_auth():
        pass
    async with open_auth(key_encryption_key=NEXT, former_key_encryption_keys=[SECRET]) as auth:
        assert [await reseal(auth) for _ in range(2)] == [True, False]


async def test_a_database_older_than_the_root_secret_goes_on(open_auth: OpenAuth):
    """What was written under the key itself is still read: that key becomes the root."""
    async with open_auth() as auth:
        async with auth.resources.engine.begin() as connection:
            await connection.exec_driver_sql("delete from root_secret")
            await connection.exec_driver_sql("delete from signing_keys")
            older = SecretKeys(SECRET.encode())
            await connection.exec_driver_sql(
                "insert into signing_keys (key_id, private_key_sealed, signs_from) values ('old', $1, now())",
                (older.seal(b"an old private key", name="old"),),
            )
        async with auth.resources.engine.begin() as connection:
            opened = await open_root(connection, auth.resources.settings, now=auth.clock.now())
        assert opened.refresh_hmac(b"cookie") == older.refresh_hmac(b"cookie")
        other = auth.resources.settings.model_copy(update={"key_encryption_key": auth.resources.settings.database_url})
        async with auth.resources.engine.begin() as connection:
            await connection.exec_driver_sql("delete from root_secret")
            with pytest.raises(UnreadableKey):
                await open_root(connection, other, now=auth.clock.now())
            assert await repository.find_root(connection) is None


async def test_many_processes_that_start_at_once_make_one_root(auth: Auth):
    async with auth.resources.engine.begin() as connection:
        await connection.exec_driver_sql("delete from root_secret")
        await connection.exec_driver_sql("delete from signing_keys")

    async def start() -> bytes:
        async with auth.resources.engine.begin() as connection:
            keys = await open_root(connection, auth.resources.settings, now=auth.clock.now())
            return keys.refresh_hmac(b"cookie")

    assert len(set(await asyncio.gather(*(start() for _ in range(10))))) == 1
