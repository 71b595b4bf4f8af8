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
LOOK_EVERY_SECONDS = 30.0


async def consume(resources: Resources) -> None:
    """Read the inboxes of all suppliers that have one until cancelled; look now and then for new ones."""
    await resources.registry.loaded()
    while True:
        codes = await _present(resources) or frozenset()
        subscriptions = Subscriptions(resources.settings)
        for code in sorted(codes):
            subscriptions.add(supplier_inbox(code), partial(take_document, resources, code), group=GROUP)
        reading = asyncio.create_task(subscriptions.run())
        try:
            while await _present(resources) in {None, codes}:
                await asyncio.wait([reading], timeout=LOOK_EVERY_SECONDS)
                if reading.done():
                    return reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


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
    places = resources.registry.current().places.values()
    codes = {place.supplier_code for each in places for place in each}
    consumer = new_consumer(resources.settings)
    try:
        await consumer.start()
        present = await consumer.topics()
    except (KafkaError, OSError) as error:
        log.warning("inboxes.not_seen", error=repr(error))
        return None
    finally:
        await consumer.stop()
    return frozenset(code for code in codes if supplier_inbox(code).name in present)
