"""What runs beside the requests: subscriptions, outbox relay, letters of recoveries, deletion of the outlived."""

import asyncio
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from auth.attempts import DAY
from auth.handlers import subscriptions
from auth.repository.outlived import delete_outlived
from auth.resources import Resources
from auth.service.recovery import send_letters
from common.logging import get_logger
from common.outbox import OutboxRelay

log = get_logger(__name__)

CLEANING_SECONDS = 3_600
RECOVERY_SECONDS = 1.0
# A token that ended is still recognised for a while, so that its late use ends the family and not merely fails.
REMEMBERED = timedelta(days=7)
DEVICES_KNOWN = timedelta(days=400)  # as long as browsers keep a cookie


async def consume(resources: Resources) -> None:
    """Handle messages until cancelled."""
    await subscriptions(resources).run()


async def relay(resources: Resources) -> None:
    """Send the outbox until cancelled."""
    await OutboxRelay(resources.settings).run()


async def recover(resources: Resources) -> None:
    """Send the letters of recoveries that were asked for, until cancelled. Several processes may do so at once."""
    while True:
        try:
            while await send_letters(resources):
                pass
        except (SQLAlchemyError, OSError) as error:
            log.warning("recovery.paused", error=type(error).__name__)
        await asyncio.sleep(RECOVERY_SECONDS)


async def clean(resources: Resources) -> None:
    """Delete what is outlived, once an hour until cancelled. Several processes may do so at once."""
    while True:
        try:
            deleted = await clean_once(resources)
            log.info("outlived_rows.deleted", rows=deleted)
        except (SQLAlchemyError, OSError) as error:
            log.warning("cleaning.failed", error=type(error).__name__)
        await asyncio.sleep(CLEANING_SECONDS)


async def clean_once(resources: Resources) -> int:
    """Delete what has had its time; return how many rows."""
    now, settings = resources.clock.now(), resources.settings
    async with resources.engine.begin() as connection:
        return await delete_outlived(
            connection,
            secrets_before=now - REMEMBERED,
            attempts_before=now - max(settings.attempts_window, DAY),
            devices_before=now - DEVICES_KNOWN,
            events_before=now - timedelta(days=settings.security_events_days),
        )


WORKERS = (consume, relay, recover, clean)
