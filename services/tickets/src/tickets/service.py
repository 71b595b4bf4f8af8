"""Use cases of tickets. The caller's transaction is committed at the edge."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from common import outbox
from common.errors import NotFound
from tickets import repository
from tickets.domain import NEW, Ticket, Wording
from tickets.errors import ReadOnly
from topics import TICKETS
from topics.tickets import Ticket as TicketEvent


async def require_link(connection: AsyncConnection, contract_id: UUID, *, user_id: UUID) -> None:
    """Raise NotFound unless the user has linked the contract."""
    if not await repository.sees(connection, user_id, contract_id):
        raise NotFound("no such contract")


async def open_ticket(
    connection: AsyncConnection, contract_id: UUID, *, author_id: UUID, wording: Wording, ticket_id: UUID, now: datetime
) -> Ticket:
    """Number a new ticket of a contract, keep it and tell the others.

    Raises NotFound unless it is linked, ReadOnly if it is only shared.
    """
    await require_link(connection, contract_id, user_id=author_id)
    if await repository.only_reads(connection, author_id, contract_id):
        raise ReadOnly
    ticket = Ticket(
        ticket_id=ticket_id,
        contract_id=contract_id,
        number=await repository.next_number(connection, contract_id),
        author_id=author_id,
        wording=wording,
        state=NEW,
        answer=None,
        version=1,
        created_at=now,
        changed_at=now,
    )
    await repository.add_ticket(connection, ticket)
    event = TicketEvent(
        ticket_id=ticket.ticket_id,
        contract_id=ticket.contract_id,
        version=ticket.version,
        number=ticket.number,
        state=ticket.state,
        changed_at=ticket.changed_at,
    )
    await outbox.add(connection, TICKETS, event)
    return ticket


async def ticket(connection: AsyncConnection, ticket_id: UUID, *, user_id: UUID) -> Ticket:
    """Return a ticket of a contract that the user has linked. Raises NotFound for everybody else."""
    found = await repository.ticket_seen_by(connection, user_id, ticket_id)
    if found is None:
        raise NotFound("no such ticket")
    return found
