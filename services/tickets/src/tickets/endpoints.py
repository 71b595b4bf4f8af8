"""The API of tickets: open one, list those of a contract, show one. HTTP only."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from fastapi import APIRouter, Response

from common.db import Reading, Transaction
from common.errors import Rejected
from common.http.auth import CurrentCaller
from common.http.idempotency import IdempotencyKey, once
from common.http.pages import Cursor, Limit, decode_cursor, encode_cursor
from common.http.problems import declared
from tickets import repository, service
from tickets.domain import Wording
from tickets.schemas import NewTicket, Ticket, TicketPage

router = APIRouter(prefix="/api/v1", tags=["tickets"])

NUMBER_LIMIT = 2**31


@router.post(
    "/contracts/{contract_id}/tickets",
    status_code=201,
    response_model=Ticket,
    responses=declared(401, 403, 404, 409, 422),
)
async def create_ticket(
    caller: CurrentCaller,
    connection: Transaction,
    contract_id: UUID,
    wanted: NewTicket,
    idempotency_key: IdempotencyKey,
) -> Response:
    """Open a ticket to the supplier of a contract that the caller has linked."""

    async def create() -> Ticket:
        ticket = await service.open_ticket(
            connection,
            contract_id,
            author_id=caller.user_id,
            wording=Wording(**wanted.model_dump()),
            ticket_id=uuid4(),
            now=datetime.now(UTC),
        )
        return Ticket.of(ticket, reader_id=caller.user_id)

    return await once(
        connection,
        user_id=caller.user_id,
        operation=f"create_ticket {contract_id}",
        key=idempotency_key,
        request=wanted,
        run=create,
    )


@router.get("/contracts/{contract_id}/tickets", responses=declared(401, 404, 422))
async def list_tickets(
    caller: CurrentCaller, connection: Reading, contract_id: UUID, cursor: Cursor = None, limit: Limit = 50
) -> TicketPage:
    """List the tickets of a contract that the caller has linked, newest first."""
    await service.require_link(connection, contract_id, user_id=caller.user_id)
    found = await repository.tickets_of(connection, contract_id, before_number=_number(cursor), limit=limit + 1)
    return TicketPage(
        items=[Ticket.of(ticket, reader_id=caller.user_id) for ticket in found[:limit]],
        next_cursor=encode_cursor(found[limit - 1].number) if len(found) > limit else None,
    )


@router.get("/tickets/{ticket_id}", responses=declared(401, 404, 422))
async def get_ticket(caller: CurrentCaller, connection: Reading, ticket_id: UUID) -> Ticket:
    """Show one ticket of a contract that the caller has linked."""
    return Ticket.of(await service.ticket(connection, ticket_id, user_id=caller.user_id), reader_id=caller.user_id)


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    number = decode_cursor(cursor, length=1)[0]
    if not isinstance(number, int) or not 0 < number < NUMBER_LIMIT:
        raise Rejected("the cursor belongs to another list", code="invalid_cursor")
    return number
