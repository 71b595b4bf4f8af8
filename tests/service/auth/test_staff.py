"""Staff work with a second factor only (ASVS 6.3.3): without one their session may add one and end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from runpy import run_path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pyotp
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from tests.service.auth.account import bear, changes, code_of, letters, proven, step_up, tokens
from tests.service.auth.conftest import OLGA, USERS, Auth, OpenAuth, sign_in

from auth.load import Loaded, UsersFile, load_users
from auth.resources import MIGRATIONS
from auth.service import challenges
from auth.service.recovery import send_letters

FACTORS = "/api/v1/me/factors"
STAFF = "olga@example.org"
REFRESH = "/api/v1/sessions/refresh"


@pytest.fixture
async def auth(open_auth: OpenAuth) -> AsyncIterator[Auth]:
    """Begins in the past, so that the clock can be moved on while access tokens are good."""
    async with open_auth(at=datetime.now(UTC) - timedelta(minutes=9), sms_enabled=True) as running:
        yield running


def claims(session: httpx.Response) -> dict[str, Any]:
    return dict(jwt.decode(session.json()["access_token"], options={"verify_signature": False}))


async def barred(auth: Auth) -> httpx.AsyncClient:
    """A browser of staff who have shown the password and have no factor."""
    client = await auth.client()
    return bear(client, await sign_in(client, STAFF))


async def add_totp(auth: Auth, client: httpx.AsyncClient) -> str:
    """Add an app; return its secret. Its next code is unused."""
    begun = await client.post(FACTORS, json={"kind": "totp", "name": "app"})
    assert begun.status_code == 201, begun.text
    secret = str(begun.json()["totp"]["secret"])
    shown = {"enrolment_id": begun.json()["enrolment_id"], "code": pyotp.TOTP(secret).at(auth.clock.instant)}
    assert (await client.post(f"{FACTORS}/confirm", json=shown)).status_code == 201
    auth.clock.instant += timedelta(seconds=30)
    return secret


async def refreshed(client: httpx.AsyncClient) -> httpx.Response:
    answer = await client.post(REFRESH)
    assert answer.status_code == 200, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/me", None),
        ("GET", "/api/v1/me/profile", None),
        ("PATCH", "/api/v1/me/profile", {"full_name": "Другой"}),
        ("POST", "/api/v1/me/email", {"email": "other@example.org"}),
        ("PUT", "/api/v1/me/password", {"current_password": "correct horse battery", "new_password": "another phrase"}),
        ("GET", "/api/v1/me/sessions", None),
        ("DELETE", "/api/v1/me/sessions", None),
        ("GET", "/api/v1/me/security-events", None),
        ("GET", "/api/v1/me/api-keys", None),
        ("POST", "/api/v1/me/recovery-codes", None),
    ],
)
async def test_the_session_of_staff_without_a_factor_opens_nothing_else(auth: Auth, method: str, path: str, body: Any):
    """INVARIANT: neither its token nor auth itself lets a password alone do what staff may do."""
    client = await auth.client()
    session = bear(client, answer := await sign_in(client, STAFF))
    assert (answer.json()["user"]["roles"], answer.json()["user"]["supplier"]) == ([], None)
    assert (claims(answer)["roles"], claims(answer).keys() & {"supplier", "factor_at"}) == ([], set())
    assert code_of(await session.request(method, path, json=body)) == (403, "second_factor_missing")


async def test_staff_add_a_factor_right_after_the_password_and_then_have_their_role(auth: Auth):
    client = await barred(auth)
    assert claims(await refreshed(client))["roles"] == [], "a refresh is no way round"
    assert (await client.get(FACTORS)).json()["items"] == []
    await add_totp(auth, client)
    assert code_of(await client.get("/api/v1/me")) == (403, "second_factor_missing"), "of the token that is out"
    session = await refreshed(client)
    user = session.json()["user"]
    assert (user["roles"], user["supplier"], user["language"]) == (["operator"], "demo", "ru")
    assert (await client.get("/api/v1/me")).json() == user
    caller = await auth.resources.verifier.verify(session.json()["access_token"])
    assert (caller.supplier, caller.roles) == ("demo", frozenset({"operator"}))
    assert await changes(auth, STAFF) == ["factor_added"]


async def test_staff_may_use_a_code_by_sms(auth: Auth):
    client = await barred(auth)
    begun = await client.post(FACTORS, json={"kind": "sms", "name": "phone", "phone": "+79161234567"})
    code = (await letters(auth, "second_factor_code"))[-1]["fields"]["code"]
    shown = {"enrolment_id": begun.json()["enrolment_id"], "code": code}
    assert (await client.post(f"{FACTORS}/confirm", json=shown)).status_code == 201
    assert claims(await refreshed(client))["roles"] == ["operator"]


async def test_a_sign_in_beside_the_first_enrolment_begins_no_session(auth: Auth, monkeypatch: pytest.MonkeyPatch):
    """INVARIANT: no session outlives the first factor's addition without having shown one."""
    adding, late = await barred(auth), await auth.client()
    look = challenges.open_challenge

    async def looked_too_early(*args: Any, **named: Any) -> Any:
        asked = await look(*args, **named)
        await add_totp(auth, adding)
        return asked

    monkeypatch.setattr(challenges, "open_challenge", looked_too_early)
    assert code_of(await sign_in(late, STAFF)) == (401, "invalid_credentials")
    monkeypatch.undo()
    assert (await sign_in(late, STAFF)).status_code == 202


