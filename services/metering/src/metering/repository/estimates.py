"""What was estimated, of what and how, and the days that the estimation has looked at. Never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.intervals import CHANNELS, STEP_SECONDS
from metering.domain.local_days import instant
from metering.domain.own_versions import OwnVersion
from metering.tables import ESTIMATES
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEstimate:
    """An estimate of consecutive half hours [start, end), UTC seconds; columns of energies in the order of CHANNELS."""

    id: UUID
    point_id: UUID
    start: int
    end: int
    method: str
    quality: Quality
    version: int
    meter_id: UUID
    flags: int
    columns: tuple[Sequence[int | None], ...]
    inputs: dict[str, Any]
    parameters: dict[str, Any]
    back_test: dict[str, Any] | None
    digest: str
    made_at: datetime

    @property
    def starts(self) -> range:
        return range(self.start, self.end, STEP_SECONDS)

    def versions(self) -> list[OwnVersion]:
        """Return the half hours as they go into the store."""
        return [
            OwnVersion(
                point_id=self.point_id,
                meter_id=self.meter_id,
                start=start,
                energies=energies,
                quality=self.quality,
                flags=self.flags,
                version=self.version,
            )
            for start, energies in zip(self.starts, zip(*self.columns, strict=True), strict=True)
        ]


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
