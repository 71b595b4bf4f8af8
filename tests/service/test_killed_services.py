"""contracts and tickets as processes of their own, killed without warning at the two moments that matter.

What was acknowledged arrives: killed between the commit and the log it is sent by the next process, killed between
the log and the mark it is sent twice with the same id, and never not at all.
"""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
from tests.conftest import NewDatabase
from tests.ports import free_ports
from tests.service.contracts.conftest import OPEN, SUPPLIER, TOKEN_KEY
from tests.service.provisioned import provision
from tests.tokens import Tokens

import contracts.resources
import tickets.resources
from common.kafka.connection import new_consumer
from common.kafka.topic import Topic
from common.settings import KafkaSettings
from contracts.domain.contracts import Registry
from contracts.service.registry import take_over
from contracts.settings import Settings as ContractsSettings
from tickets.repository import keep_links
from tickets.settings import Settings as TicketsSettings
from topics import CONTRACT_LETTERS, LINKS, TICKETS
from topics.contracts import ContractLinks

WITHIN_SECONDS = 60
USER = uuid4()


@dataclass(frozen=True)
class Killed:
    """One service: its database, what its processes get, and the log."""

    name: str
    database: str
    environment: dict[str, str]
    server: KafkaSettings
    tokens: Tokens

    @asynccontextmanager
    async def process(self, role: str) -> AsyncIterator[httpx.AsyncClient]:
        """Run one role until the context ends; it ends by SIGKILL."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self.name, role, env=self.environment, stderr=asyncio.subprocess.DEVNULL
        )
        url = f"http://127.0.0.1:{self.environment[f'{self.name.upper()}_HTTP_PORT']}"
        headers = self.tokens.headers(USER) | {"Idempotency-Key": "one intent"}
        try:
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=WITHIN_SECONDS) as client:
                async with asyncio.timeout(WITHIN_SECONDS):
                    while not await answers(client):
                        assert process.returncode is None
                        await asyncio.sleep(0.05)
                yield client
        finally:
            process.kill()
            await process.wait()

    async def acknowledge(self, act: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
        """Let a process that relays nothing acknowledge what `act` asks for, and kill it."""
        async with self.process("api") as client:
            await act(client)

    async def publish_without_marking(self, expected: Topic[Any]) -> None:
        """Let a process send everything, and kill it before it can mark it as sent."""
        connection = await asyncpg.connect(self.database.replace("+asyncpg", ""))
        try:
            async with connection.transaction():
                assert await connection.fetch("select id from outbox for update"), "it stood in the outbox only"
                async with self.process("worker"):
                    assert await self.records(expected)
                # The database would carry the dead process's deletion out when it gets the rows.
                waiting = await connection.fetch(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and wait_event_type = 'Lock'"
                )
                assert waiting, "it was killed before the mark"
        finally:
            await connection.close()

    async def publish(self) -> None:
        """Let a process send what is left."""
        connection = await asyncpg.connect(self.database.replace("+asyncpg", ""))
        try:
            async with self.process("worker"), asyncio.timeout(WITHIN_SECONDS):
                while await connection.fetchval("select count(*) from outbox"):
                    await asyncio.sleep(0.05)
        finally:
            await connection.close()

    async def records(self, topic: Topic[Any]) -> list[dict[str, Any]]:
        """Return what the topic holds, as soon as there is something."""
        consumer = new_consumer(self.server, topic.name)
        await consumer.start()
        found: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                while not found:
                    batches = await consumer.getmany(timeout_ms=500)
                    found += [msgspec.json.decode(one.value) for batch in batches.values() for one in batch]
            batches = await consumer.getmany(timeout_ms=500)
            return found + [msgspec.json.decode(one.value) for batch in batches.values() for one in batch]
        finally:
            await consumer.stop()


async def answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def key_set(tokens: Tokens) -> Iterator[str]:
    """Serve the key set of the test's tokens, as auth does; give its address."""
    content = tokens.transport.handler(httpx.Request("GET", "http://test")).content  # type: ignore[union-attr]

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def make(
    new_database: NewDatabase, kafka_server: KafkaSettings, tokens: Tokens, key_set: str
) -> Callable[..., Awaitable[Killed]]:
    async def make(service: ModuleType, **own: str) -> Killed:
        name = service.__name__
        database = await new_database(service.resources.MIGRATIONS)
        principal = (await provision(kafka_server))[name]
        assert principal.kafka_password is not None
        given = {
            "DATABASE_URL": database,
            "KAFKA_BOOTSTRAP_SERVERS": principal.kafka_bootstrap_servers,
            "KAFKA_USERNAME": str(principal.kafka_username),
            "KAFKA_PASSWORD": principal.kafka_password.get_secret_value(),
            "HTTP_PORT": str(free_ports(1)[0]),
            "JWKS_URL": key_set,
        }
        environment = {f"{name.upper()}_{key}": value for key, value in (given | own).items()}
        return Killed(name, database, {"PATH": os.defpath} | environment, kafka_server, tokens)

    return make


