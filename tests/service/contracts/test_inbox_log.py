"""The inbox over a real log, with the rights that the stack gives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.service.contracts.conftest import OPEN, Portal
from tests.service.contracts.test_inbox import get
from tests.service.provisioned import provision

from common.errors import Busy
from common.kafka.publisher import Publisher
from common.settings import KafkaSettings
from contracts.resources import open_resources
from contracts.worker import consume
from topics import supplier_inbox
from topics.inbox import BalanceStatement, SupplierDocument

WITHIN_SECONDS = 30


def statement(amount: str, *, version: int = 1, number: str = OPEN.number) -> SupplierDocument:
    body = BalanceStatement(amount=Decimal(amount), currency="RUB", as_of=datetime(2026, 11, 1, tzinfo=UTC))
    return SupplierDocument(contract_number=number, document_id="b", version=version, body=body)


@asynccontextmanager
async def publisher(settings: KafkaSettings) -> AsyncIterator[Publisher]:
    made = Publisher(settings)
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
async def principals(kafka_server: KafkaSettings, portal: Portal) -> AsyncIterator[dict[str, KafkaSettings]]:
    """Run the reading of inboxes with contracts' own credential; a second supplier is known but has no topic."""
    made = await provision(kafka_server, suppliers=("demo", "other"))
    async with portal.engine.begin() as connection:
        await connection.execute(text("insert into suppliers (code, name) values ('topicless', 'Без потоков')"))
    given = portal.settings.model_dump() | made["contracts"].model_dump()
    async with open_resources(type(portal.settings).model_validate(given)) as resources:
        reading = asyncio.create_task(consume(resources))
        yield made
        assert not reading.done()
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


async def test_what_the_supplier_writes_is_shown_and_what_is_wrong_is_put_aside(
    portal: Portal, principals: dict[str, KafkaSettings]
):
    user = uuid4()
    await portal.link(user)
    topic = supplier_inbox("demo")

    async with publisher(principals["supplier-demo"]) as billing:
        await billing.send(topic, [statement("-1.00", number="unknown"), statement("-2.00"), statement("-1.00")])
        await billing.send(topic, [statement("-3.00", version=2)])
        async with asyncio.timeout(WITHIN_SECONDS):
            while (await get(portal, user, "balance"))["balance"] is None or (await get(portal, user, "balance"))[
                "balance"
            ]["amount"] != "-3.00":
                await asyncio.sleep(0.1)


async def test_a_supplier_writes_no_inbox_but_its_own(kafka_server: KafkaSettings):
    """INVARIANT: a billing principal reaches only its own topics."""
    principals = await provision(kafka_server, suppliers=("demo", "other"))
    async with publisher(principals["supplier-other"]) as stranger:
        with pytest.raises(Busy, match="TopicAuthorizationFailed"):
            await stranger.send(supplier_inbox("demo"), [statement("-1.00")])
