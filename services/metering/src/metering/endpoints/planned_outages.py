"""HTTP of planned outages: those of a point, and for the supplier's staff to announce, move and call them off."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from common.db import Transaction
from common.http.auth import CurrentOperator
from common.http.pages import Cursor, Limit, decode_moment, encode_moment
from common.http.problems import declared
from common.logging import get_logger
from metering.domain.planned_outages import PlannedOutage, Scope
from metering.endpoints.scope import OurResources, SeenPoint, answer, reading
from metering.repository import planned_outages as repository
from metering.schemas import planned_outages as schemas
from metering.settlement import planned_outages
from metering.settlement.planned_outages import Announced

log = get_logger(__name__)

router = APIRouter()


@router.get("/points/{point_id}/planned-outages", response_model=schemas.PointOutages)  # noqa: FAST003 -- SeenPoint takes it
async def list_planned_outages(
    row: SeenPoint, resources: OurResources, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Planned outages of a point that are not over, the first to begin first."""
    now = resources.clock.now()
    behind = None if cursor is None else decode_moment(cursor)
    async with reading(resources) as connection:
        found = await repository.of_point(connection, row.id, after=now, behind=behind)
    shown = schemas.PointOutages(
        point_id=row.id,
        time_zone=row.time_zone,
        as_of=now,
        items=of_consumer(found[:limit]),
        next_cursor=_next_cursor(found, limit),
    )
    return answer(shown)


@router.get("/operator/planned-outages", response_model=schemas.SupplierOutagePage, responses=declared(403))
async def list_announced_outages(
    caller: CurrentOperator, resources: OurResources, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """What the own supplier has announced, the last to begin first."""
    after = None if cursor is None else decode_moment(cursor)
    async with reading(resources) as connection:
        found = await repository.of_supplier(connection, str(caller.supplier), after=after, limit=limit + 1)
    items = [_of_supplier(each) for each in found[:limit]]
    return answer(schemas.SupplierOutagePage(items=items, next_cursor=_next_cursor(found, limit)))


@router.put("/operator/planned-outages/{outage_id}", response_model=schemas.OutageOutcome, responses=declared(403, 409))
async def announce_outage(
    outage_id: UUID,
    body: schemas.OutageRequest,
    caller: CurrentOperator,
    resources: OurResources,
    transaction: Transaction,
    *,
    dry_run: Annotated[bool, Query(description="Say whom it would concern; keep and tell nothing.")] = False,
) -> Response:
    """Announce an outage under an id of the caller's, or move one that is not called off. A repeat changes nothing."""
    announced = await planned_outages.announce_local(
        transaction,
        str(caller.supplier),
        outage_id,
        scope=Scope(contract_number=body.contract_number, point_numbers=body.point_numbers, address=body.address),
        starts_local=body.starts_local,
        ends_local=body.ends_local,
        reason=body.reason,
        announced_by=caller.user_id,
        announced_at=resources.clock.now(),
        dry_run=dry_run,
    )
    return _outcome(announced, dry_run=dry_run)


@router.delete("/operator/planned-outages/{outage_id}", response_model=schemas.OutageOutcome, responses=declared(403))
async def call_outage_off(
    outage_id: UUID, caller: CurrentOperator, resources: OurResources, transaction: Transaction
) -> Response:
    """Call an outage off; it stays to be seen as cancelled. A repeat changes nothing."""
    announced = await planned_outages.call_off(
        transaction,
        str(caller.supplier),
        outage_id,
        called_off_by=caller.user_id,
        called_off_at=resources.clock.now(),
    )
    return _outcome(announced, dry_run=False)


def of_consumer(outages: Sequence[PlannedOutage]) -> list[schemas.PlannedOutage]:
    """The outages without what is the supplier's own."""
    return [schemas.PlannedOutage.model_validate(each, from_attributes=True) for each in outages]


def _next_cursor(found: Sequence[PlannedOutage], limit: int) -> str | None:
    if len(found) <= limit:
        return None
    last = found[limit - 1]
    return encode_moment(last.starts_at, last.id)


def _outcome(announced: Announced, *, dry_run: bool) -> Response:
    outage = announced.outage
    if announced.news and not dry_run:
        log.info(
            "planned_outage.announced",
            outage_id=str(outage.id),
            supplier=outage.supplier_code,
            version=outage.version,
        )
    return answer(
        schemas.OutageOutcome(
            dry_run=dry_run,
            news=announced.news,
            points=len(announced.points),
            contracts=len({each.contract_id for each in announced.points}),
            outage=_of_supplier(outage),
        )
    )


def _of_supplier(outage: PlannedOutage) -> schemas.SupplierOutage:
    scope = outage.scope
    own = {"scope", "supplier_code", "inbox_version", "start_announced_at"}
    rest = {name: getattr(outage, name) for name in PlannedOutage.__slots__ if name not in own}
    return schemas.SupplierOutage(
        contract_number=scope.contract_number,
        point_numbers=list(scope.point_numbers),
        address=scope.address,
        **rest,
    )