async def test_a_token_says_when_the_factor_was_shown_last(auth: Auth):
    """A sign-in shows it, a step-up shows it again; no refresh makes it younger."""
    secret = await add_totp(auth, await barred(auth))
    client = await auth.client()
    challenge = (await sign_in(client, STAFF)).json()["challenge_id"]
    proof = {"challenge_id": challenge, "kind": "totp", "code": pyotp.TOTP(secret).at(auth.clock.instant)}
    bear(client, answer := await client.post("/api/v1/sessions/second-factor", json=proof))
    signed_in_at = int(auth.clock.instant.timestamp())
    assert (claims(answer)["roles"], claims(answer)["factor_at"]) == (["operator"], signed_in_at)
    auth.clock.instant += timedelta(minutes=2)
    assert claims(await refreshed(client))["factor_at"] == signed_in_at

    asked = (await step_up(client)).json()["challenge"]["challenge_id"]
    assert claims(await refreshed(client))["factor_at"] == signed_in_at, "the password alone shows no factor"
    again = {"challenge_id": asked, "kind": "totp", "code": pyotp.TOTP(secret).at(auth.clock.instant)}
    assert (await client.post("/api/v1/me/step-up/second-factor", json=again)).status_code == 200
    assert claims(await refreshed(client))["factor_at"] == signed_in_at + 120


async def test_who_removes_the_last_factor_has_no_role_until_there_is_another(auth: Auth):
    client = await barred(auth)
    await add_totp(auth, client)
    await refreshed(client)
    (factor,) = (await client.get(FACTORS)).json()["items"]
    assert (await client.delete(f"{FACTORS}/{factor['id']}")).status_code == 204
    assert claims(await refreshed(client))["roles"] == []
    await add_totp(auth, client)
    assert claims(await refreshed(client))["roles"] == ["operator"]


async def test_a_consumer_who_becomes_staff_meanwhile_adds_a_factor_first(auth: Auth):
    client = await auth.client()
    bear(client, await sign_in(client))
    promoted = {"id": (await client.get("/api/v1/me")).json()["id"], "email": "anna@example.org", "full_name": "Анна"}
    file = {"users": [promoted | {"password": "not read", "roles": ["consumer", "operator"], "supplier_code": "demo"}]}
    async with auth.resources.engine.begin() as connection:
        passwords = auth.resources.passwords
        await load_users(connection, passwords, UsersFile.model_validate(file), now=auth.clock.instant)
    assert claims(await refreshed(client))["roles"] == []
    assert (await step_up(client)).status_code == 200
    await add_totp(auth, client)
    assert claims(await refreshed(client))["roles"] == ["consumer", "operator"]


