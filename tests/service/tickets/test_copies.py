"""The copy of links over a real log: rebuilt on an empty database, gone on with on one that is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

from sqlalchemy import text
from tests.conftest import NewDatabase
from tests.service.provisioned import provision

from common.copies import copy_group
from common.kafka.publisher import Publisher
from common.migrate import migrate
from common.settings import KafkaSettings
from tickets.resources import MIGRATIONS, Resources, open_resources
from tickets.settings import Settings
from tickets.worker import consume
from topics import LINKS
from topics.contracts import ContractLinks

WITHIN_SECONDS = 30


@asynccontextmanager
async def reading(database: str, principal: KafkaSettings) -> AsyncIterator[Resources]:
    """Run the reading of links on a database."""
    settings = Settings.model_validate(principal.model_dump() | {"database_url": database})
    async with open_resources(settings) as resources:
        task = asyncio.create_task(consume(resources))
        yield resources
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def kept(resources: Resources, contract_id: UUID) -> list[UUID] | None:
    async with resources.engine.connect() as connection:
        found = await connection.execute(
            text("select user_ids from contract_links where contract_id = :id"), {"id": contract_id}
        )
        return found.scalar_one_or_none()


async def until_kept(resources: Resources, contract_id: UUID, user_id: UUID) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while await kept(resources, contract_id) != [user_id]:
            await asyncio.sleep(0.1)


async def test_a_service_that_starts_empty_rebuilds_its_copy_from_the_compacted_topic(
    new_database: NewDatabase, kafka_server: KafkaSettings
):
    """INVARIANT: what a service keeps of others it can lose: the topics give it back."""
    principal = (await provision(kafka_server))["tickets"]
    contract, anna = uuid4(), uuid4()
    links = ContractLinks(contract_id=contract, version=1, supplier_code="demo", user_ids=[anna])
    log = Publisher(kafka_server)
    first, empty = await new_database(), await new_database()
    groups: list[str] = []
    try:
        await log.send(LINKS, [links])
        for database in (first, empty):
            await migrate(database, MIGRATIONS)
            async with reading(database, principal) as resources:
                await until_kept(resources, contract, anna)
                groups.append(await copy_group(resources.engine, "tickets-links"))
        async with open_resources(Settings.model_validate({"database_url": first})) as resources:
            assert await copy_group(resources.engine, "tickets-links") == groups[0], "a start changes no epoch"
    finally:
        await log.close()

    assert groups[0] != groups[1]
