"""contracts, tickets and notify together over a real log, each with its own credential and no call between them."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from tests.conftest import NewDatabase
from tests.service.contracts.conftest import OPEN, SUPPLIER
from tests.service.notify.conftest import MailServer, mail_server  # noqa: F401 -- a fixture
from tests.service.provisioned import provision
from tests.tokens import Tokens

import contracts.api
import contracts.domain.contracts
import contracts.resources
import contracts.service.registry
import contracts.settings
import notify.api
import notify.resources
import notify.settings
import tickets.api
import tickets.resources
import tickets.settings
from common.http.auth import TokenVerifier
from common.kafka.connection import new_consumer
from common.kafka.publisher import Publisher
from common.settings import KafkaSettings, ServiceSettings
from topics import LETTERS, TICKETS
from topics.auth import Letter
from topics.tickets import Ticket

WITHIN_SECONDS = 30


@dataclass(frozen=True)
class House:
    contracts: httpx.AsyncClient
    tickets: httpx.AsyncClient
    notify: httpx.AsyncClient
    log: Publisher
    server: KafkaSettings
    tokens: Tokens


@asynccontextmanager
async def serving(module: Any, settings: ServiceSettings, tokens: Tokens) -> AsyncIterator[httpx.AsyncClient]:
    """Run all roles of a service in this process."""

    @asynccontextmanager
    async def resources(settings: Any) -> AsyncIterator[Any]:
        async with module.resources.open_resources(settings) as opened:
            yield replace(opened, verifier=TokenVerifier(settings, transport=tokens.transport))

    app: FastAPI = module.api.create_app(settings, resources=resources)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client
        assert not app.state.worker_ended.done()


@pytest.fixture
async def house(
    new_database: NewDatabase,
    kafka_server: KafkaSettings,
    mail_server: MailServer,  # noqa: F811 -- the fixture
) -> AsyncIterator[House]:
    principals = await provision(kafka_server)
    tokens = Tokens()
    log = Publisher(kafka_server)
    clients: dict[str, httpx.AsyncClient] = {}
    own: dict[str, dict[str, Any]] = {
        "notify": {"smtp_port": mail_server.port},
        "contracts": {"token_key": "a secret of tests that is long enough"},
    }
    async with AsyncExitStack() as stack:
        for module in (contracts, tickets, notify):
            name = module.__name__
            database = await new_database(module.resources.MIGRATIONS)
            given = principals[name].model_dump() | {"database_url": database}
            settings = module.settings.Settings.model_validate(given | own.get(name, {}))
            if name == "contracts":
                await seed(settings)
            clients[name] = await stack.enter_async_context(serving(module, settings, tokens))
        yield House(**clients, log=log, server=kafka_server, tokens=tokens)
    await log.close()


async def seed(settings: contracts.settings.Settings) -> None:
    async with contracts.resources.open_resources(settings) as resources, resources.engine.begin() as connection:
        registry = contracts.domain.contracts.Registry(
            suppliers=(SUPPLIER,), contracts=(replace(OPEN, contract_id=uuid4()),)
        )
        await contracts.service.registry.take_over(
            connection, registry, passwords=resources.passwords, now=datetime.now(UTC)
        )


async def until(ask: Callable[[], Awaitable[httpx.Response]], told: Callable[[httpx.Response], bool]) -> httpx.Response:
    async with asyncio.timeout(WITHIN_SECONDS):
        while not told(answer := await ask()):
            await asyncio.sleep(0.1)
    return answer


async def test_a_link_reaches_tickets_and_notify_by_the_log_alone(house: House):
    user = uuid4()
    headers = house.tokens.headers(user) | {"Idempotency-Key": "k"}
    link = {"supplier_code": "demo", "name": "Дача", "login": OPEN.login, "password": OPEN.password}
    contract_id = (await house.contracts.post("/api/v1/contracts", json=link, headers=headers)).json()["id"]

    wording = {"email": "anna@halfhour.example", "phone": "+79160000000", "subject": "s", "text": "t"}
    ticket = await until(
        lambda: house.tickets.post(f"/api/v1/contracts/{contract_id}/tickets", json=wording, headers=headers),
        lambda answer: answer.status_code == 201,
    )
    told = await until(
        lambda: house.notify.get("/api/v1/notifications", headers=headers), lambda answer: bool(answer.json()["items"])
    )

    assert ticket.json()["number"] == 1
    assert [item["kind"] for item in told.json()["items"]] == ["contract_linked"]
    await house.log.send(TICKETS, [answered(ticket.json())])
    told = await until(
        lambda: house.notify.get("/api/v1/notifications", headers=headers),
        lambda answer: len(answer.json()["items"]) > 1,
    )
    assert told.json()["items"][0]["title"] == "Обращение №1: дан ответ"


def answered(ticket: dict[str, Any]) -> Ticket:
    return Ticket(
        ticket_id=ticket["id"],
        contract_id=ticket["contract_id"],
        version=2,
        number=ticket["number"],
        state="answered",
        changed_at=datetime.now(UTC),
    )


async def test_a_share_goes_by_letter_and_gives_no_right_to_write(
    house: House,
    mail_server: MailServer,  # noqa: F811 -- the fixture
):
    """INVARIANT: a share gives no right to write in the contract's name, in any service."""
    owner, guest = (house.tokens.headers(uuid4()) | {"Idempotency-Key": "k"} for _ in range(2))
    link = {"supplier_code": "demo", "name": "Дача", "login": OPEN.login, "password": OPEN.password}
    contract_id = (await house.contracts.post("/api/v1/contracts", json=link, headers=owner)).json()["id"]
    until_day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    offer = {"email": "guest@halfhour.example", "expires_on": until_day, "language": "ru"}
    await house.contracts.post(f"/api/v1/contracts/{contract_id}/invitations", json=offer, headers=owner)
    async with asyncio.timeout(WITHIN_SECONDS):
        while not mail_server.letters:
            await asyncio.sleep(0.05)
    letter = mail_server.letters[0].get_payload(decode=True)
    assert isinstance(letter, bytes)
    [token] = re.findall(r"/accept-invitation#token=(\S+)", letter.decode())

    accepted = await house.contracts.post("/api/v1/invitations/accept", json={"token": token}, headers=guest)

    assert accepted.status_code == 201
    tickets = f"/api/v1/contracts/{contract_id}/tickets"
    await until(lambda: house.tickets.get(tickets, headers=guest), lambda answer: answer.status_code == 200)
    wording = {"email": "guest@halfhour.example", "phone": "+79160000000", "subject": "s", "text": "t"}
    refused = await house.tickets.post(tickets, json=wording, headers=guest)
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only")

    seen = await until(
        lambda: house.contracts.get(f"/api/v1/contracts/{contract_id}/accesses", headers=owner),
        lambda answer: bool(answer.json()["items"]),
    )
    [look] = seen.json()["items"]
    assert (look["reader"], look["area"], look["own"]) == ("guest", "tickets", False), "what tickets told by the log"
    assert look["times"] >= 1


