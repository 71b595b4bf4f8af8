"""What contracts does beside requests: it relays its events and forgets old idempotency keys. It reads no topic."""

from common.http import idempotency
from common.outbox import OutboxRelay
from contracts.resources import Resources


async def relay(resources: Resources) -> None:
    """Send the outbox until cancelled."""
    await OutboxRelay(resources.settings).run()


async def forget_keys(resources: Resources) -> None:
    """Delete old idempotency keys until cancelled."""
    await idempotency.forget_keys(resources.engine)


WORKERS = (relay, forget_keys)
