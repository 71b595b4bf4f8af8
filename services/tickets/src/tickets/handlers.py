"""What tickets reads: links. Kafka only; each message is one transaction, and a repeat is harmless."""

from functools import partial

from common.copies import copy_group
from common.kafka.subscribe import Subscriptions
from tickets import repository
from tickets.resources import Resources
from topics import LINKS
from topics.contracts import ContractLinks


async def subscriptions(resources: Resources) -> Subscriptions:
    """Return every subscription, copies by the database's own group.

    The ack policy is NACK_ON_ERROR with dead letters, see common.kafka.subscribe.
    """
    subscribed = Subscriptions(resources.settings)
    subscribed.add(LINKS, partial(keep_links, resources), group=await copy_group(resources.engine, "tickets-links"))
    return subscribed


async def keep_links(resources: Resources, links: ContractLinks) -> None:
    async with resources.engine.begin() as connection:
        await repository.keep_links(connection, links)
