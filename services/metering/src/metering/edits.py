"""Edits of half hours by a supplier's staff: asking, confirming by a second person, withdrawing; and putting them in.

A decision is committed with its versions before the store has it; the worker writes what is approved, and a kill
repeats exactly that. Rules: docs/architecture/estimation.md, "Editing".
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import Busy, Conflict
from common.http.auth import Caller
from common.logging import get_logger
from metering.domain import edits as rules
from metering.domain.edits import EditKind, EditSlot, EditState, Limits
from metering.domain.own_versions import OwnVersion, place_of
from metering.domain.reconciliation import StoredSlot
from metering.errors import EditImpossible, UnknownEdit, UnknownPoint
from metering.metrics import EDITS
from metering.pipeline.steps import Steps
from metering.repository import edits as repository
from metering.repository.edits import Edit, OperatedPoint
from metering.repository.faults import passes
from metering.repository.registry import places_of
from metering.resources import Resources
from metering.store.days import read_slots

log = get_logger(__name__)

LOOK_EVERY_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 2.0
EDITS_A_TURN: Final = 20


async def ask_values(
    resources: Resources,
    connection: AsyncConnection,
    point_id: UUID,
    caller: Caller,
    *,
    values: Mapping[int, tuple[int | None, ...]],
    reason: str,
    document: str | None,
) -> tuple[Edit, list[EditSlot]]:
    """Put primary values in the place of what is stored, at once or, above a limit, once a second person confirms.

    Raises UnknownPoint, EditImpossible.
    """
    point = await _operated(connection, point_id, caller)
    now = resources.clock.now().replace(microsecond=0)
    rules.month_of(list(values), point.time_zone, now=now)
    stored = await _stored(resources, point_id, list(values))
    slots = rules.new_values(values, stored, await places_of(connection, point_id))
    edit = await _asked(
        resources, connection, point, caller, EditKind.VALUES, slots, now=now, reason=reason, document=document
    )
    return edit, slots


async def ask_acceptance(
    resources: Resources,
    connection: AsyncConnection,
    point_id: UUID,
    caller: Caller,
    *,
    starts: Sequence[int],
    reason: str,
    document: str | None,
) -> tuple[Edit, list[EditSlot]]:
    """Confirm questioned values as they are. Raises UnknownPoint, EditImpossible."""
    point = await _operated(connection, point_id, caller)
    now = resources.clock.now().replace(microsecond=0)
    rules.month_of(starts, point.time_zone, now=now)
    slots = rules.accepted(starts, await _stored(resources, point_id, starts))
    edit = await _asked(
        resources, connection, point, caller, EditKind.ACCEPT, slots, now=now, reason=reason, document=document
    )
    return edit, slots


async def confirm(
    resources: Resources, connection: AsyncConnection, edit_id: UUID, caller: Caller
) -> tuple[Edit, list[EditSlot]]:
    """Confirm another person's pending edit. Raises UnknownEdit, Conflict."""
    edit, slots = await _pending(connection, edit_id, caller)
    if edit.asked_by == caller.user_id:
        raise Conflict("a second person confirms, not the one who asked", code="second_person_needed")
    await repository.lock_point(connection, edit.point_id)
    if not rules.unchanged(slots, await _stored(resources, edit.point_id, [slot.start for slot in slots])):
        raise Conflict("the values have changed since; refuse it and ask anew", code="values_changed")
    await repository.approve(connection, edit, slots, by=caller.user_id, at=_now(resources))
    return await _decided(connection, edit, caller), slots


async def refuse(
    resources: Resources, connection: AsyncConnection, edit_id: UUID, caller: Caller
) -> tuple[Edit, list[EditSlot]]:
    """Refuse another person's pending edit. Raises UnknownEdit, Conflict."""
    edit, slots = await _pending(connection, edit_id, caller)
    if edit.asked_by == caller.user_id:
        raise Conflict("who asked withdraws; another person refuses", code="second_person_needed")
    await repository.decide(connection, edit, state=EditState.REFUSED, by=caller.user_id, at=_now(resources))
    return await _decided(connection, edit, caller), slots


async def withdraw(
    resources: Resources, connection: AsyncConnection, edit_id: UUID, caller: Caller, *, reason: str
) -> tuple[Edit, list[EditSlot]]:
    """Take back a pending edit of one's own, or put back what stood before one that is in the store.

    The latter is an edit of its own, with the same limits. Raises UnknownEdit, EditImpossible, Conflict.
    """
    edit = await repository.edit_of(connection, edit_id, str(caller.supplier), to_change=True)
    if edit is None:
        raise UnknownEdit("there is no such edit")
    slots = await repository.slots_of(connection, edit.id)
    if edit.state is EditState.PENDING:
        if edit.asked_by != caller.user_id:
            raise Conflict("another person's edit is confirmed or refused", code="not_your_edit")
        await repository.decide(connection, edit, state=EditState.WITHDRAWN, by=caller.user_id, at=_now(resources))
        return await _decided(connection, edit, caller), slots
    if edit.state is not EditState.APPLIED:
        raise Conflict(f"the edit is {edit.state.value}", code="edit_not_open")
    point = await _operated(connection, edit.point_id, caller)
    stored = await _stored(resources, edit.point_id, [slot.start for slot in slots])
    back = rules.restored(slots, await repository.versions_of(connection, edit.id), stored)
    restoring = await _asked(
        resources,
        connection,
        point,
        caller,
        EditKind.RESTORE,
        back,
        now=_now(resources),
        reason=reason,
        document=edit.document,
        withdraws=edit.id,
    )
    return restoring, back


