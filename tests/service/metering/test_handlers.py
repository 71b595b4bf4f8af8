"""Subscriptions: every example of their topics is taken, and what no repeat can mend is refused."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import topics as topics_package
from common.db import open_engine
from common.errors import Rejected
from common.kafka.topic import Topic
from metering.handlers import subscribe_all
from metering.settings import Settings
from topics.contracts import CONTRACTS, LINKS, Contract, ContractLinks
from topics.poller import LINK_STATES, LinkState, MeterLink

EXAMPLES = Path(topics_package.__file__).parent / "examples"
TABLES = {CONTRACTS.name: "contracts", LINKS.name: "contract_links", LINK_STATES.name: "meter_links"}
NOW = datetime.now(UTC)

Handle = Callable[[Any], Awaitable[None]]


class Handlers(dict[str, Handle]):
    """Stands where the subscriptions stand, and keeps the handler of each topic."""

    def add(self, topic: Topic[Any], handle: Handle, *, group: str) -> None:
        assert group.startswith("metering-")
        self[topic.name] = handle


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    async with open_engine(settings) as engine:
        yield engine


@pytest.fixture
async def handlers(engine: AsyncEngine) -> Handlers:
    handlers = Handlers()
    await subscribe_all(handlers, engine)  # type: ignore[arg-type]
    return handlers


@pytest.mark.parametrize("topic", [CONTRACTS, LINKS, LINK_STATES], ids=lambda topic: topic.name)
async def test_every_example_of_a_topic_is_kept_once(handlers: Handlers, engine: AsyncEngine, topic: Topic[Any]):
    examples = sorted((EXAMPLES / topic.name).glob("*.json"))
    assert examples

    messages = [topic.decode(example.read_bytes(), topic.headers()) for example in examples]
    for message in messages * 2:
        await handlers[topic.name](message)

    async with engine.connect() as connection:
        rows = await connection.scalar(text(f"select count(*) from {TABLES[topic.name]}"))  # noqa: S608 -- ours
    assert rows >= len({topic.key(message) for message in messages})


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        (CONTRACTS, Contract(contract_id=uuid4(), version=1, supplier_code="demo", number="a\x00b")),
        (CONTRACTS, Contract(contract_id=uuid4(), version=2**70, supplier_code="demo", number="1")),
        (LINKS, ContractLinks(contract_id=uuid4(), version=2**70, supplier_code="demo", user_ids=[])),
        (
            LINK_STATES,
            LinkState(
                endpoint_id=uuid4(),
                changed_at=NOW,
                meters=[
                    MeterLink(meter_id=uuid4(), state="\x00", changed_at=NOW, last_success_at=None, error_code=None)
                ],
            ),
        ),
    ],
)
async def test_what_no_column_can_hold_is_refused_not_repeated_for_ever(
    handlers: Handlers, topic: Topic[Any], message: Any
):
    with pytest.raises(Rejected) as refused:
        await handlers[topic.name](message)
    assert refused.value.code == "invalid_message"
