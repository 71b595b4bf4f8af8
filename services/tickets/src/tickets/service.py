"""Use cases of tickets. The caller's transaction is committed at the edge."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from common import outbox
from common.accesses import access, note
from common.errors import NotFound, TooMany
from common.http.auth import Caller
from tickets import repository
from tickets.domain import NEW, Limit, Sight, Ticket, Wording
from tickets.errors import ReadOnly
from topics import TICKETS
from topics.tickets import Ticket as TicketEvent

AREA = "tickets"


async def look(connection: AsyncConnection, contract_id: UUID, caller: Caller, *, now: datetime) -> Sight:
    """Return how the caller sees the contract, and note the look unless it is the caller's own. Raises NotFound."""
    sight = await _sight(connection, contract_id, user_id=caller.user_id)
    staff = caller.is_operator and caller.supplier == sight.supplier_code
    looked = access(caller, staff=staff, guest=sight.guest, area=AREA, at=now)
    if looked is not None:
        await note(connection, [contract_id], looked)
    return sight


async def open_ticket(
    connection: AsyncConnection,
    contract_id: UUID,
    *,
    author_id: UUID,
    wording: Wording,
    ticket_id: UUID,
    limit: Limit,
    now: datetime,
) -> Ticket:
    """Number a new ticket of a contract, keep it and tell the others.

    Raises NotFound unless it is linked, ReadOnly if it is only shared, TooMany when the author has opened so many.
    """
    if (await _sight(connection, contract_id, user_id=author_id)).guest:
        raise ReadOnly
    opened, first_at = await repository.opened_lately(connection, author_id, since=now - limit.within)
    if first_at is not None and opened >= limit.tickets:
        seconds = int((first_at + limit.within - now).total_seconds()) + 1
        raise TooMany("you have opened many tickets lately", code="too_many_tickets", retry_after_seconds=seconds)
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


async def ticket(connection: AsyncConnection, ticket_id: UUID, caller: Caller, *, now: datetime) -> Ticket:
    """Return a ticket of a contract that the caller has linked. Raises NotFound for everybody else."""
    found = await repository.ticket_seen_by(connection, caller.user_id, ticket_id)
    if found is None:
        raise NotFound("no such ticket")
    await look(connection, found.contract_id, caller, now=now)
    return found


async def _sight(connection: AsyncConnection, contract_id: UUID, *, user_id: UUID) -> Sight:
    sight = await repository.sight_of(connection, user_id, contract_id)
    if sight is None:
        raise NotFound("no such contract")
    return sight
