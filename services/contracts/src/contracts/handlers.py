"""What contracts reads: the inbox of every supplier, and who looked at what other services show. Kafka only.

Each message is one transaction. The supplier is the one whose inbox it is; nothing in a message says so.
"""

from datetime import UTC, datetime
from functools import partial

from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from common.db import refused_data
from common.kafka.connection import new_consumer
from common.kafka.subscribe import Subscriptions
from common.logging import get_logger
from contracts.repository import accesses, contracts
from contracts.resources import Resources
from contracts.service import inbox
from topics import METERING_ACCESSES, TICKETS_ACCESSES, supplier_inbox
from topics.accesses import DataAccess
from topics.inbox import SupplierDocument

log = get_logger(__name__)


def looks(resources: Resources) -> Subscriptions:
    """Return what tells who looked. The ack policy is NACK_ON_ERROR with dead letters: common.kafka.subscribe."""
    subscribed = Subscriptions(resources.settings)
    for told in (METERING_ACCESSES, TICKETS_ACCESSES):
        subscribed.add(told, partial(keep_access, resources, told.owner), group="contracts-accesses")
    return subscribed


def inboxes(resources: Resources, codes: frozenset[str]) -> Subscriptions:
    """Return the inboxes of suppliers; the ack policy is that of `looks`.

    A supplier must not be able to stop us, however much of what it sends is refused: there is no limit.
    """
    subscribed = Subscriptions(resources.settings, dead_letter_limit=None)
    for code in sorted(codes):
        subscribed.add(supplier_inbox(code), partial(take_document, resources, code), group="contracts-inbox")
    return subscribed


async def take_document(resources: Resources, supplier_code: str, document: SupplierDocument) -> None:
    """Take one document over. Raises Rejected as `inbox.take`, and `invalid_message` for what no column holds."""
    with refused_data():
        async with resources.engine.begin() as connection:
            await inbox.take(connection, supplier_code, document, now=datetime.now(UTC))


async def keep_access(resources: Resources, service: str, access: DataAccess) -> None:
    """Keep one look. Raises Rejected as `take_document`."""
    with refused_data():
        async with resources.engine.begin() as connection:
            await accesses.keep(connection, service, access)


async def present_inboxes(resources: Resources) -> frozenset[str] | None:
    """Return the codes of suppliers whose inbox is there and may be read; None while log or database are away."""
    try:
        async with resources.engine.connect() as connection:
            codes = [one.code for one in await contracts.suppliers(connection, after_code=None, limit=None)]
        consumer = new_consumer(resources.settings)
        try:
            await consumer.start()
            present = await consumer.topics()
        finally:
            await consumer.stop()
    except (KafkaError, SQLAlchemyError, OSError) as error:
        log.warning("inboxes.not_seen", error=type(error).__name__)
        return None
    return frozenset(code for code in codes if supplier_inbox(code).name in present)
