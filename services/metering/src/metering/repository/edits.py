"""Edits of half hours: what was asked, by whom, who decided, and which versions came of it. Never commits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import and_, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from metering.domain.edits import EditKind, EditSlot, EditState, version_of
from metering.domain.local_days import instant
from metering.repository.points import operated
from metering.tables import EDIT_SLOTS, EDITS, POINTS
from topics.quality import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit. `delta_wh` of `month_wh`: by how much active energy changes, and the month's before; both primary."""

    id: UUID
    point_id: UUID
    supplier_code: str
    kind: EditKind
    state: EditState
    reason: str
    document: str | None
    month: date
    delta_wh: int
    month_wh: int
    needs_second_person: bool
    withdraws: UUID | None
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    applied_at: datetime | None


@dataclass(frozen=True, slots=True)
class OperatedPoint:
    """A point of the own supplier."""

    id: UUID
    contract_id: UUID
    time_zone: str


async def operated_point(connection: AsyncConnection, point_id: UUID, supplier_code: str) -> OperatedPoint | None:
    """Return the point if it is the supplier's, by the registry and by its contract."""
    row = (
        await connection.execute(
            select(*POINTS.c["id", "contract_id", "time_zone"]).where(POINTS.c.id == point_id, operated(supplier_code))
        )
    ).one_or_none()
    return None if row is None else OperatedPoint(row.id, row.contract_id, row.time_zone)


async def lock_point(connection: AsyncConnection, point_id: UUID) -> None:
    """Let one transaction at a time decide on a point's values."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"edits {point_id}"))))


async def add(connection: AsyncConnection, edit: Edit, slots: Sequence[EditSlot]) -> None:
    """Add an edit with its half hours; an approved one gets its versions at once."""
    await connection.execute(insert(EDITS).values({name: getattr(edit, name) for name in Edit.__slots__}))
    await connection.execute(
        insert(EDIT_SLOTS),
        [
            {
                "edit_id": edit.id,
                "point_id": edit.point_id,
                "start_at": instant(slot.start),
                "meter_id": slot.meter_id,
                "quality": slot.quality,
                "flags": slot.flags,
                "energies": list(slot.energies),
                "ratio": slot.ratio,
                "former_quality": slot.former_quality,
                "former_energies": None if slot.former_energies is None else list(slot.former_energies),
                "former_ratio": slot.former_ratio,
                "former_version": slot.former_version,
                "version": None if edit.decided_at is None else version_of(slot, decided_at=edit.decided_at),
            }
            for slot in slots
        ],
    )


async def unconfirmed_wh(connection: AsyncConnection, point_id: UUID, month: date) -> int:
    """Return how much of a point's month one person alone has changed so far."""
    found = await connection.scalar(
        select(func.sum(EDITS.c.delta_wh))
        .where(EDITS.c.point_id == point_id, EDITS.c.month == month, EDITS.c.needs_second_person.is_(False))
        .where(EDITS.c.state.in_((EditState.APPROVED, EditState.APPLIED)))
    )
    return int(found or 0)


async def edit_of(
    connection: AsyncConnection, edit_id: UUID, supplier_code: str, *, to_change: bool = False
) -> Edit | None:
    """Return an edit of the supplier, held until the transaction ends if it is to be changed."""
    query = select(EDITS).where(EDITS.c.id == edit_id, *_of(supplier_code))
    row = (await connection.execute(query.with_for_update() if to_change else query)).mappings().one_or_none()
    return None if row is None else _edit(dict(row))


async def slots_of(connection: AsyncConnection, edit_id: UUID) -> list[EditSlot]:
    """Return the half hours of an edit, in order of time."""
    rows = await connection.execute(
        select(EDIT_SLOTS).where(EDIT_SLOTS.c.edit_id == edit_id).order_by(EDIT_SLOTS.c.start_at)
    )
    return [
        EditSlot(
            start=int(row.start_at.timestamp()),
            meter_id=row.meter_id,
            energies=tuple(row.energies),
            quality=Quality(row.quality),
            flags=row.flags,
            ratio=row.ratio,
            former_quality=None if row.former_quality is None else Quality(row.former_quality),
            former_energies=None if row.former_energies is None else tuple(row.former_energies),
            former_ratio=row.former_ratio,
            former_version=row.former_version,
        )
        for row in rows
    ]


