"""HTTP of replays, which a supplier's operator asks for."""

from fastapi import APIRouter
from starlette.responses import Response

from common.db import Transaction
from common.http import idempotency
from common.http.auth import CurrentOperator
from common.http.idempotency import IdempotencyKey
from common.http.problems import declared
from metering.endpoints.scope import OurResources, answer
from metering.repository import replays
from metering.schemas import replays as schemas
from metering.settlement import replay

SHOWN_REPLAYS = 50

router = APIRouter()


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
    return answer(schemas.ReplayList(items=[_replay(each) for each in found]))


def _replay(one: replays.Replay) -> schemas.Replay:
    same = ("id", "what", "asked_by", "asked_at", "done_until", "messages_sent", "finished_at")
    return schemas.Replay(
        **{name: getattr(one, name) for name in same},
        point_ids=list(one.point_ids) or None,
        start=one.from_day,
        end=one.to_day,
    )