async def test_bad_letters_are_put_aside_with_the_reason_and_good_ones_go_on(
    house: House,
    mail_server: MailServer,  # noqa: F811 -- the fixture
):
    user = uuid4()
    good, bad = letter("new_device", user), letter("no_such_kind", user)
    await house.log.send_raw([(LETTERS.name, b"\xff", str(user).encode(), LETTERS.headers())])

    await house.log.send(LETTERS, [bad, good])

    async with asyncio.timeout(WITHIN_SECONDS):
        while not mail_server.letters:
            await asyncio.sleep(0.05)
    assert mail_server.letters[0]["Message-ID"] == f"<{good.letter_id}@halfhour.example>"
    aside = [reason for key, reason in await dead_letters(house.server, 2) if key == str(user)]
    assert aside == ["not_json", "unknown_kind"]


def letter(kind: str, user: Any) -> Letter:
    return Letter(
        letter_id=uuid4(),
        user_id=user,
        kind=kind,
        to="anna@halfhour.example",
        language="ru",
        fields={"device": "Firefox", "at": datetime.now(UTC).isoformat()},
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


async def dead_letters(server: KafkaSettings, count: int) -> list[tuple[str, str]]:
    """Return key and reason of the dead letters, when there are `count` of them."""
    consumer = new_consumer(server, LETTERS.dead_letter_name)
    await consumer.start()
    found: list[tuple[str, str]] = []
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            while len(found) < count:
                record = await consumer.getone()
                found.append((record.key.decode(), dict(record.headers)["dlt_reason"].decode()))
    finally:
        await consumer.stop()
    return found
