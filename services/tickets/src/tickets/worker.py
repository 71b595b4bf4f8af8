"""What tickets does beside requests: it reads links, relays its events, tells who looked, forgets old keys."""

from common.accesses import tell_accesses
from common.http import idempotency
from common.outbox import OutboxRelay
from tickets.handlers import subscriptions
from tickets.resources import Resources
from topics.accesses import TICKETS_ACCESSES, told


async def consume(resources: Resources) -> None:
    """Handle messages until cancelled."""
    await (await subscriptions(resources)).run()


async def relay(resources: Resources) -> None:
    """Send the outbox until cancelled."""
    await OutboxRelay(resources.settings).run()


async def forget_keys(resources: Resources) -> None:
    """Delete old idempotency keys until cancelled."""
    await idempotency.forget_keys(resources.engine)


async def accesses(resources: Resources) -> None:
    """Tell who looked at tickets until cancelled."""
    await tell_accesses(resources.engine, TICKETS_ACCESSES, told)


WORKERS = (consume, relay, accesses, forget_keys)
