"""HTTP of the daily ledger: days with their receipts, and replays of a supplier's operator."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from common.db import Transaction
from common.http import idempotency
from common.http.auth import CurrentOperator
from common.http.idempotency import IdempotencyKey
from common.http.problems import declared
from metering import replay, schemas
from metering.domain.local_days import ONE_DAY
from metering.domain.profile import MAX_PERIOD, Channel
from metering.endpoints import OurResources, SeenPoint
from metering.errors import InvalidPeriod
from metering.repository import receipts, replays
from metering.repository.receipts import ShownDay

SHOWN_REPLAYS = 50

router = APIRouter(prefix="/api/v1", tags=["metering"], responses=declared(401, 404, 422, 503))

LocalDate = Annotated[date, Query(description="A local day of the point.")]


@router.get("/points/{point_id}/days", response_model=schemas.DayList)  # noqa: FAST003 -- SeenPoint takes it
async def list_days(row: SeenPoint, resources: OurResources, start: LocalDate, end: LocalDate) -> Response:
    """Days [start, end) of the ledger as published to the supplier, with its receipts; at most 366 days."""
    if end <= start:
        raise InvalidPeriod("the period ends before it begins")
    if end - start > MAX_PERIOD:
        raise InvalidPeriod(f"at most {MAX_PERIOD.days} days at once", code="period_too_long")
    async with resources.engine.connect() as connection:
        days = await receipts.shown_days(connection, row.id, first=start, last=end - ONE_DAY)
    return _json(schemas.DayList(time_zone=row.time_zone, items=[_day(each) for each in days]))


@router.post("/operator/replays", status_code=202, response_model=schemas.Replay, responses=declared(403, 409, 429))
async def create_replay(
    body: schemas.ReplayRequest,
    caller: CurrentOperator,
    resources: OurResources,
    transaction: Transaction,
    key: IdempotencyKey,
) -> Response:
    """Have half hours or days of the own supplier's points sent again from the store."""

    async def run() -> schemas.Replay:
        asked = await replay.ask(
            transaction,
            str(caller.supplier),
            what=body.what,
            point_ids=body.point_ids or (),
            start=body.start,
            end=body.end,
            asked_by=caller.user_id,
            asked_at=resources.clock.now(),
        )
        return _replay(asked)

    return await idempotency.once(
        transaction, user_id=caller.user_id, operation="create_replay", key=key, request=body, run=run, status=202
    )


@router.get("/operator/replays", response_model=schemas.ReplayList, responses=declared(403))
async def list_replays(caller: CurrentOperator, resources: OurResources) -> Response:
    """The newest replays of the own supplier, newest first, and how far each is."""
    async with resources.engine.connect() as connection:
        found = await replays.newest(connection, str(caller.supplier), limit=SHOWN_REPLAYS)
    return _json(schemas.ReplayList(items=[_replay(each) for each in found]))


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json().encode(), media_type="application/json")


def _replay(one: replays.Replay) -> schemas.Replay:
    same = ("id", "what", "asked_by", "asked_at", "done_until", "messages_sent", "finished_at")
    return schemas.Replay(
        **{name: getattr(one, name) for name in same},
        point_ids=list(one.point_ids) or None,
        start=one.from_day,
        end=one.to_day,
    )


def _day(row: ShownDay) -> schemas.Day:
    if not row.revision:
        nothing = dict.fromkeys(schemas.Day.model_fields)
        return schemas.Day.model_validate({**nothing, "day": row.day, "state": "open", "sums": []})
    receipt = {
        "state": row.receipt_state or "awaited",
        "used_in_period": row.receipt_used_in_period,
        "received_at": row.receipt_received_at,
    }
    same = {name: getattr(row, name) for name in schemas.Day.model_fields if name not in {"sums", "receipt"}}
    return schemas.Day.model_validate({**same, "sums": _totals(row), "receipt": receipt})


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
