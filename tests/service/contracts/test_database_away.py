"""While the database is away the answer is "later"."""

import asyncio
from uuid import uuid4

import httpx
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.engine import make_url
from tests.ports import free_ports
from tests.service.contracts.conftest import Portal, running
from tests.tokens import Tokens

from contracts.settings import Settings


def is_busy(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["code"]) == (503, "busy") and int(answer.headers["Retry-After"]) > 0


async def test_a_database_that_does_not_answer_makes_a_call_come_later(settings: Settings):
    [port] = free_ports(1)
    url = make_url(settings.database_url.get_secret_value()).set(port=port).render_as_string(hide_password=False)
    tokens = Tokens()

    async with running(settings.model_copy(update={"database_url": SecretStr(url)}), tokens) as portal:
        answer = await portal.client.get("/api/v1/suppliers", headers=tokens.headers(uuid4()))
        nameless = await portal.client.get("/api/v1/suppliers")
        ready = await portal.client.get("/readyz")

    assert is_busy(answer)
    assert nameless.status_code == 401, "who does not say who it is costs no connection"
    assert ready.status_code == 503


async def test_a_database_that_goes_away_during_a_call_makes_it_come_later(portal: Portal):
    headers = portal.tokens.headers(uuid4())
    async with portal.engine.connect() as other:
        await other.execute(text("lock table suppliers"))
        call = asyncio.create_task(portal.client.get("/api/v1/suppliers", headers=headers))
        waiting = text("select pid from pg_locks where not granted and relation = 'suppliers'::regclass")
        while (pid := (await other.execute(waiting)).scalar()) is None:
            await asyncio.sleep(0.01)
        await other.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
        answer = await call

    assert is_busy(answer)
    assert (await portal.client.get("/api/v1/suppliers", headers=headers)).status_code == 200
