"""HTTP of edits of half hours, for a supplier's staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from common.db import Transaction
from common.http import idempotency
from common.http.auth import CurrentOperator
from common.http.idempotency import IdempotencyKey
from common.http.pages import Cursor, Limit, decode_moment, encode_moment
from common.http.problems import declared
from metering import edits
from metering.domain.edits import EditSlot, EditState
from metering.domain.local_days import instant
from metering.endpoints.scope import OurResources, answer, note_points, reading
from metering.errors import EditImpossible, UnknownEdit
from metering.repository import edits as repository
from metering.schemas import edits as schemas

AREA = "edits"
CHANNELS = ("a_plus_wh", "a_minus_wh", "r_plus_varh", "r_minus_varh")

router = APIRouter(responses=declared(403))


@router.post("/operator/points/{point_id}/edits", status_code=201, response_model=schemas.Edit, responses=declared(409))
async def create_edit(
    point_id: UUID,
    body: schemas.EditRequest,
    caller: CurrentOperator,
    resources: OurResources,
    transaction: Transaction,
    key: IdempotencyKey,
) -> Response:
    """Put values in the place of what is stored; above the limit it waits for a second person."""

    async def run() -> schemas.Edit:
        values = {
            _epoch(slot.start.timestamp()): tuple(getattr(slot, name) for name in CHANNELS) for slot in body.slots
        }
        if len(values) < len(body.slots):
            raise EditImpossible("each half hour comes once")
        return _edit(
            *await edits.ask_values(
                resources, transaction, point_id, caller, values=values, reason=body.reason, document=body.document
            ),
            as_of=resources.clock.now(),
        )

    operation = f"create_edit {point_id}"
    created = await idempotency.once(
        transaction, user_id=caller.user_id, operation=operation, key=key, request=body, run=run
    )
    await note_points(transaction, [point_id], caller, AREA)
    return created


@router.post(
    "/operator/points/{point_id}/acceptances", status_code=201, response_model=schemas.Edit, responses=declared(409)
)
async def accept_values(
    point_id: UUID,
    body: schemas.AcceptanceRequest,
    caller: CurrentOperator,
    resources: OurResources,
    transaction: Transaction,
    key: IdempotencyKey,
) -> Response:
    """Confirm questioned values as they are."""

    async def run() -> schemas.Edit:
        return _edit(
            *await edits.ask_acceptance(
                resources,
                transaction,
                point_id,
                caller,
                starts=[_epoch(start.timestamp()) for start in body.starts],
                reason=body.reason,
                document=body.document,
            ),
            as_of=resources.clock.now(),
        )

    operation = f"accept_values {point_id}"
    accepted = await idempotency.once(
        transaction, user_id=caller.user_id, operation=operation, key=key, request=body, run=run
    )
    await note_points(transaction, [point_id], caller, AREA)
    return accepted


@router.get("/operator/edits", response_model=schemas.EditPage)
async def list_edits(
    caller: CurrentOperator,
    resources: OurResources,
    state: EditState | None = None,
    point_id: Annotated[UUID | None, Query(description="Of this point alone.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Edits of the own supplier's points, newest first; `state=pending` are those that wait for a second person."""
    before = None if cursor is None else decode_moment(cursor)
    now = resources.clock.now()
    async with resources.engine.connect() as connection:
        found = await repository.page(
            connection, str(caller.supplier), state=state, point_id=point_id, before=before, limit=limit + 1
        )
    shown = found[:limit]
    async with reading(resources) as connection:
        await note_points(connection, {each.point_id for each in shown}, caller, AREA)
    more = encode_moment(shown[-1].asked_at, shown[-1].id) if len(found) > limit else None
    return answer(schemas.EditPage(as_of=now, items=[_summary(each) for each in shown], next_cursor=more))


