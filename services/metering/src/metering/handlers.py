"""Subscriptions of low volume: contracts, links, link states, limits of meters.

Ack policy: `common.kafka.subscribe`, NACK_ON_ERROR. Each message is one transaction, committed before its offset; a
repeat or an older version changes nothing.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common.copies import copy_group
from common.db import refused_data
from common.kafka.subscribe import Subscriptions
from common.kafka.topic import Message, Topic
from metering.repository import copies
from topics.contracts import CONTRACTS, LINKS
from topics.poller import LINK_STATES, METER_LIMITS

M = TypeVar("M", bound=Message)

GROUP = "metering-registry"


async def subscribe_all(subscriptions: Subscriptions, engine: AsyncEngine) -> None:
    """Register every subscription of the service, copies by the database's own group."""
    group = await copy_group(engine, GROUP)

    def keep(topic: Topic[M], store: Callable[[AsyncConnection, M], Awaitable[None]]) -> None:
        async def handle(message: M) -> None:
            with refused_data():
                async with engine.begin() as connection:
                    await store(connection, message)

        subscriptions.add(topic, handle, group=group)

    keep(CONTRACTS, copies.keep_contract)
    keep(LINKS, copies.keep_links)
    keep(LINK_STATES, copies.keep_link_states)
    keep(METER_LIMITS, copies.keep_limits)
