"""What contracts does beside requests: it relays its events. It reads no topic."""

from collections.abc import Awaitable, Callable, Sequence

from common.outbox import OutboxRelay
from contracts.resources import Resources
from contracts.settings import Settings


def workers(settings: Settings) -> Sequence[Callable[[Resources], Awaitable[None]]]:
    async def relay(_resources: Resources) -> None:
        await OutboxRelay(settings).run()

    return (relay,)
