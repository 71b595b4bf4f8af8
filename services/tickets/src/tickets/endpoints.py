"""The API of tickets: open one, list those of a contract, show one. HTTP only."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from fastapi import APIRouter, Response

from common.db import Transaction
from common.errors import Rejected
from common.http.auth import CurrentCaller
from common.http.idempotency import IdempotencyKey, once
from common.http.pages import Cursor, decode_cursor, encode_cursor
from common.http.pages import Limit as PageLimit
from common.http.problems import declared
from tickets import repository, service
from tickets.domain import Limit, Wording
from tickets.resources import CurrentResources
from tickets.schemas import NewTicket, Ticket, TicketPage

router = APIRouter(prefix="/api/v1", tags=["tickets"])

NUMBER_LIMIT = 2**31
A_DAY = timedelta(days=1)


@router.post(
    "/contracts/{contract_id}/tickets",
    status_code=201,
    response_model=Ticket,
    responses=declared(401, 403, 404, 409, 422, 429),
)
async def create_ticket(
    caller: CurrentCaller,
    connection: Transaction,
    resources: CurrentResources,
    contract_id: UUID,
    wanted: NewTicket,
    idempotency_key: IdempotencyKey,
) -> Response:
    """Open a ticket to the supplier of a contract that the caller has linked; so many a day and no more."""
    limit = Limit(tickets=resources.settings.tickets_per_user_and_day, within=A_DAY)

    async def create() -> Ticket:
        ticket = await service.open_ticket(
            connection,
            contract_id,
            author_id=caller.user_id,
            wording=Wording(**wanted.model_dump()),
            ticket_id=uuid4(),
            limit=limit,
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
    caller: CurrentCaller, connection: Transaction, contract_id: UUID, cursor: Cursor = None, limit: PageLimit = 50
) -> TicketPage:
    """List the tickets of a contract that the caller has linked, newest first. The look of a guest is noted."""
    await service.look(connection, contract_id, caller, now=datetime.now(UTC))
    found = await repository.tickets_of(connection, contract_id, before_number=_number(cursor), limit=limit + 1)
    return TicketPage(
        items=[Ticket.of(ticket, reader_id=caller.user_id) for ticket in found[:limit]],
        next_cursor=encode_cursor(found[limit - 1].number) if len(found) > limit else None,
    )


@router.get("/tickets/{ticket_id}", responses=declared(401, 404, 422))
async def get_ticket(caller: CurrentCaller, connection: Transaction, ticket_id: UUID) -> Ticket:
    """Show one ticket of a contract that the caller has linked. The look of a guest is noted."""
    shown = await service.ticket(connection, ticket_id, caller, now=datetime.now(UTC))
    return Ticket.of(shown, reader_id=caller.user_id)


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    number = decode_cursor(cursor, length=1)[0]
    if not isinstance(number, int) or not 0 < number < NUMBER_LIMIT:
        raise Rejected("the cursor belongs to another list", code="invalid_cursor")
    return number
