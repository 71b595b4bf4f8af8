"""HTTP of the daily ledger of a point, with the supplier's receipts."""

from fastapi import APIRouter
from starlette.responses import Response

from metering.domain.local_days import ONE_DAY
from metering.domain.profile import MAX_PERIOD, Channel
from metering.endpoints.scope import LocalDate, OurResources, SeenPoint, answer
from metering.errors import InvalidPeriod
from metering.repository import receipts
from metering.repository.receipts import ShownDay
from metering.schemas import days as schemas

router = APIRouter()


@router.get("/points/{point_id}/days", response_model=schemas.DayList)  # noqa: FAST003 -- SeenPoint takes it
async def list_days(row: SeenPoint, resources: OurResources, start: LocalDate, end: LocalDate) -> Response:
    """Days [start, end) of the ledger as published to the supplier, with its receipts; at most 366 days."""
    if end <= start:
        raise InvalidPeriod("the period ends before it begins")
    if end - start > MAX_PERIOD:
        raise InvalidPeriod(f"at most {MAX_PERIOD.days} days at once", code="period_too_long")
    now = resources.clock.now()
    async with resources.engine.connect() as connection:
        days = await receipts.shown_days(connection, row.id, first=start, last=end - ONE_DAY)
    return answer(schemas.DayList(as_of=now, time_zone=row.time_zone, items=[_day(each) for each in days]))


def _day(row: ShownDay) -> schemas.Day:
    if not row.revision:
        nothing = dict.fromkeys(schemas.Day.model_fields)
        return schemas.Day.model_validate({**nothing, "day": row.day, "state": "open", "sums": []})
    receipt = {
        "state": row.receipt_state or "awaited",
        "used_in_period": row.receipt_used_in_period,
        "received_at": row.receipt_received_at,
    }
    billed = None
    if row.billed_revision is not None:
        billed = {"revision": row.billed_revision, "period": row.billed_in_period}
    made = {"sums": _totals(row), "receipt": receipt, "billed": billed}
    same = {name: getattr(row, name) for name in schemas.Day.model_fields if name not in made}
    return schemas.Day.model_validate({**same, **made})


def _totals(row: ShownDay) -> list[schemas.DayTotal]:
    columns = [each or () for each in (row.sums_wh, row.register_differences_wh, row.residuals_wh, row.tolerances_wh)]
    return [
        schemas.DayTotal(
            channel=channel,
            unit=channel.unit,
            sum_wh=total,
            register_difference_wh=difference,
            residual_wh=residual,
            tolerance_wh=tolerance,
        )
        for channel, total, difference, residual, tolerance in zip(Channel, *columns, strict=True)
    ]
