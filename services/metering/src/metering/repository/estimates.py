"""What was estimated, of what and how, and the days that the estimation has looked at. Never commits."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.estimation.stored import StoredEstimate
from metering.domain.intervals import CHANNELS
from metering.domain.local_days import instant
from metering.tables import ESTIMATES, ESTIMATION_LOOKS
from topics.quality import Quality

SAME: Final = (
    "id",
    "point_id",
    "method",
    "version",
    "meter_id",
    "flags",
    "inputs",
    "parameters",
    "back_test",
    "digest",
)


async def add(connection: AsyncConnection, estimate: StoredEstimate) -> None:
    """Keep an estimate; the same one again changes nothing."""
    row = {name: getattr(estimate, name) for name in SAME} | {
        "start_at": instant(estimate.start),
        "end_at": instant(estimate.end),
        "quality": estimate.quality.value,
        "made_at": estimate.made_at,
        **{name: list(column) for name, column in zip(CHANNELS, estimate.columns, strict=True)},
    }
    await connection.execute(insert(ESTIMATES).values(row).on_conflict_do_nothing())


async def replaced(connection: AsyncConnection, ids: Sequence[UUID], *, at: datetime) -> None:
    """Note that nothing of these estimates counts any more."""
    await connection.execute(
        update(ESTIMATES).where(_among(ids), ESTIMATES.c.replaced_at.is_(None)).values(replaced_at=at)
    )


async def open_estimates(
    connection: AsyncConnection, point_ids: Sequence[UUID], *, start: int, end: int
) -> list[StoredEstimate]:
    """Return the estimates of half hours of [start, end) that still count somewhere, in order of time and version."""
    rows = await connection.execute(
        select(ESTIMATES)
        .where(ESTIMATES.c.point_id == func.any(literal(list(point_ids), ARRAY(Uuid))))
        .where(ESTIMATES.c.start_at < instant(end), ESTIMATES.c.end_at > instant(start))
        .where(ESTIMATES.c.replaced_at.is_(None))
        .order_by(ESTIMATES.c.point_id, ESTIMATES.c.start_at, ESTIMATES.c.version)
    )
    return [_estimate(row) for row in rows]


async def estimates_of_slot(connection: AsyncConnection, point_id: UUID, start: int) -> dict[int, StoredEstimate]:
    """Return by version every estimate that there has been of a half hour."""
    rows = await connection.execute(
        select(ESTIMATES)
        .where(ESTIMATES.c.point_id == point_id)
        .where(ESTIMATES.c.start_at <= instant(start), ESTIMATES.c.end_at > instant(start))
    )
    return {row.version: _estimate(row) for row in rows}


async def look_later(connection: AsyncConnection, days: Mapping[tuple[UUID, date], datetime | None]) -> None:
    """Have the days (point, day) looked at again at these instants, or, where there is none, no more."""
    over = [key for key, at in days.items() if at is None]
    if over:
        await connection.execute(delete(ESTIMATION_LOOKS).where(_keys().in_(over)))
    later = [{"point_id": point, "day": day, "again_at": at} for (point, day), at in days.items() if at is not None]
    if later:
        statement = insert(ESTIMATION_LOOKS).values(later)
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["point_id", "day"], set_={"again_at": statement.excluded.again_at}
            )
        )


async def take_due_looks(connection: AsyncConnection, *, now: datetime, limit: int) -> list[tuple[UUID, date]]:
    """Return days that are to be looked at again by now, and forget them: the look itself says when next."""
    due = (
        select(ESTIMATION_LOOKS.c.point_id, ESTIMATION_LOOKS.c.day)
        .where(ESTIMATION_LOOKS.c.again_at <= now)
        .order_by(ESTIMATION_LOOKS.c.again_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = [(row.point_id, row.day) for row in await connection.execute(due)]
    if found:
        await connection.execute(delete(ESTIMATION_LOOKS).where(_keys().in_(found)))
    return found


def _keys() -> Any:
    return tuple_(ESTIMATION_LOOKS.c.point_id, ESTIMATION_LOOKS.c.day)


def _among(ids: Sequence[UUID]) -> Any:
    return ESTIMATES.c.id == func.any(literal(list(ids), ARRAY(Uuid)))


def _estimate(row: Any) -> StoredEstimate:
    return StoredEstimate(
        **{name: getattr(row, name) for name in SAME},
        start=int(row.start_at.timestamp()),
        end=int(row.end_at.timestamp()),
        quality=Quality(row.quality),
        columns=tuple(getattr(row, name) for name in CHANNELS),
        made_at=row.made_at.astimezone(UTC),
    )
