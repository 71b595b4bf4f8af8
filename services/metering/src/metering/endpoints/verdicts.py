"""HTTP of the verdicts of validation: of one point, and of all points of a supplier for its operator."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from common.http.auth import CurrentOperator
from common.http.pages import Cursor, Limit, decode_cursor, encode_cursor
from common.http.problems import declared
from metering.domain.local_days import ONE_DAY
from metering.domain.profile import MAX_PERIOD
from metering.domain.validation.verdicts import Rule, Severity, State
from metering.endpoints.scope import LocalDate, OurResources, SeenPoint, answer, note_points, reading
from metering.errors import InvalidCursor, InvalidPeriod
from metering.repository import verdicts
from metering.repository.verdicts import Shown, Sought
from metering.schemas import verdicts as schemas

GREATEST_ID = 2**63 - 1

router = APIRouter()


@router.get("/points/{point_id}/verdicts", response_model=schemas.VerdictList)  # noqa: FAST003 -- SeenPoint takes it
async def list_point_verdicts(row: SeenPoint, resources: OurResources, start: LocalDate, end: LocalDate) -> Response:
    """What validation found on the days [start, end) of a point and has not withdrawn; at most 366 days."""
    if end <= start:
        raise InvalidPeriod("the period ends before it begins")
    if end - start > MAX_PERIOD:
        raise InvalidPeriod(f"at most {MAX_PERIOD.days} days at once", code="period_too_long")
    now = resources.clock.now()
    async with reading(resources) as connection:
        found = await verdicts.of_point(connection, row.id, first=start, last=end - ONE_DAY)
    return answer(schemas.VerdictList(as_of=now, items=[schemas.Verdict(**_fields(each)) for each in found]))


@router.get("/operator/verdicts", response_model=schemas.VerdictPage, responses=declared(403))
async def list_verdicts(
    caller: CurrentOperator,
    resources: OurResources,
    state: State = State.OPEN,
    point_id: UUID | None = None,
    day: Annotated[date | None, Query(description="A local day of the point.")] = None,
    rule: Rule | None = None,
    severity: Severity | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Verdicts on points of the own supplier, of the latest days first."""
    sought = Sought(state=state, point_id=point_id, day=day, rule=rule, severity=severity)
    after = None if cursor is None else _day_and_id(cursor)
    now = resources.clock.now()
    async with reading(resources) as connection:
        found = await verdicts.of_supplier(connection, str(caller.supplier), sought, after=after, limit=limit + 1)
        shown = found[:limit]
        await note_points(connection, {each.point_id for each in shown}, caller, "verdicts")
    more = encode_cursor(shown[-1].day.isoformat(), shown[-1].id) if len(found) > limit else None
    items = [
        schemas.PointVerdict(
            **_fields(each), point_id=each.point_id, point_number=each.point_number, point_name=each.point_name
        )
        for each in shown
    ]
    return answer(schemas.VerdictPage(as_of=now, items=items, next_cursor=more))


def _fields(row: Shown) -> dict[str, Any]:
    same = ("id", "day", "rule", "channel", "part", "starts_at", "severity", "state", "value", "detail", "changed_at")
    slots = [datetime.fromtimestamp(start, UTC) for start in row.slots]
    return {**{name: getattr(row, name) for name in same}, "limit": row.limit_value, "slots": slots}


def _day_and_id(cursor: str) -> tuple[date, int]:
    day, identifier = decode_cursor(cursor, length=2)
    try:
        found = date.fromisoformat(str(day))
    except ValueError as error:
        raise InvalidCursor from error
    if not isinstance(identifier, int) or not 0 <= identifier <= GREATEST_ID:
        raise InvalidCursor
    return found, identifier
