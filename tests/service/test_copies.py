"""The copies of links over a real log: rebuilt on an empty database, gone on with on one that is there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text
from tests.conftest import NewDatabase
from tests.service.notify.conftest import MailServer, mail_server  # noqa: F401 -- a fixture
from tests.service.provisioned import provision

import notify.resources
import notify.settings
import notify.worker
import tickets.resources
import tickets.settings
import tickets.worker
from common.copies import copy_group
from common.kafka.connection import connection_options
from common.kafka.publisher import Publisher
from common.migrate import migrate
from common.settings import KafkaSettings
from topics import ALARMS, LETTERS, LINKS
from topics.auth import Letter
from topics.contracts import ContractLinks, RevokedLink
from topics.metering import Alarm

WITHIN_SECONDS = 30


@asynccontextmanager
async def reading(service: Any, database: str, principal: KafkaSettings, **changes: Any) -> AsyncIterator[Any]:
    """Let a service read the log on a database, and deliver if it delivers."""
    values = principal.model_dump() | {"database_url": database} | changes
    work = [getattr(service.worker, name) for name in ("consume", "deliver") if hasattr(service.worker, name)]
    async with service.resources.open_resources(service.settings.Settings.model_validate(values)) as resources:
        tasks = [asyncio.create_task(each(resources)) for each in work]
        yield resources
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def empty_database(new_database: NewDatabase, service: Any) -> str:
    """Return a database with an epoch of its own, which a copy of a template has not."""
    database = await new_database()
    await migrate(database, service.resources.MIGRATIONS)
    return database


async def rows(resources: Any, statement: str, **values: Any) -> list[Any]:
    async with resources.engine.connect() as connection:
        return list(await connection.execute(text(statement), values))


async def until(ask: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while await ask() != wanted:
            await asyncio.sleep(0.1)


async def until_kept(resources: Any, links: ContractLinks) -> None:
    async def kept() -> Any:
        asked = "select user_ids from contract_links where contract_id = :id"
        return [row.user_ids for row in await rows(resources, asked, id=links.contract_id)]

    await until(kept, [links.user_ids])


async def until_committed(server: KafkaSettings, group: str, count: int) -> None:
    """Wait until a group has put behind it so many messages."""
    admin = AIOKafkaAdminClient(**connection_options(server))

    async def committed() -> int:
        offsets = await admin.list_consumer_group_offsets(group)
        return sum(max(0, found.offset) for found in offsets.values())

    try:
        await admin.start()
        await until(committed, count)
    finally:
        await admin.close()


async def test_a_service_that_starts_empty_rebuilds_its_copy_from_the_compacted_topic(
    new_database: NewDatabase, kafka_server: KafkaSettings
):
    """INVARIANT: what a service keeps of others it can lose: the topics give it back."""
    principal = (await provision(kafka_server))["tickets"]
    links = ContractLinks(contract_id=uuid4(), version=1, supplier_code="demo", user_ids=[uuid4()])
    log = Publisher(kafka_server)
    first, empty = [await empty_database(new_database, tickets) for _ in range(2)]
    groups: list[str] = []
    try:
        await log.send(LINKS, [links])
        for database in (first, empty):
            async with reading(tickets, database, principal) as resources:
                await until_kept(resources, links)
                groups.append(await copy_group(resources.engine, "tickets-links"))
        settings = tickets.settings.Settings.model_validate({"database_url": first})
        async with tickets.resources.open_resources(settings) as resources:
            assert await copy_group(resources.engine, "tickets-links") == groups[0], "a start changes no epoch"
    finally:
        await log.close()

    assert groups[0] != groups[1]


async def test_notify_that_starts_empty_rebuilds_its_copy_and_sends_no_letter_again(
    new_database: NewDatabase,
    kafka_server: KafkaSettings,
    mail_server: MailServer,  # noqa: F811 -- the fixture
):
    """INVARIANT: when notify has lost its database nobody hears of anything twice, by letter or in the portal."""
    principal = (await provision(kafka_server))["notify"]
    first, anna = await empty_database(new_database, notify), uuid4()
    now = datetime.now(UTC)
    links = ContractLinks(
        contract_id=uuid4(),
        version=1,
        supplier_code="demo",
        user_ids=[anna],
        revoked=[RevokedLink(user_id=uuid4(), reason="password_changed", at=now)],
        changed_at=now,
    )
    before, after = letter(anna), letter(anna)
    log = Publisher(kafka_server)

    async def delivered() -> list[str]:
        return [str(arrived["Message-ID"]) for arrived in mail_server.letters]

    try:
        async with reading(notify, first, principal, smtp_port=mail_server.port) as resources:
            await log.send(LINKS, [links])
            await until_kept(resources, links)
            await log.send(LETTERS, [before])
            await log.send(ALARMS, [alarm(links.contract_id)])
            await until(delivered, [message_id(before)])
            wanted = ["contract_linked", "contract_revoked", "estimate_replaced", "letter of contract_revoked"]
            await until(lambda: told(resources), wanted)
            for group in ("notify-letters", "notify-alarms"):
                await until_committed(kafka_server, group, 1)

        second = await empty_database(new_database, notify)
        async with reading(notify, second, principal, smtp_port=mail_server.port) as resources:
            await until_kept(resources, links)
            assert await told(resources) == []
            await log.send(LETTERS, [after])
            await log.send(ALARMS, [alarm(links.contract_id)])
            await until(delivered, [message_id(before), message_id(after)])
            await until(lambda: told(resources), ["estimate_replaced"])
    finally:
        await log.close()


def letter(user_id: UUID) -> Letter:
    return Letter(
        letter_id=uuid4(),
        user_id=user_id,
        kind="new_device",
        to="anna@halfhour.example",
        language="ru",
        fields={"device": "Firefox, Linux", "at": datetime.now(UTC).isoformat()},
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


def message_id(one: Letter) -> str:
    return f"<{one.letter_id}@halfhour.example>"


def alarm(contract_id: UUID) -> Alarm:
    return Alarm(
        alarm_id=uuid4(),
        kind="estimate_replaced",
        severity="info",
        point_id=UUID(int=1),
        contract_id=contract_id,
        supplier_code="demo",
        at=datetime.now(UTC),
        details={"point": "Дача", "day": "2026-11-01", "estimated_wh": 2, "actual_wh": 3, "half_hours": 1},
    )


async def told(resources: Any) -> list[str]:
    """What this database has told, in the portal and by letters that auth is to address."""
    asked = """
        select kind from notifications
        union all select 'letter of ' || (convert_from(payload, 'utf8')::json ->> 'kind') from outbox
        order by 1
    """
    return [row.kind for row in await rows(resources, asked)]