async def run(resources: Resources, steps: Steps) -> None:
    """Put approved edits into the store until cancelled. Every failure backs off and starts over from the table."""
    await resources.registry.loaded()
    while True:
        try:
            while await turn(resources, steps):
                pass
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        except (Busy, OSError, DBAPIError) as error:
            if isinstance(error, DBAPIError) and not passes(error):
                raise
            log.warning("edits.paused", error=repr(error), pause_seconds=PAUSE_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)


async def turn(resources: Resources, steps: Steps) -> int:
    """Write what is approved, and say how many edits these were. A repeat writes the same versions again.

    An edit is written whole or, if the registry no longer has a meter of it at the point, refused.
    """
    async with resources.engine.begin() as connection:
        approved = await repository.to_apply(connection, limit=EDITS_A_TURN)
        waiting: list[Edit] = []
        written: list[OwnVersion] = []
        for edit in approved:
            slots = await repository.slots_of(connection, edit.id)
            versions = await repository.versions_of(connection, edit.id)
            made = [_version(edit, slot, number) for slot, number in zip(slots, versions, strict=True)]
            places = await places_of(connection, edit.point_id)
            if all(place_of(each, places) for each in made):
                waiting.append(edit)
                written += made
            else:
                await repository.impossible(connection, edit.id)
                EDITS.labels(kind=edit.kind.value, state=EditState.REFUSED.value).inc()
                log.error("edit.impossible", edit_id=str(edit.id), point_id=str(edit.point_id), kind=edit.kind.value)
    if not waiting:
        return len(approved)
    await steps.own_versions(written)
    async with resources.engine.begin() as connection:
        for edit in waiting:
            await repository.applied(connection, edit.id, at=_now(resources))
    for edit in waiting:
        log.info("edit.applied", edit_id=str(edit.id), point_id=str(edit.point_id), kind=edit.kind.value)
    return len(approved)


def _version(edit: Edit, slot: EditSlot, version: int) -> OwnVersion:
    return OwnVersion(
        point_id=edit.point_id,
        meter_id=slot.meter_id,
        start=slot.start,
        energies=slot.energies,
        ratio=slot.ratio,
        quality=slot.quality,
        flags=slot.flags,
        version=version,
    )


async def _asked(
    resources: Resources,
    connection: AsyncConnection,
    point: OperatedPoint,
    caller: Caller,
    kind: EditKind,
    slots: Sequence[EditSlot],
    *,
    now: datetime,
    reason: str,
    document: str | None,
    withdraws: UUID | None = None,
) -> Edit:
    await repository.lock_point(connection, point.id)
    month = rules.month_of([slot.start for slot in slots], point.time_zone, now=now)
    start, end = rules.month_bounds(month, point.time_zone)
    stored = await read_slots(resources.store.engine, [point.id], start_epoch=start, end_epoch=end)
    if not rules.unchanged(slots, stored.get(point.id, {})):
        raise EditImpossible("the values have changed since they were read", code="values_changed")
    month_wh, delta_wh = rules.energy_wh(stored.get(point.id, {})), sum(slot.delta_wh for slot in slots)
    settings = resources.settings
    limits = Limits(settings.edit_limit_wh, settings.edit_limit_share)
    alone = await repository.unconfirmed_wh(connection, point.id, month)
    second = delta_wh > 0 and rules.needs_second_person(alone + delta_wh, month_wh=month_wh, limits=limits)
    edit = Edit(
        id=uuid4(),
        point_id=point.id,
        supplier_code=str(caller.supplier),
        kind=kind,
        state=EditState.PENDING if second else EditState.APPROVED,
        reason=reason,
        document=document,
        month=month,
        delta_wh=delta_wh,
        month_wh=month_wh,
        needs_second_person=second,
        withdraws=withdraws,
        asked_by=caller.user_id,
        asked_at=now,
        decided_by=None if second else caller.user_id,
        decided_at=None if second else now,
        applied_at=None,
    )
    await repository.add(connection, edit, slots)
    EDITS.labels(kind=kind.value, state=edit.state.value).inc()
    log.info("edit.asked", edit_id=str(edit.id), point_id=str(point.id), kind=kind.value, state=edit.state.value)
    return edit


async def _operated(connection: AsyncConnection, point_id: UUID, caller: Caller) -> OperatedPoint:
    point = await repository.operated_point(connection, point_id, str(caller.supplier))
    if point is None:
        raise UnknownPoint("there is no such point")
    return point


async def _pending(connection: AsyncConnection, edit_id: UUID, caller: Caller) -> tuple[Edit, list[EditSlot]]:
    edit = await repository.edit_of(connection, edit_id, str(caller.supplier), to_change=True)
    if edit is None:
        raise UnknownEdit("there is no such edit")
    if edit.state is not EditState.PENDING:
        raise Conflict(f"the edit is {edit.state.value}", code="edit_not_open")
    return edit, await repository.slots_of(connection, edit.id)


async def _decided(connection: AsyncConnection, edit: Edit, caller: Caller) -> Edit:
    found = await repository.edit_of(connection, edit.id, str(caller.supplier))
    if found is None:
        raise UnknownEdit("there is no such edit")
    EDITS.labels(kind=found.kind.value, state=found.state.value).inc()
    log.info("edit.decided", edit_id=str(edit.id), point_id=str(edit.point_id), state=found.state.value)
    return found


async def _stored(resources: Resources, point_id: UUID, starts: Sequence[int]) -> Mapping[int, StoredSlot]:
    found = await read_slots(resources.store.engine, [point_id], start_epoch=min(starts), end_epoch=max(starts) + 1_800)
    return found.get(point_id, {})


def _now(resources: Resources) -> datetime:
    return resources.clock.now().replace(microsecond=0)
