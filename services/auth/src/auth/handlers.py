"""What auth reads: letters that notify wants sent and cannot address.

Kafka only; each message is one transaction, a repeat is harmless: the letter keeps its id.
"""

from functools import partial

from auth.resources import Resources
from auth.service import letters
from common.kafka.subscribe import Subscriptions
from topics.notify import LETTER_REQUESTS, LetterRequest


def subscriptions(resources: Resources) -> Subscriptions:
    """Return every subscription. The ack policy is NACK_ON_ERROR with dead letters, see common.kafka.subscribe."""
    subscribed = Subscriptions(resources.settings)
    subscribed.add(LETTER_REQUESTS, partial(address_letter, resources), group="auth-letter-requests")
    return subscribed


async def address_letter(resources: Resources, request: LetterRequest) -> None:
    async with resources.engine.begin() as connection:
        await letters.address(connection, request, now=resources.clock.now())
