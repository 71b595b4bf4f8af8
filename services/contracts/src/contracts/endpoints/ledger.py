"""What a contract costs: balance, charges, payments, as the supplier's billing says."""

from datetime import UTC, date, datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query

from common.db import Transaction
from common.errors import NotFound, Rejected
from common.http.pages import Cursor, Limit, decode_cursor, encode_cursor
from common.http.problems import declared
from contracts.endpoints.scope import ContractReader
from contracts.repository import ledger
from contracts.schemas.ledger import Balance, Bill, Charge, ChargePage, Payment, PaymentPage
from contracts.service.accesses import open_for

router = APIRouter(tags=["contracts"])

PAYMENTS_OF_BILL = 100
# The supplier's own, of any form; the database refuses NUL.
DocumentId = Annotated[str, Query(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]

D = TypeVar("D", bound=date)


@router.get("/contracts/{contract_id}/balance", responses=declared(401, 404, 422))
async def get_balance(caller: ContractReader, connection: Transaction, contract_id: UUID) -> Balance:
    """Show what the contract stood at, when the supplier last said so."""
    await open_for(connection, contract_id, caller, area="balance", now=datetime.now(UTC))
    return Balance.of(await ledger.balance(connection, contract_id))


@router.get("/contracts/{contract_id}/charges", responses=declared(401, 404, 422))
async def list_charges(
    caller: ContractReader, connection: Transaction, contract_id: UUID, cursor: Cursor = None, limit: Limit = 50
) -> ChargePage:
    """List the bills with their lines, the newest period first."""
    await open_for(connection, contract_id, caller, area="charges", now=datetime.now(UTC))
    before = _decoded(cursor, date) if cursor else None
    found = await ledger.charges(connection, contract_id, before=before, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return ChargePage(
        items=[Charge.of(charge) for charge in found[:limit]],
        next_cursor=encode_cursor(last.period.isoformat(), last.document_id) if last else None,
    )


@router.get("/contracts/{contract_id}/bill", responses=declared(401, 404, 422))
async def get_bill(
    caller: ContractReader,
    connection: Transaction,
    contract_id: UUID,
    document_id: DocumentId,
) -> Bill:
    """Show one bill with its lines, its sums and the payments for its period; `document_id` is that of its charge."""
    await open_for(connection, contract_id, caller, area="charges", now=datetime.now(UTC))
    charge = await ledger.charge(connection, contract_id, document_id)
    if charge is None:
        raise NotFound("no such bill")
    paid = await ledger.payments_for(connection, contract_id, charge.period, limit=PAYMENTS_OF_BILL)
    return Bill.of(charge, paid)


@router.get("/contracts/{contract_id}/payments", responses=declared(401, 404, 422))
async def list_payments(
    caller: ContractReader, connection: Transaction, contract_id: UUID, cursor: Cursor = None, limit: Limit = 50
) -> PaymentPage:
    """List the payments, newest first."""
    await open_for(connection, contract_id, caller, area="payments", now=datetime.now(UTC))
    before = _decoded(cursor, datetime) if cursor else None
    found = await ledger.payments(connection, contract_id, before=before, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return PaymentPage(
        items=[Payment.of(payment) for payment in found[:limit]],
        next_cursor=encode_cursor(last.paid_at.isoformat(), last.document_id) if last else None,
    )


def _decoded(cursor: str, kind: type[D]) -> tuple[D, str]:
    first, document_id = decode_cursor(cursor, length=2)
    try:
        position = kind.fromisoformat(str(first))
        if isinstance(position, datetime):
            position.astimezone(UTC)  # at the ends of the calendar there is no such instant
    except (ValueError, OverflowError) as error:
        raise Rejected("the cursor belongs to another list", code="invalid_cursor") from error
    if (isinstance(position, datetime) and position.tzinfo is None) or "\x00" in str(document_id):
        raise Rejected("the cursor belongs to another list", code="invalid_cursor")
    return position, str(document_id)
