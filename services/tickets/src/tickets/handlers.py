"""What tickets reads: links. Kafka only; each message is one transaction, and a repeat is harmless."""

from functools import partial

from common.kafka.subscribe import Subscriptions
from tickets import repository
from tickets.resources import Resources
from topics import LINKS
from topics.contracts import ContractLinks


def subscriptions(resources: Resources) -> Subscriptions:
    """Return every subscription. The ack policy is NACK_ON_ERROR with dead letters, see common.kafka.subscribe."""
    subscribed = Subscriptions(resources.settings)
    subscribed.add(LINKS, partial(keep_links, resources), group="tickets-links")
    return subscribed


async def keep_links(resources: Resources, links: ContractLinks) -> None:
    async with resources.engine.begin() as connection:
        await repository.keep_links(connection, links)
