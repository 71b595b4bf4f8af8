"""HTTP of the supplier's accounting, for its operators: bill runs, receipts that are open, completeness by day."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from common.db import Transaction
from common.http import idempotency
from common.http.auth import CurrentOperator
from common.http.idempotency import IdempotencyKey
from common.http.pages import Cursor, Limit, decode_cursor, encode_cursor
from common.http.problems import declared
from metering.domain.local_days import ONE_DAY
from metering.domain.profile import MAX_PERIOD
from metering.endpoints.scope import LocalDate, OurResources, answer, note_points, reading
from metering.errors import InvalidCursor, InvalidPeriod
from metering.repository import accounting
from metering.repository import bill_runs as repository
from metering.repository.accounting import ReceiptState
from metering.schemas import accounting as schemas
from metering.settlement import bill_runs

T = TypeVar("T")

router = APIRouter()


@router.post("/operator/bill-runs", status_code=201, response_model=schemas.BillRun, responses=declared(403, 409))
async def announce_bill_run(
    body: schemas.BillRunRequest,
    caller: CurrentOperator,
    resources: OurResources,
    transaction: Transaction,
    key: IdempotencyKey,
) -> Response:
    """Announce, move or take back the cut-off of a period of the own supplier."""

    async def run() -> schemas.BillRun:
        announced = await bill_runs.announce(
            transaction,
            str(caller.supplier),
            period=body.period,
            cut_off_at=body.cut_off_at,
            version=None,
            document_id=f"operator-{body.period}",
            announced_by=caller.user_id,
            announced_at=resources.clock.now(),
        )
        return _bill_run(announced)

    return await idempotency.once(
        transaction, user_id=caller.user_id, operation="announce_bill_run", key=key, request=body, run=run, status=201
    )


@router.get("/operator/bill-runs", response_model=schemas.BillRunPage, responses=declared(403))
async def list_bill_runs(
    caller: CurrentOperator, resources: OurResources, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """The bill runs of the own supplier, newest period first."""
    before = None if cursor is None else _parsed(date.fromisoformat, *decode_cursor(cursor, length=1))
    async with resources.engine.connect() as connection:
        found = await repository.runs_of(connection, str(caller.supplier), before=before, limit=limit + 1)
    more = encode_cursor(found[limit - 1].period.isoformat()) if len(found) > limit else None
    return answer(schemas.BillRunPage(items=[_bill_run(each) for each in found[:limit]], next_cursor=more))


@router.get("/operator/receipts", response_model=schemas.SettlementPage, responses=declared(403))
async def list_receipts(
    caller: CurrentOperator,
    resources: OurResources,
    state: Annotated[ReceiptState, Query(description="open: awaited or wrong_digest.")] = ReceiptState.OPEN,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Days of the own supplier by what billing answered to their newest revision, the longest closed first."""
    after = None if cursor is None else _settled_after(cursor)
    now = resources.clock.now()
    async with resources.engine.connect() as connection:
        found = await accounting.settlements(connection, str(caller.supplier), state, after=after, limit=limit + 1)
    shown, more = found[:limit], None
    async with reading(resources) as connection:
        await note_points(connection, {each.point_id for each in shown}, caller, "receipts")
    if len(found) > limit:
        last = shown[-1]
        more = encode_cursor(last.closed_at.astimezone(UTC).isoformat(), str(last.point_id), last.day.isoformat())
    items = [
        schemas.Settlement(
            **asdict(each)
            | {"state": each.state or "awaited", "age_seconds": max(0, int((now - each.closed_at).total_seconds()))}
        )
        for each in shown
    ]
    return answer(schemas.SettlementPage(as_of=now, items=items, next_cursor=more))


@router.get("/operator/completeness", response_model=schemas.DayCompletenessPage, responses=declared(403))
async def list_completeness(
    caller: CurrentOperator,
    resources: OurResources,
    start: LocalDate,
    end: LocalDate,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Local days [start, end) over all points of the own supplier, newest first; at most 366 days."""
    if end <= start:
        raise InvalidPeriod("the period ends before it begins")
    if end - start > MAX_PERIOD:
        raise InvalidPeriod(f"at most {MAX_PERIOD.days} days at once", code="period_too_long")
    after = None if cursor is None else _parsed(date.fromisoformat, *decode_cursor(cursor, length=1))
    now = resources.clock.now()
    async with resources.engine.connect() as connection:
        found = await accounting.completeness(
            connection, str(caller.supplier), first=start, last=end - ONE_DAY, after=after, limit=limit + 1
        )
    more = encode_cursor(found[limit - 1].day.isoformat()) if len(found) > limit else None
    items = [schemas.DayCompleteness(**asdict(each)) for each in found[:limit]]
    return answer(schemas.DayCompletenessPage(as_of=now, items=items, next_cursor=more))


@router.get("/operator/completeness/points", response_model=schemas.PointCompletenessPage, responses=declared(403))
async def list_completeness_of_points(
    caller: CurrentOperator,
    resources: OurResources,
    day: LocalDate,
    gaps_only: Annotated[bool, Query(description="Only points with missing half hours.")] = True,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """One local day, closed, by point of the own supplier."""
    after = None if cursor is None else _parsed(UUID, *decode_cursor(cursor, length=1))
    now = resources.clock.now()
    async with resources.engine.connect() as connection:
        found = await accounting.completeness_of_points(
            connection, str(caller.supplier), day, gaps_only=gaps_only, after=after, limit=limit + 1
        )
    async with reading(resources) as connection:
        await note_points(connection, {each.point_id for each in found[:limit]}, caller, "completeness")
    more = encode_cursor(str(found[limit - 1].point_id)) if len(found) > limit else None
    items = [schemas.PointCompleteness(**asdict(each)) for each in found[:limit]]
    return answer(schemas.PointCompletenessPage(as_of=now, items=items, next_cursor=more))


def _bill_run(run: repository.BillRun) -> schemas.BillRun:
    return schemas.BillRun.model_validate(run, from_attributes=True)


def _settled_after(cursor: str) -> tuple[datetime, UUID, date]:
    closed_at, point_id, day = decode_cursor(cursor, length=3)
    return _parsed(_instant, closed_at), _parsed(UUID, point_id), _parsed(date.fromisoformat, day)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise InvalidCursor
    return at.astimezone(UTC)


def _parsed(parse: Callable[[str], T], value: str | int) -> T:
    try:
        return parse(str(value))
    except (ValueError, OverflowError) as error:
        raise InvalidCursor from error
