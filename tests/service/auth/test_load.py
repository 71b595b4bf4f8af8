"""Users from a file, on a real database."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.service.auth.conftest import ANNA, PASSWORD, USERS, Auth, sign_in

from auth.errors import InvalidUsersFile
from auth.load import Loaded, UsersFile, load_users, read_users_file
from auth.worker import clean_once


async def load(auth: Auth, *changes: dict[str, Any]) -> Loaded:
    users = [user | change for user, change in zip(USERS["users"], [*changes, {}, {}, {}], strict=False)]
    async with auth.resources.engine.begin() as connection:
        file = UsersFile.model_validate({"users": users})
        return await load_users(connection, auth.resources.passwords, file, now=auth.clock.now())


async def test_a_repeat_changes_nothing_and_tells_nobody(auth: Auth):
    before = await auth.outbox("auth-users-v1")
    assert await load(auth) == Loaded(added=0, changed=0, unchanged=3)
    assert await auth.outbox("auth-users-v1") == before
    assert [json.loads(payload)["version"] for payload in before] == [1, 1, 1]


async def test_a_change_is_told_without_name_or_address(auth: Auth):
    assert await load(auth, {"full_name": "Анна Смирнова", "language": "en"}) == Loaded(0, 1, 2)
    event = json.loads((await auth.outbox("auth-users-v1"))[-1])
    assert event == {
        "user_id": str(ANNA),
        "version": 2,
        "language": "en",
        "roles": ["consumer"],
        "supplier_code": None,
        "disabled": False,
    }


async def test_a_known_users_password_stays_unless_it_is_to_be_reset(auth: Auth):
    client = await auth.client()
    login = await sign_in(client)
    await load(auth, {"password": "another password"})
    assert (await sign_in(await auth.client())).status_code == 201
    assert await load(auth, {"password": "another password", "reset_password": True}) == Loaded(0, 1, 2)
    assert (await sign_in(await auth.client())).status_code == 401
    assert (await sign_in(await auth.client(), password="another password")).status_code == 201
    answer = await client.post("/api/v1/sessions/refresh")
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended"), "logins with the old one end"
    assert login.status_code == 201
    assert await load(auth, {"password": "another password", "reset_password": True}) == Loaded(0, 0, 3)


async def test_a_disabled_user_is_out_and_others_learn_it(auth: Auth):
    client = await auth.client()
    await sign_in(client)
    await load(auth, {"disabled": True})
    assert (await client.post("/api/v1/sessions/refresh")).status_code == 401
    assert (await sign_in(await auth.client())).status_code == 401
    assert json.loads((await auth.outbox("auth-users-v1"))[-1])["disabled"] is True


async def test_two_users_cannot_share_an_address_and_nothing_is_loaded_then(auth: Auth):
    with pytest.raises(InvalidUsersFile, match="e-mail"):
        await load(auth, {"full_name": "Other"}, {"email": "ANNA@example.org"})
    (row,) = await auth.rows("select full_name from users where id = :id", id=ANNA)
    assert row.full_name == "Анна Орлова"


async def test_what_has_had_its_time_is_deleted_and_nothing_else(auth: Auth):
    await sign_in(await auth.client())
    await sign_in(await auth.client(), password="wrong")
    assert await clean_once(auth.resources) == 0
    auth.clock.instant += timedelta(days=1, minutes=1)
    assert await clean_once(auth.resources) == 3, "pair, account, address"
    auth.clock.instant += timedelta(days=38)
    late = await auth.client()
    await sign_in(late)
    assert await clean_once(auth.resources) == 2, "the token and its login"
    assert (await late.post("/api/v1/sessions/refresh")).status_code == 200


async def test_what_was_asked_for_and_never_done_is_deleted_by_age(auth: Auth):
    """Registrations, links, requests, used codes, devices without a session: none outlives its use for long."""
    client = await auth.client()
    person = {"email": "vera@example.org", "full_name": "Вера", "phone": "89161234567", "password": "семь пядей во лбу"}
    assert (await client.post("/api/v1/registrations", json=person)).status_code == 201
    await client.post("/api/v1/recoveries", json={"email": "anna@example.org"})
    await sign_in(client)
    async with auth.resources.engine.begin() as connection:
        statement = "insert into recovery_codes (user_id, code_hmac, created_at, used_at) values ($1, $2, $3, $4)"
        for code, used_at in ((b"used", auth.clock.now()), (b"unused", None)):
            raw = await connection.get_raw_connection()
            await raw.driver_connection.execute(statement, ANNA, code, auth.clock.now(), used_at)  # type: ignore[union-attr]

    async def left() -> dict[str, int]:
        tables = ("registrations", "one_time_links", "recovery_requests", "recovery_codes", "devices", "users")
        return {table: len(await auth.rows(f"select 1 from {table}")) for table in tables}  # noqa: S608 -- of the line above

    auth.clock.instant += timedelta(days=8, hours=1)
    await clean_once(auth.resources)
    assert await left() == {
        "registrations": 0,
        "one_time_links": 0,
        "recovery_requests": 0,
        "recovery_codes": 1,
        "devices": 1,
        "users": 3,
    }
    auth.clock.instant += timedelta(days=393)
    await clean_once(auth.resources)
    assert (await left())["devices"] == 0
    assert await auth.rows("select 1 from security_events") == []


@pytest.mark.parametrize(
    "change",
    [
        {"roles": ["operator"]},
        {"supplier_code": "demo"},
        {"password": "short"},
        {"password": "Password1"},
        {"password": "anna@example.org1"},
        {"password": "halfhour2026"},
        {"email": "no address"},
        {"email": "анна@example.org"},
        {"language": "de"},
        {"phone": "8 916 000"},
        {"pasword": "typing error"},
    ],
)
def test_a_wrong_file_names_the_place_and_no_value(tmp_path: Path, change: dict[str, Any]):
    path = tmp_path / "users.json"
    path.write_text(json.dumps({"users": [USERS["users"][0] | change]}))
    with pytest.raises(InvalidUsersFile) as caught:
        read_users_file(path)
    assert "users.0" in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert "typing error" not in str(caught.value)


def test_the_demo_file_can_be_read():
    assert read_users_file(Path("deploy/local/demo/auth.json")).users
