"""What notify does beside requests: it reads its topics, relays its events, delivers letters, forgets old deliveries.

A letter is claimed, sent and marked in three steps, so no transaction is open while the mail server works. A kill
between sending and marking sends it again after the claim has run out, with the same Message-ID. That a copy is handed
over is written down first, so there are two at the most.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from common.errors import Busy
from common.logging import get_logger
from common.outbox import OutboxRelay
from notify import repository
from notify.domain import COPIES_AT_MOST, SWITCHES, Delivery, DeliveryState, pause_after
from notify.errors import AnswerLost, LetterRefused
from notify.handlers import subscriptions
from notify.metrics import LETTER_RETRIES, LETTER_SECONDS, LETTERS
from notify.resources import Resources

log = get_logger(__name__)

CLAIMED = timedelta(minutes=1)  # longer than any SMTP time-out that the settings allow
AT_ONCE = 10
LOOK_SECONDS = 1.0
DATABASE_PAUSE_SECONDS = 5.0
KEPT = timedelta(days=30)
FORGET_SECONDS = 3_600


async def consume(resources: Resources) -> None:
    """Handle messages until cancelled."""
    await (await subscriptions(resources)).run()


async def relay(resources: Resources) -> None:
    """Send the outbox until cancelled."""
    await OutboxRelay(resources.settings).run()


async def deliver(resources: Resources) -> None:
    """Send letters that are due until cancelled."""
    while True:
        resources.letter_arrived.clear()
        try:
            if await deliver_due(resources):
                continue
        except (SQLAlchemyError, OSError) as error:
            log.warning("delivery.paused", error=type(error).__name__, pause_seconds=DATABASE_PAUSE_SECONDS)
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            continue
        with suppress(TimeoutError):
            await asyncio.wait_for(resources.letter_arrived.wait(), LOOK_SECONDS)


async def deliver_due(resources: Resources) -> int:
    """Try each letter that is due once, some at a time side by side; return how many were tried."""
    now = datetime.now(UTC)
    async with resources.engine.begin() as connection:
        claimed = await repository.claim_deliveries(connection, now=now, until=now + CLAIMED, limit=AT_ONCE)
    # All must come to their end before an error of one is raised, or a letter that was sent would not be marked.
    outcomes = await asyncio.gather(*(_try(resources, one) for one in claimed), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return len(claimed)


async def forget_deliveries(resources: Resources) -> None:
    """Delete deliveries that were over long ago, once an hour until cancelled. Several processes may do so at once."""
    while True:
        try:
            async with resources.engine.begin() as connection:
                await repository.forget_deliveries(connection, over_before=datetime.now(UTC) - KEPT)
        except (SQLAlchemyError, OSError) as error:
            log.warning("deliveries.not_forgotten", error=type(error).__name__)
        await asyncio.sleep(FORGET_SECONDS)


async def _try(resources: Resources, delivery: Delivery) -> None:
    if delivery.expires_at <= datetime.now(UTC):
        await _end(resources, delivery, DeliveryState.EXPIRED)
        return
    if await _is_unwanted(resources, delivery):
        await _end(resources, delivery, DeliveryState.SWITCHED_OFF)
        return
    if delivery.copies >= COPIES_AT_MOST:
        await _end(resources, delivery, DeliveryState.UNANSWERED)
        return
    try:
        mailer = resources.sms if delivery.by_sms else resources.mailer
        await mailer.send(delivery, handing_over=_counting(resources, delivery))
    except LetterRefused as error:
        log.warning("letter.refused", letter_id=str(delivery.letter_id), reason=str(error))
        await _end(resources, delivery, DeliveryState.REFUSED)
    except (Busy, AnswerLost) as error:
        await _postpone(resources, delivery, error)
    else:
        await _end(resources, delivery, DeliveryState.SENT)


def _counting(resources: Resources, delivery: Delivery) -> Callable[[], Awaitable[None]]:
    async def count() -> None:
        async with resources.engine.begin() as connection:
            await repository.count_copy(connection, delivery)

    return count


async def _postpone(resources: Resources, delivery: Delivery, error: Busy | AnswerLost) -> None:
    LETTER_RETRIES.inc()
    pause = pause_after(delivery.attempts)
    log.warning(
        "letter.postponed",
        letter_id=str(delivery.letter_id),
        reason=str(error),
        attempts=delivery.attempts,
        pause_seconds=pause.total_seconds(),
    )
    until, lost = datetime.now(UTC) + pause, isinstance(error, AnswerLost)
    async with resources.engine.begin() as connection:
        await repository.postpone_delivery(connection, delivery, until=until, keep_copy=lost)


async def _is_unwanted(resources: Resources, delivery: Delivery) -> bool:
    """Asked when the letter goes out, not when it came: it may have waited for the mail server."""
    if delivery.user_id is None or delivery.source not in SWITCHES:
        return False
    async with resources.engine.connect() as connection:
        return await repository.is_switched_off(connection, delivery.user_id, delivery.source)


async def _end(resources: Resources, delivery: Delivery, state: DeliveryState) -> None:
    now = datetime.now(UTC)
    async with resources.engine.begin() as connection:
        await repository.end_delivery(connection, delivery.letter_id, state=state, now=now)
    LETTERS.labels(kind=delivery.kind, outcome=state.value).inc()
    if state is DeliveryState.SENT:
        LETTER_SECONDS.observe((now - delivery.received_at).total_seconds())
    log.info(
        "delivery.ended",
        letter_id=str(delivery.letter_id),
        kind=delivery.kind,
        state=state.value,
        attempts=delivery.attempts,
    )


WORKERS = (consume, relay, deliver, forget_deliveries)