@router.get("/operator/edits/{edit_id}", response_model=schemas.Edit)
async def show_edit(edit_id: UUID, caller: CurrentOperator, resources: OurResources) -> Response:
    """An edit with its half hours, before and after."""
    now = resources.clock.now()
    async with resources.engine.connect() as connection:
        edit = await repository.edit_of(connection, edit_id, str(caller.supplier))
        if edit is None:
            raise UnknownEdit("there is no such edit")
        slots = await repository.slots_of(connection, edit_id)
    async with reading(resources) as connection:
        await note_points(connection, [edit.point_id], caller, AREA)
    return answer(_edit(edit, slots, as_of=now))


@router.post("/operator/edits/{edit_id}/confirm", response_model=schemas.Edit, responses=declared(409))
async def confirm_edit(
    edit_id: UUID, caller: CurrentOperator, resources: OurResources, transaction: Transaction
) -> Response:
    """Confirm another person's pending edit. A repeat answers 409 `edit_not_open`."""
    edit, slots = await edits.confirm(resources, transaction, edit_id, caller)
    await note_points(transaction, [edit.point_id], caller, AREA)
    return answer(_edit(edit, slots, as_of=resources.clock.now()))


@router.post("/operator/edits/{edit_id}/refuse", response_model=schemas.Edit, responses=declared(409))
async def refuse_edit(
    edit_id: UUID, caller: CurrentOperator, resources: OurResources, transaction: Transaction
) -> Response:
    """Refuse another person's pending edit. A repeat answers 409 `edit_not_open`."""
    edit, slots = await edits.refuse(resources, transaction, edit_id, caller)
    await note_points(transaction, [edit.point_id], caller, AREA)
    return answer(_edit(edit, slots, as_of=resources.clock.now()))


@router.post("/operator/edits/{edit_id}/withdraw", response_model=schemas.Edit, responses=declared(409))
async def withdraw_edit(
    edit_id: UUID,
    body: schemas.WithdrawalRequest,
    caller: CurrentOperator,
    resources: OurResources,
    transaction: Transaction,
    key: IdempotencyKey,
) -> Response:
    """Take back an own pending edit, or put back what stood before an applied one: the answer is that new edit."""

    async def run() -> schemas.Edit:
        edit, slots = await edits.withdraw(resources, transaction, edit_id, caller, reason=body.reason)
        await note_points(transaction, [edit.point_id], caller, AREA)
        return _edit(edit, slots, as_of=resources.clock.now())

    return await idempotency.once(
        transaction,
        user_id=caller.user_id,
        operation=f"withdraw_edit {edit_id}",
        key=key,
        request=body,
        run=run,
        status=200,
    )


def _epoch(seconds: float) -> int:
    """Return whole UTC seconds of an instant that the store can hold."""
    if not 0 <= seconds < 2**32 or seconds % 1:
        raise EditImpossible("each half hour begins on the half hour")
    return int(seconds)


def _summary(edit: repository.Edit) -> schemas.EditSummary:
    return schemas.EditSummary(**{name: getattr(edit, name) for name in schemas.EditSummary.model_fields})


def _edit(edit: repository.Edit, slots: Sequence[EditSlot], *, as_of: datetime) -> schemas.Edit:
    same = {name: getattr(edit, name) for name in schemas.EditSummary.model_fields}
    return schemas.Edit(**same, as_of=as_of, slots=[_slot(slot) for slot in slots])


def _slot(slot: EditSlot) -> schemas.EditedSlot:
    before = slot.former_energies or (None,) * len(CHANNELS)
    return schemas.EditedSlot.model_validate(
        {
            "start": instant(slot.start),
            "quality": slot.quality.value,
            "former_quality": slot.former_quality and slot.former_quality.value,
            **dict(zip(CHANNELS, (_primary(value, slot.ratio) for value in slot.energies), strict=True)),
            **{
                f"former_{name}": _primary(value, slot.former_ratio or 1)
                for name, value in zip(CHANNELS, before, strict=True)
            },
        }
    )


def _primary(value: int | None, ratio: int) -> int | None:
    return None if value is None else value * ratio
