"""Notes who looks at a contract's data without it being theirs, in the transaction that shows them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from common.accesses import access
from common.http.auth import Caller
from contracts.domain.links import Rights
from contracts.repository import accesses, contracts
from contracts.service.links import require_open

CONTRACT, CONTRACT_LIST, CREDENTIALS = "contract", "contract-list", "credentials"


async def open_for(
    connection: AsyncConnection, contract_id: UUID, caller: Caller, *, area: str, now: datetime
) -> Rights:
    """Return what a user, guest or program may do with a contract, and note whose look it is. Raises NotFound."""
    rights = await require_open(connection, contract_id, user_id=caller.user_id, now=now)
    looked = access(
        caller,
        staff=caller.is_operator and await contracts.is_of(connection, contract_id, supplier_code=caller.supplier),
        guest=rights is Rights.READ,
        area=area,
        at=now,
    )
    if looked is not None:
        await accesses.note(connection, [contract_id], looked)
    return rights


async def shown_to_staff(
    connection: AsyncConnection, contract_ids: Sequence[UUID], caller: Caller, *, area: str, now: datetime
) -> None:
    """Note that the supplier's staff saw something of contracts."""
    looked = access(caller, staff=True, guest=False, area=area, at=now)
    if looked is not None and contract_ids:
        await accesses.note(connection, contract_ids, looked)
