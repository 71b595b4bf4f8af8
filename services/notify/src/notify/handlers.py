"""What notify reads: letters of auth and contracts, links, tickets, alarms of metering.

Kafka only; each message is one transaction, a repeat is harmless.
"""

from datetime import UTC, datetime
from functools import partial

from common.copies import copy_group
from common.kafka.subscribe import Subscriptions
from notify import service
from notify.resources import Resources
from topics import ALARMS, CONTRACT_LETTERS, LETTERS, LINKS, TICKETS
from topics.auth import Letter
from topics.contracts import ContractLinks
from topics.metering import Alarm
from topics.tickets import Ticket


async def subscriptions(resources: Resources) -> Subscriptions:
    """Return every subscription, copies by the database's own group.

    The ack policy is NACK_ON_ERROR with dead letters, see common.kafka.subscribe.
    """
    subscribed = Subscriptions(resources.settings)
    subscribed.add(LETTERS, partial(take_letter, resources), group="notify-letters")
    subscribed.add(CONTRACT_LETTERS, partial(take_letter, resources), group="notify-contract-letters")
    subscribed.add(LINKS, partial(keep_links, resources), group=await copy_group(resources.engine, "notify-links"))
    subscribed.add(TICKETS, partial(tell_ticket, resources), group="notify-tickets")
    subscribed.add(ALARMS, partial(tell_alarm, resources), group="notify-alarms")
    return subscribed


async def take_letter(resources: Resources, letter: Letter) -> None:
    async with resources.engine.begin() as connection:
        await service.take_letter(connection, letter, texts=resources.letter_texts, now=datetime.now(UTC))
    resources.letter_arrived.set()


async def keep_links(resources: Resources, links: ContractLinks) -> None:
    async with resources.engine.begin() as connection:
        await service.keep_links(connection, links, texts=resources.notification_texts, now=datetime.now(UTC))


async def tell_ticket(resources: Resources, ticket: Ticket) -> None:
    async with resources.engine.begin() as connection:
        await service.tell_ticket(connection, ticket, texts=resources.notification_texts, now=datetime.now(UTC))


async def tell_alarm(resources: Resources, alarm: Alarm) -> None:
    async with resources.engine.begin() as connection:
        await service.tell_alarm(connection, alarm, texts=resources.notification_texts, now=datetime.now(UTC))
