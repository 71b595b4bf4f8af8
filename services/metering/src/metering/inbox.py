"""Receipts of days out of every supplier's inbox. Ack policy: `common.kafka.subscribe`, NACK_ON_ERROR.

The supplier is the one whose inbox it is; nothing in a message says so. Other documents are for other services.
"""

import asyncio
from functools import partial

from aiokafka.errors import KafkaError

from common.errors import Rejected
from common.kafka.connection import new_consumer
from common.kafka.subscribe import Subscriptions
from common.logging import get_logger
from metering.metrics import RECEIPTS
from metering.repository import receipts
from metering.resources import Resources
from topics.inbox import DayReceipt, SupplierDocument, supplier_inbox

log = get_logger(__name__)

GROUP = "metering-inbox"
LOOK_EVERY_SECONDS = 1.0
# The registry is in memory; asking the log needs a connection.
LOOKS_A_LOG = 30


async def consume(resources: Resources) -> None:
    """Read the inboxes of all suppliers that have one until cancelled, and those of new ones as they come."""
    await resources.registry.loaded()
    while True:
        suppliers = _suppliers(resources)
        codes = await _present(resources) or frozenset()
        subscriptions = Subscriptions(resources.settings)
        for code in sorted(codes):
            subscriptions.add(supplier_inbox(code), partial(take_document, resources, code), group=GROUP)
        reading = asyncio.create_task(subscriptions.run())
        changed = asyncio.create_task(_until_changed(resources, suppliers, codes))
        try:
            await asyncio.wait([reading, changed], return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                return reading.result()
        finally:
            for task in (reading, changed):
                task.cancel()
            await asyncio.gather(reading, changed, return_exceptions=True)


async def _until_changed(resources: Resources, suppliers: frozenset[str], codes: frozenset[str]) -> None:
    """Wait for a new supplier, or for an inbox that comes or goes."""
    while True:
        for _ in range(LOOKS_A_LOG):
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            if _suppliers(resources) != suppliers:
                return
        if await _present(resources) not in {None, codes}:
            return


async def take_document(resources: Resources, supplier_code: str, document: SupplierDocument) -> None:
    """Keep a receipt; another document is not ours. A repeat changes nothing.

    Raises Rejected with code `unknown_revision` if the supplier was never told of what it answers to, and
    `version_differs` if this version came with another content before.
    """
    receipt = document.body
    if not isinstance(receipt, DayReceipt):
        return
    async with resources.engine.begin() as connection:
        published = await receipts.published_digest(connection, supplier_code, receipt)
        if published is None:
            raise Rejected(f"revision {receipt.revision} of {receipt.day} was not published", code="unknown_revision")
        state = "confirmed" if receipt.digest == published else "wrong_digest"
        news = await receipts.keep_receipt(
            connection, receipt, version=document.version, state=state, received_at=resources.clock.now()
        )
        if not news and await receipts.contradicts(connection, receipt, version=document.version):
            raise Rejected("this version came with another content before", code="version_differs")
    if not news:
        return
    RECEIPTS.labels(state=state).inc()
    if state == "wrong_digest":
        log.error(
            "receipt.wrong_digest",
            supplier=supplier_code,
            point_id=str(receipt.point_id),
            day=receipt.day.isoformat(),
            revision=receipt.revision,
            published=published,
            received=receipt.digest,
        )


async def _present(resources: Resources) -> frozenset[str] | None:
    """Return the codes of suppliers whose inbox is there and may be read; None while the log is away."""
    consumer = new_consumer(resources.settings)
    try:
        await consumer.start()
        present = await consumer.topics()
    except (KafkaError, OSError) as error:
        log.warning("inboxes.not_seen", error=repr(error))
        return None
    finally:
        await consumer.stop()
    return frozenset(code for code in _suppliers(resources) if supplier_inbox(code).name in present)


def _suppliers(resources: Resources) -> frozenset[str]:
    return resources.registry.current().supplier_codes
