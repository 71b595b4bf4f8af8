"""Receipts of days, bill runs and planned outages out of every supplier's inbox.

Ack policy: `common.kafka.subscribe`, NACK_ON_ERROR. The supplier is the one whose inbox it is; nothing in a message
says so. Other documents are for other services.
"""

import asyncio
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID, uuid5

from aiokafka.errors import KafkaError

from common import outbox
from common.db import refused_data
from common.errors import Rejected
from common.kafka.connection import new_consumer
from common.kafka.subscribe import Subscriptions
from common.logging import get_logger
from metering.domain.local_days import local_day
from metering.domain.planned_outages import PlannedOutage as Planned
from metering.domain.planned_outages import Scope
from metering.freshness import Step, reached
from metering.metrics import RECEIPTS
from metering.repository import receipts
from metering.repository.receipts import PublishedRevision
from metering.resources import Resources
from metering.settlement import bill_runs, planned_outages
from topics.inbox import BillRun, DayReceipt, PlannedOutage, SupplierDocument, supplier_inbox
from topics.metering import ALARMS, Alarm

log = get_logger(__name__)

GROUP = "metering-inbox"
LOOK_EVERY_SECONDS = 1.0
# The registry is in memory; asking the log needs a connection.
LOOKS_A_LOG = 30
ALL_CONTRACTS: Final = "*"
# The same answer told twice is one alarm.
WRONG_DIGESTS: Final = UUID("01930000-0000-5000-8000-77726f6e6764")


async def consume(resources: Resources) -> None:
    """Read the inboxes of all suppliers that have one until cancelled, and those of new ones as they come."""
    await resources.registry.loaded()
    while True:
        suppliers = _suppliers(resources)
        codes = await _present(resources) or frozenset()
        # A supplier must not be able to stop us, however much of what it sends is refused.
        subscriptions = Subscriptions(resources.settings, dead_letter_limit=None)
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
    """Keep a receipt, a bill run or a planned outage; another document is not ours. A repeat changes nothing.

    Raises Rejected, of a receipt with code `unknown_revision` if the supplier was never told of what it answers to;
    of any with `version_differs` if this version came with another content before; of a bill run with
    `not_of_all_contracts`, or what `bill_runs.announce` raises; of an outage what `planned_outages.announce` raises;
    of what the database cannot hold with `invalid_message`.
    """
    body = document.body
    with refused_data():
        if isinstance(body, DayReceipt):
            await _take_receipt(resources, supplier_code, body, version=document.version)
        elif isinstance(body, BillRun):
            await _take_bill_run(resources, supplier_code, document, body)
        elif isinstance(body, PlannedOutage):
            await _take_outage(resources, supplier_code, document, body)


async def _take_bill_run(resources: Resources, supplier_code: str, document: SupplierDocument, run: BillRun) -> None:
    if document.contract_number != ALL_CONTRACTS:
        raise Rejected(f"a bill run is of all contracts: {ALL_CONTRACTS}", code="not_of_all_contracts")
    async with resources.engine.begin() as connection:
        await bill_runs.announce(
            connection,
            supplier_code,
            period=run.period,
            cut_off_at=None if run.annulled else run.cut_off_at,
            version=document.version,
            document_id=document.document_id,
            announced_by=None,
            announced_at=resources.clock.now(),
        )


async def _take_outage(
    resources: Resources, supplier_code: str, document: SupplierDocument, outage: PlannedOutage
) -> None:
    contract = None if document.contract_number == ALL_CONTRACTS else document.contract_number
    now = resources.clock.now()
    said = Planned(
        id=planned_outages.id_of(supplier_code, document.document_id),
        supplier_code=supplier_code,
        document_id=document.document_id,
        version=document.version,
        inbox_version=document.version,
        scope=Scope(contract_number=contract, point_numbers=outage.points, address=outage.address),
        starts_at=outage.starts_at,
        ends_at=outage.ends_at,
        reason=outage.reason,
        cancelled=outage.annulled,
        time_zone=None,
        announced_by=None,
        announced_at=now,
        start_announced_at=now,
    )
    async with resources.engine.begin() as connection:
        announced = await planned_outages.announce(connection, said)
    if announced.news:
        log.info("planned_outage.announced", outage_id=str(said.id), supplier=supplier_code, version=document.version)


async def _take_receipt(resources: Resources, supplier_code: str, receipt: DayReceipt, *, version: int) -> None:
    async with resources.engine.begin() as connection:
        published = await receipts.published(connection, supplier_code, receipt)
        if published is None:
            raise Rejected(f"revision {receipt.revision} of {receipt.day} was not published", code="unknown_revision")
        state = "confirmed" if receipt.digest == published.digest else "wrong_digest"
        now = resources.clock.now()
        news = await receipts.keep_receipt(connection, receipt, version=version, state=state, received_at=now)
        if not news and await receipts.contradicts(connection, receipt, version=version):
            raise Rejected("this version came with another content before", code="version_differs")
        if news and state == "wrong_digest":
            alarm = _wrong_digest(supplier_code, receipt, published, version=version, at=now)
            await outbox.add(connection, ALARMS, alarm)
    if not news:
        return
    RECEIPTS.labels(state=state).inc()
    if state == "confirmed":
        took = (now - published.closed_at).total_seconds()
        end = local_day(receipt.day, published.time_zone).end_epoch
        reached(Step.RECEIPTED, supplier_code, data_epoch=end, seconds=took, clock=resources.clock)
    if state == "wrong_digest":
        log.error(
            "receipt.wrong_digest",
            supplier=supplier_code,
            point_id=str(receipt.point_id),
            day=receipt.day.isoformat(),
            revision=receipt.revision,
            published=published.digest,
            received=receipt.digest,
        )


def _wrong_digest(
    supplier_code: str, receipt: DayReceipt, published: PublishedRevision, *, version: int, at: datetime
) -> Alarm:
    said = f"{receipt.point_id} {receipt.day} {receipt.revision} {version}"
    return Alarm(
        alarm_id=uuid5(WRONG_DIGESTS, said),
        kind="wrong_digest",
        severity="critical",
        point_id=receipt.point_id,
        contract_id=published.contract_id,
        supplier_code=supplier_code,
        at=at,
        details={
            "day": receipt.day.isoformat(),
            "revision": receipt.revision,
            "published": published.digest,
            "received": receipt.digest,
        },
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