async def test_a_link_and_the_letter_of_a_share_survive_both_kills(make: Callable[..., Awaitable[Killed]]):
    """INVARIANT: what contracts acknowledged arrives, the letter at most twice with one id, and never not at all."""
    service = await make(contracts, TOKEN_KEY=TOKEN_KEY)
    contract_id = await seed_contract(service)

    async def link_and_share(client: httpx.AsyncClient) -> None:
        link = {"supplier_code": "demo", "name": "Дача", "login": OPEN.login, "password": OPEN.password}
        assert (await client.post("/api/v1/contracts", json=link)).status_code == 201
        until_day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
        offer = {"email": "guest@halfhour.example", "expires_on": until_day, "language": "ru"}
        assert (await client.post(f"/api/v1/contracts/{contract_id}/invitations", json=offer)).status_code == 201

    await service.acknowledge(link_and_share)
    await service.publish_without_marking(CONTRACT_LETTERS)
    await service.publish()

    letters = [one for one in await service.records(CONTRACT_LETTERS) if one["user_id"] == str(USER)]
    links = [one for one in await service.records(LINKS) if one["contract_id"] == str(contract_id)]
    assert len(letters) == 2
    assert len({letter["letter_id"] for letter in letters}) == 1, "notify sends a letter of one id once"
    assert [one["user_ids"] for one in links] == [[str(USER)]] * 2
    assert len({one["version"] for one in links}) == 1


async def test_a_ticket_survives_both_kills(make: Callable[..., Awaitable[Killed]]):
    """INVARIANT: an acknowledged ticket reaches the others, and a repeat of the request opens no second one."""
    service = await make(tickets)
    contract_id = uuid4()
    settings = TicketsSettings.model_validate({"database_url": service.database})
    links = ContractLinks(contract_id=contract_id, version=1, supplier_code="demo", user_ids=[USER])
    async with tickets.resources.open_resources(settings) as resources, resources.engine.begin() as connection:
        await keep_links(connection, links)

    async def open_ticket(client: httpx.AsyncClient) -> None:
        wording = {"email": "anna@halfhour.example", "phone": "+79160000000", "subject": "s", "text": "t"}
        answers = [await client.post(f"/api/v1/contracts/{contract_id}/tickets", json=wording) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]

    await service.acknowledge(open_ticket)
    await service.publish_without_marking(TICKETS)
    await service.publish()

    told = [one for one in await service.records(TICKETS) if one["contract_id"] == str(contract_id)]
    assert [(one["number"], one["state"]) for one in told] == [(1, "new")] * 2
    assert len({(one["ticket_id"], one["version"]) for one in told}) == 1


async def seed_contract(service: Killed) -> UUID:
    settings = ContractsSettings.model_validate({"database_url": service.database, "token_key": TOKEN_KEY})
    contract_id = uuid4()
    registry = Registry(suppliers=(SUPPLIER,), contracts=(replace(OPEN, contract_id=contract_id),))
    async with contracts.resources.open_resources(settings) as resources, resources.engine.begin() as connection:
        await take_over(connection, registry, passwords=resources.passwords, now=datetime.now(UTC))
    return contract_id
