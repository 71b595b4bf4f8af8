"""Services as processes of their own, killed without warning at the two moments that matter.

What was acknowledged arrives: killed between the commit and the log it is sent by the next process, killed between
the log and the mark it is sent twice with the same id, and never not at all. So with notify and the mail server.
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
from tests.service.auth.conftest import SECRET
from tests.service.contracts.conftest import OPEN, SUPPLIER, TOKEN_KEY
from tests.service.notify.conftest import MailServer
from tests.service.notify.test_letters import letter
from tests.service.provisioned import provision
from tests.tokens import Tokens

import auth.resources
import contracts.resources
import notify.resources
import tickets.resources
from common.kafka.connection import new_consumer
from common.kafka.topic import Topic
from common.settings import KafkaSettings
from contracts.domain.contracts import Registry
from contracts.service.registry import take_over
from contracts.settings import Settings as ContractsSettings
from notify.handlers import take_letter
from notify.settings import Settings as NotifySettings
from tickets.repository import keep_links
from tickets.settings import Settings as TicketsSettings
from topics import CONTRACT_LETTERS, LETTERS, LINKS, TICKETS, USERS
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
                assert await forget_waiting(connection), "it was killed before the mark"
        finally:
            await connection.close()

    async def deliver_without_marking(self, mail_server: MailServer) -> None:
        """Let a process hand its letters to the mail server, and kill it before it can mark them as sent."""
        holding, connection = [await asyncpg.connect(self.database.replace("+asyncpg", "")) for _ in range(2)]
        waits = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        mail_server.before_answer = lambda: holding.fetch("select from deliveries for update")
        try:
            async with holding.transaction():
                async with self.process("worker"), asyncio.timeout(WITHIN_SECONDS):
                    while not await connection.fetch(waits):
                        await asyncio.sleep(0.05)
                assert await forget_waiting(connection), "it was killed before the mark"
            await connection.execute("update deliveries set next_attempt_at = now()")  # as if the claim had run out
        finally:
            mail_server.before_answer = None
            await holding.close()
            await connection.close()

    async def deliver(self) -> str:
        """Let a process do what is left; return how the one letter ended."""
        connection = await asyncpg.connect(self.database.replace("+asyncpg", ""))
        try:
            async with self.process("worker"), asyncio.timeout(WITHIN_SECONDS):
                while (state := await connection.fetchval("select state from deliveries")) == "pending":
                    await asyncio.sleep(0.05)
                return str(state)
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


async def forget_waiting(connection: "asyncpg.Connection[asyncpg.Record]") -> list[Any]:
    """End the sessions that wait: the database would carry a dead process's statement out when it gets the rows."""
    return list(
        await connection.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
    )


async def answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


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


async def test_a_user_and_the_letter_of_the_registration_survive_both_kills(make: Callable[..., Awaitable[Killed]]):
    """INVARIANT: a user whom auth acknowledged is told to the others, the letter goes out twice at most."""
    service = await make(auth, KEY_ENCRYPTION_KEY=SECRET, ARGON2_TIME_COST="1", ARGON2_MEMORY_KIB="64")
    wanted = {"email": "vera@example.org", "full_name": "Vera", "phone": "+79161234567", "password": "семь пядей"}

    async def register(client: httpx.AsyncClient) -> None:
        assert (await client.post("/api/v1/registrations", json=wanted)).status_code == 201
        connection = await asyncpg.connect(service.database.replace("+asyncpg", ""))
        payload = await connection.fetchval("select payload from outbox where topic = $1", LETTERS.name)
        await connection.close()
        shown = {"token": msgspec.json.decode(payload)["fields"]["token"], "password": wanted["password"]}
        assert (await client.post("/api/v1/registrations/confirm", json=shown)).status_code == 200

    await service.acknowledge(register)
    await service.publish_without_marking(USERS)
    await service.publish()

    users = await service.records(USERS)
    assert [(one["version"], one["roles"]) for one in users] == [(1, ["consumer"])] * 2
    assert len({one["user_id"] for one in users}) == 1
    letters = await service.records(LETTERS)
    assert [one["to"] for one in letters] == [wanted["email"]] * 2
    assert len({one["letter_id"] for one in letters}) == 1, "notify sends a letter of one id once"


@pytest.mark.parametrize(("kills", "end"), [(1, "sent"), (2, "unanswered")])
async def test_a_letter_goes_out_twice_at_most_however_often_notify_is_killed(
    make: Callable[..., Awaitable[Killed]], mail_server: MailServer, kills: int, end: str
):
    """INVARIANT: killed between the mail server and the mark, a letter goes out twice, and never not at all."""
    service = await make(notify, SMTP_PORT=str(mail_server.port))
    settings = NotifySettings.model_validate({"database_url": service.database})
    async with notify.resources.open_resources(settings) as resources:
        await take_letter(resources, letter())

    for _ in range(kills):
        await service.deliver_without_marking(mail_server)
    ended = await service.deliver()

    assert ended == end
    assert len(mail_server.letters) == 2
    assert len({one["Message-ID"] for one in mail_server.letters}) == 1


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
