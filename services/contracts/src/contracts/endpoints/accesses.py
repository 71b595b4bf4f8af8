"""Who looked at a contract's data, for those whose they are."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter

from common.db import Transaction
from common.http.auth import CurrentCaller
from common.http.pages import Cursor, Limit, decode_moment, encode_moment
from common.http.problems import declared
from contracts.domain.links import Rights
from contracts.repository import accesses
from contracts.schemas.accesses import DataAccess, DataAccessPage
from contracts.service.accesses import open_for

router = APIRouter(tags=["contracts"])


@router.get("/contracts/{contract_id}/accesses", responses=declared(401, 403, 404, 422))
async def list_accesses(
    caller: CurrentCaller, connection: Transaction, contract_id: UUID, cursor: Cursor = None, limit: Limit = 50
) -> DataAccessPage:
    """List who else looked at the contract's data, newest first, a year back.

    Those are the supplier's staff, guests and API keys. Who has the contract by a share sees the staff's looks and
    the own. What other services show is told within seconds.
    """
    rights = await open_for(connection, contract_id, caller, area="accesses", now=datetime.now(UTC))
    found = await accesses.accesses_of(
        connection,
        contract_id,
        user_id=caller.user_id,
        all_guests=rights is Rights.FULL,
        before=decode_moment(cursor) if cursor else None,
        limit=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    return DataAccessPage(
        items=[DataAccess.of(one) for one in found[:limit]],
        next_cursor=encode_moment(last.first_at, last.access_id) if last else None,
    )