async def versions_of(connection: AsyncConnection, edit_id: UUID) -> list[int]:
    """Return the versions of an approved edit's half hours, in order of time."""
    found = await connection.scalars(
        select(EDIT_SLOTS.c.version).where(EDIT_SLOTS.c.edit_id == edit_id).order_by(EDIT_SLOTS.c.start_at)
    )
    return [int(version) for version in found]


async def approve(
    connection: AsyncConnection, edit: Edit, slots: Sequence[EditSlot], *, by: UUID, at: datetime
) -> None:
    """Give a pending edit its decider and its half hours their versions."""
    await decide(connection, edit, state=EditState.APPROVED, by=by, at=at)
    for slot in slots:
        await connection.execute(
            update(EDIT_SLOTS)
            .where(EDIT_SLOTS.c.edit_id == edit.id, EDIT_SLOTS.c.start_at == instant(slot.start))
            .values(version=version_of(slot, decided_at=at))
        )


async def decide(connection: AsyncConnection, edit: Edit, *, state: EditState, by: UUID, at: datetime) -> None:
    await connection.execute(
        update(EDITS).where(EDITS.c.id == edit.id).values(state=state, decided_by=by, decided_at=at)
    )


async def applied(connection: AsyncConnection, edit_id: UUID, *, at: datetime) -> None:
    """Note that an approved edit is in the store."""
    await connection.execute(
        update(EDITS)
        .where(EDITS.c.id == edit_id, EDITS.c.state == EditState.APPROVED)
        .values(state=EditState.APPLIED, applied_at=at)
    )


async def impossible(connection: AsyncConnection, edit_id: UUID) -> None:
    """Note that an approved edit cannot be put into the store."""
    await connection.execute(
        update(EDITS).where(EDITS.c.id == edit_id, EDITS.c.state == EditState.APPROVED).values(state=EditState.REFUSED)
    )


async def to_apply(connection: AsyncConnection, *, limit: int) -> list[Edit]:
    """Return approved edits that are not in the store yet, oldest first."""
    rows = await connection.execute(
        select(EDITS).where(EDITS.c.state == EditState.APPROVED).order_by(EDITS.c.decided_at, EDITS.c.id).limit(limit)
    )
    return [_edit(dict(row)) for row in rows.mappings()]


async def page(
    connection: AsyncConnection,
    supplier_code: str,
    *,
    state: EditState | None,
    point_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Edit]:
    """Return edits of the supplier, newest first."""
    wanted = [
        *_of(supplier_code),
        *([EDITS.c.state == state] if state is not None else []),
        *([EDITS.c.point_id == point_id] if point_id is not None else []),
        *([tuple_(EDITS.c.asked_at, EDITS.c.id) < before] if before is not None else []),
    ]
    rows = await connection.execute(
        select(EDITS).where(and_(*wanted)).order_by(EDITS.c.asked_at.desc(), EDITS.c.id.desc()).limit(limit)
    )
    return [_edit(dict(row)) for row in rows.mappings()]


def _of(supplier_code: str) -> Iterator[ColumnElement[bool]]:
    """Edits that its staff asked for, of points that are still its own."""
    yield EDITS.c.supplier_code == supplier_code
    yield EDITS.c.point_id.in_(select(POINTS.c.id).where(operated(supplier_code)))


async def edits_of_slot(connection: AsyncConnection, point_id: UUID, start: int) -> dict[int, Edit]:
    """Return by version the edits that put a value into a half hour."""
    rows = await connection.execute(
        select(EDITS, EDIT_SLOTS.c.version)
        .join(EDIT_SLOTS, EDIT_SLOTS.c.edit_id == EDITS.c.id)
        .where(EDIT_SLOTS.c.point_id == point_id, EDIT_SLOTS.c.start_at == instant(start))
        .where(EDIT_SLOTS.c.version.is_not(None))
    )
    return {
        row["version"]: _edit({name: value for name, value in row.items() if name != "version"})
        for row in rows.mappings()
    }


def _edit(row: dict[str, object]) -> Edit:
    times = {
        name: None if row[name] is None else row[name].astimezone(UTC)  # type: ignore[attr-defined]
        for name in ("asked_at", "decided_at", "applied_at")
    }
    kinds = {"kind": EditKind(str(row["kind"])), "state": EditState(str(row["state"]))}
    return Edit(**{**row, **times, **kinds})  # type: ignore[arg-type]
