"""What tickets publishes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from common.kafka.topic import Message, Topic


class Ticket(Message, frozen=True, kw_only=True):
    """A ticket's state. `number` counts within the contract. Texts and contacts stay in the service."""

    ticket_id: UUID
    contract_id: UUID
    version: int
    number: int
    state: str
    changed_at: Annotated[datetime, Meta(tz=True)]


TICKETS: Topic[Ticket] = Topic(
    name="tickets-tickets-v1",
    message=Ticket,
    key=lambda message: str(message.contract_id),
    owner="tickets",
    readers=("notify",),
    description="Tickets and their states.",
)
