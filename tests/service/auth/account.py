"""What tests of accounts share: letters, codes of problems, a signed-in browser."""

import asyncio
import json
from typing import Any

import httpx
from tests.service.auth.conftest import PASSWORD, Auth, sign_in


async def letters(auth: Auth, kind: str) -> list[Any]:
    found = [json.loads(payload) for payload in await auth.outbox("auth-letters-v1")]
    return [letter for letter in found if letter["kind"] == kind]


async def tokens(auth: Auth, kind: str) -> list[str]:
    return [letter["fields"]["token"] for letter in await letters(auth, kind)]


async def changes(auth: Auth, to: str = "anna@example.org") -> list[str]:
    """The changes that were announced to an address, in order."""
    return [x["fields"]["change"] for x in await letters(auth, "account_changed") if x["to"] == to]


async def blocked(auth: Auth, *, count: int) -> None:
    """Return when so many transactions wait for a lock."""
    async with asyncio.timeout(20), auth.resources.engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        waiting = "select count(distinct pid) from pg_locks where not granted"
        while (await autocommit.exec_driver_sql(waiting)).scalar_one() < count:
            await asyncio.sleep(0.01)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def bear(client: httpx.AsyncClient, session: httpx.Response) -> httpx.AsyncClient:
    """Send the session's access token from now on."""
    assert session.status_code == 201, session.text
    client.headers["Authorization"] = f"Bearer {session.json()['access_token']}"
    return client


async def signed_in(
    auth: Auth, email: str = "anna@example.org", password: str = PASSWORD, address: str = "198.51.100.7"
) -> httpx.AsyncClient:
    """A browser of its own, signed in."""
    client = await auth.client(address)
    return bear(client, await sign_in(client, email, password))


async def step_up(client: httpx.AsyncClient, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/api/v1/me/step-up", json={"password": password})


async def proven(auth: Auth, **given: Any) -> httpx.AsyncClient:
    """A signed-in browser that has just proven to be the owner's."""
    client = await signed_in(auth, **given)
    assert (await step_up(client, given.get("password", PASSWORD))).status_code == 200
    return client


async def events(client: httpx.AsyncClient) -> list[str]:
    """The kinds of the security log, newest first."""
    answer = await client.get("/api/v1/me/security-events")
    return [event["kind"] for event in answer.json()["items"]]
