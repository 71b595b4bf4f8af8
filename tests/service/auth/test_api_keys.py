"""API keys: shown once, exchanged for a token that reads the key's contracts and opens nothing else."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from structlog.testing import capture_logs
from tests.service.auth.account import changes, code_of, events, proven, signed_in, tokens
from tests.service.auth.conftest import ANNA, PASSWORD, Auth, OpenAuth, sign_in

from auth.service.recovery import send_letters

KEYS = "/api/v1/me/api-keys"
CONTRACT = UUID("01900000-0000-7000-8000-0000000000c1")


async def make(client: httpx.AsyncClient, **changed: Any) -> httpx.Response:
    body = {"name": "home assistant", "contract_ids": [str(CONTRACT)], "expires_in_days": 30} | changed
    return await client.post(KEYS, json=body)


async def exchange(auth: Auth, key: str) -> httpx.Response:
    program = await auth.client("203.0.113.20", agent="python")
    for header in ("X-Requested-With", "Sec-Fetch-Site"):
        del program.headers[header]
    return await program.post("/api/v1/sessions/api-key", json={"key": key})


async def test_a_key_is_shown_once_and_exchanged_for_a_token_of_its_contracts(auth: Auth):
    client = await proven(auth)
    made = await make(client)
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    key = made.json()["key"]
    assert key.startswith("hh_")
    assert await changes(auth) == ["api_key_made"]

    token = await exchange(auth, key)
    assert (token.status_code, token.json()["expires_in"]) == (200, 600)
    assert "set-cookie" not in token.headers
    caller = await auth.resources.verifier.verify(token.json()["access_token"])
    assert (caller.user_id, caller.roles, caller.supplier) == (ANNA, frozenset({"consumer"}), None)
    assert caller.contract_ids == frozenset({CONTRACT})
    assert (caller.may_see(CONTRACT), caller.may_see(uuid4())) == (True, False)

    (listed,) = (await client.get(KEYS)).json()["items"]
    assert key not in json.dumps(listed)
    assert listed["contract_ids"] == [str(CONTRACT)]
    assert listed["last_used_at"] is not None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/me"),
        ("GET", "/api/v1/me/profile"),
        ("GET", "/api/v1/me/sessions"),
        ("GET", "/api/v1/me/security-events"),
        ("GET", KEYS),
        ("POST", KEYS),
        ("POST", "/api/v1/me/step-up"),
        ("DELETE", "/api/v1/me/sessions"),
    ],
)
async def test_a_programs_token_opens_nothing_of_the_account(auth: Auth, method: str, path: str):
    """INVARIANT: what does not say that it takes API keys refuses them."""
    client = await proven(auth)
    token = await exchange(auth, (await make(client)).json()["key"])
    headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
    answer = await (await auth.client()).request(method, path, headers=headers)
    assert code_of(answer) == (403, "api_key_not_allowed")


async def test_a_key_ends_when_it_is_revoked_or_old_or_its_owner_is_disabled(open_auth: OpenAuth):
    async with open_auth(at=datetime.now(UTC) - timedelta(minutes=6)) as auth:
        client = await proven(auth)
        revoked, old, other = [(await make(client, expires_in_days=days)).json() for days in (30, 1, 30)]
        assert (await client.delete(f"{KEYS}/{revoked['item']['id']}")).status_code == 204
        assert code_of(await client.delete(f"{KEYS}/{revoked['item']['id']}")) == (404, "not_found")
        assert code_of(await exchange(auth, revoked["key"])) == (401, "invalid_credentials")
        assert "api_key_revoked" in await events(client)
        auth.clock.instant += timedelta(days=1)
        assert code_of(await exchange(auth, old["key"])) == (401, "invalid_credentials")
        assert (await exchange(auth, other["key"])).status_code == 200
        async with auth.resources.engine.begin() as connection:
            await connection.exec_driver_sql("update users set disabled = true")
        assert code_of(await exchange(auth, other["key"])) == (401, "invalid_credentials")


async def test_keys_are_made_after_a_proof_and_a_strangers_is_not_found(auth: Auth):
    assert code_of(await make(await signed_in(auth))) == (403, "step_up_required")
    made = await make(await proven(auth))
    stranger = await proven(auth, email="oleg@example.org")
    assert code_of(await stranger.delete(f"{KEYS}/{made.json()['item']['id']}")) == (404, "not_found")
    assert (await exchange(auth, made.json()["key"])).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [{"contract_ids": []}, {"contract_ids": ["x"]}, {"expires_in_days": 0}, {"expires_in_days": 367}, {"name": ""}],
)
async def test_a_key_without_scope_or_end_is_refused(auth: Auth, changed: dict[str, Any]):
    assert code_of(await make(await proven(auth), **changed)) == (422, "invalid_request")


async def test_there_are_so_many_keys_and_no_more(open_auth: OpenAuth):
    async with open_auth(api_keys_per_account=2) as auth:
        client = await proven(auth)
        assert [(await make(client)).status_code for _ in range(3)] == [201, 201, 409]


async def test_guesses_of_keys_are_limited_and_nothing_is_stored_or_logged_in_clear(open_auth: OpenAuth):
    async with open_auth(attempts_per_address=3) as auth:
        with capture_logs() as logs:
            key = (await make(await proven(auth))).json()["key"]
            assert (await exchange(auth, key)).status_code == 200
            guesses = ["hh_" + "x" * 43, "x" * 43, "hh_short", key]
            statuses = [(await exchange(auth, guess)).status_code for guess in guesses]
        assert statuses == [401, 401, 401, 429]
        told = [entry["event"] for entry in logs if entry["event"] != "request.refused"]
        assert told[-5:] == ["api_key.exchanged", *["api_key.refused"] * 3, "attempt.turned_away"]
        (row,) = await auth.rows("select to_jsonb(k)::text as text from api_keys k")
        assert key not in row.text
        assert key[3:] not in json.dumps(logs, default=str)


async def test_a_recovered_password_ends_every_key(auth: Auth):
    """INVARIANT: whoever got into the account before its recovery keeps no way in, a key neither."""
    client = await proven(auth)
    keys = [(await make(client)).json()["key"] for _ in range(2)]
    oleg = (await make(await proven(auth, email="oleg@example.org"))).json()["key"]
    await client.post("/api/v1/recoveries", json={"email": "anna@example.org"})
    await send_letters(auth.resources)
    (token,) = await tokens(auth, "recover")

    new = {"token": token, "password": "entirely another phrase"}
    assert (await client.post("/api/v1/recoveries/complete", json=new)).status_code == 200

    assert [(await exchange(auth, key)).status_code for key in (*keys, oleg)] == [401, 401, 200]
    assert (await changes(auth))[-2:] == ["api_keys_revoked", "password_recovered"]
    after = await signed_in(auth, password="entirely another phrase")
    assert (await events(after)).count("api_key_revoked") == 2


@pytest.mark.parametrize(("kept", "status", "told"), [(None, 401, True), (False, 401, True), (True, 200, False)])
async def test_a_changed_password_ends_the_keys_unless_they_are_kept(
    auth: Auth, kept: bool | None, status: int, told: bool
):
    client = await proven(auth)
    key = (await make(client)).json()["key"]
    body: dict[str, Any] = {"current_password": PASSWORD, "new_password": "entirely another phrase"}
    body |= {} if kept is None else {"keep_api_keys": kept}

    assert (await client.put("/api/v1/me/password", json=body)).status_code == 204

    assert (await exchange(auth, key)).status_code == status
    assert ("api_keys_revoked" in await changes(auth)) == told
    assert ("api_key_revoked" in await events(client)) == told


async def test_without_keys_a_changed_password_tells_of_none(auth: Auth):
    client = await proven(auth)
    body = {"current_password": PASSWORD, "new_password": "entirely another phrase"}

    assert (await client.put("/api/v1/me/password", json=body)).status_code == 204

    assert await changes(auth) == ["password_changed"]
    assert (await sign_in(client, password="entirely another phrase")).status_code == 201
