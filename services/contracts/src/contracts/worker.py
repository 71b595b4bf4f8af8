"""What contracts does beside requests: it reads topics, relays events, ends shares in time, forgets what is old."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from common.http import idempotency
from common.logging import get_logger
from common.outbox import OutboxRelay
from contracts.handlers import inboxes, looks, present_inboxes
from contracts.repository import accesses, invitations, links, refusals
from contracts.resources import Resources
from contracts.service.links import end_expired_shares

log = get_logger(__name__)

EXPIRED_LOOK_SECONDS = 15.0
SUPPLIERS_LOOK_SECONDS = 30.0
FORGET_EVERY_SECONDS = 3_600.0
AT_ONCE = 100


async def relay(resources: Resources) -> None:
    """Send the outbox until cancelled."""
    await OutboxRelay(resources.settings).run()


async def forget_keys(resources: Resources) -> None:
    """Delete old idempotency keys until cancelled."""
    await idempotency.forget_keys(resources.engine)


async def keep_looks(resources: Resources) -> None:
    """Keep who looked at what other services show, until cancelled."""
    await looks(resources).run()


async def consume(resources: Resources) -> None:
    """Read the inboxes until cancelled; look now and then for those of suppliers that are new."""
    while True:
        codes = await present_inboxes(resources) or frozenset()
        reading = asyncio.create_task(inboxes(resources, codes).run())
        try:
            while await present_inboxes(resources) in {None, codes}:
                await asyncio.wait([reading], timeout=SUPPLIERS_LOOK_SECONDS)
                if reading.done():
                    return reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def end_shares(resources: Resources) -> None:
    """Revoke shares whose time is over until cancelled. Several processes may do so at once."""
    while True:
        try:
            await end_due_shares(resources)
        except (SQLAlchemyError, OSError) as error:
            log.warning("shares.not_ended", error=type(error).__name__)
        await asyncio.sleep(EXPIRED_LOOK_SECONDS)


async def end_due_shares(resources: Resources) -> None:
    """Revoke the shares whose time is over now, a transaction for each contract."""
    now = datetime.now(UTC)
    async with resources.engine.begin() as connection:
        due = await links.contracts_with_expired(connection, now=now, limit=AT_ONCE)
    for contract_id in due:
        async with resources.engine.begin() as connection:
            await end_expired_shares(connection, contract_id, now=now)


async def forget_old(resources: Resources) -> None:
    """Delete what has had its time until cancelled. Several processes may do so at once."""
    while True:
        try:
            await forget_due(resources)
        except (SQLAlchemyError, OSError) as error:
            log.warning("old_data.not_forgotten", error=type(error).__name__)
        await asyncio.sleep(FORGET_EVERY_SECONDS)


async def forget_due(resources: Resources) -> None:
    """Delete looks, refusals and addresses that have had their time now."""
    now, settings = datetime.now(UTC), resources.settings
    async with resources.engine.begin() as connection:
        await accesses.forget(connection, before=now - timedelta(days=settings.accesses_kept_days))
        await refusals.forget(connection, before=now - timedelta(days=settings.refusals_kept_days))
        await invitations.forget_addresses(connection, before=now - timedelta(days=settings.addresses_kept_days))


WORKERS = (relay, keep_looks, consume, end_shares, forget_keys, forget_old)