async def test_sessions_that_do_not_say_whether_a_factor_was_shown_end_with_the_upgrade(auth: Auth):
    """INVARIANT: who has a factor and becomes staff later is never asked to add one, but to show it."""
    with_factor, without = await proven(auth), await proven(auth, email="oleg@example.org")
    await add_totp(auth, with_factor)
    revision = run_path(str(MIGRATIONS / "0007_factor_of_a_login.py"))

    def again(connection: Connection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            revision["downgrade"]()
            revision["upgrade"]()

    async with auth.resources.engine.begin() as connection:
        await connection.run_sync(again)
    assert code_of(await with_factor.post(REFRESH)) == (401, "session_ended")
    assert (await without.post(REFRESH)).status_code == 200


async def test_the_program_of_staff_reads_as_a_consumer_and_adds_no_factor(auth: Auth):
    """INVARIANT: a key never carries a role or a supplier of its owner."""
    client = await barred(auth)
    await add_totp(auth, client)
    await refreshed(client)
    wanted = {"name": "meter", "contract_ids": [str(OLGA)], "expires_in_days": 1}
    made = await client.post("/api/v1/me/api-keys", json=wanted)
    assert made.status_code == 201, made.text
    program = await auth.client()
    exchanged = await program.post("/api/v1/sessions/api-key", json={"key": made.json()["key"]})
    caller = await auth.resources.verifier.verify(exchanged.json()["access_token"])
    assert (caller.roles, caller.supplier) == (frozenset({"consumer"}), None)
    program.headers["Authorization"] = f"Bearer {exchanged.json()['access_token']}"
    assert code_of(await program.get(FACTORS)) == (403, "api_key_not_allowed")


async def load_olga(auth: Auth, **changes: Any) -> Loaded:
    file = {"users": [USERS["users"][2] | changes]}
    async with auth.resources.engine.begin() as connection:
        passwords = auth.resources.passwords
        return await load_users(connection, passwords, UsersFile.model_validate(file), now=auth.clock.instant)


async def test_who_lost_every_factor_gets_them_removed_by_file_and_adds_another(auth: Auth):
    client = await barred(auth)
    await add_totp(auth, client)
    assert await load_olga(auth, reset_factors=True) == Loaded(0, 1, 0)
    assert code_of(await client.post(REFRESH)) == (401, "session_ended")
    assert await changes(auth, STAFF) == ["factor_added", "factor_removed"]
    assert await load_olga(auth, reset_factors=True) == Loaded(0, 0, 1), "there is nothing to remove"
    client = await barred(auth)
    await add_totp(auth, client)
    assert claims(await refreshed(client))["roles"] == ["operator"]
    assert await load_olga(auth, reset_factors=True) == Loaded(0, 1, 0), "each load removes what is there then"


async def test_an_account_without_a_first_password_is_entered_by_a_recovery_alone(auth: Auth):
    """INVARIANT: no first password lasts that somebody else has known (ASVS 6.4.1)."""
    new = {"id": str(uuid4()), "email": "new@example.org", "password": None}
    assert await load_olga(auth, **new) == Loaded(1, 0, 0)
    client = await auth.client()
    for guess in ("", "null", "None"):
        assert (await sign_in(client, "new@example.org", guess)).status_code in {401, 422}
    await client.post("/api/v1/recoveries", json={"email": "new@example.org"})
    await send_letters(auth.resources)
    (token,) = await tokens(auth, "recover")
    body = {"token": token, "password": "own choice of words"}
    assert (await client.post("/api/v1/recoveries/complete", json=body)).status_code == 200
    assert claims(await sign_in(client, "new@example.org", "own choice of words"))["roles"] == []
