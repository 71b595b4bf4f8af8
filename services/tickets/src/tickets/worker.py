"""What tickets does beside requests: it reads links, relays its events and forgets old idempotency keys."""

from common.http import idempotency
from common.outbox import OutboxRelay
from tickets.handlers import subscriptions
from tickets.resources import Resources


async def consume(resources: Resources) -> None:
    """Handle messages until cancelled."""
    await (await subscriptions(resources)).run()


async def relay(resources: Resources) -> None:
    """Send the outbox until cancelled."""
    await OutboxRelay(resources.settings).run()


async def forget_keys(resources: Resources) -> None:
    """Delete old idempotency keys until cancelled."""
    await idempotency.forget_keys(resources.engine)


WORKERS = (consume, relay, forget_keys)
