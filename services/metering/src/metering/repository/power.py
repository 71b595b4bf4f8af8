"""Limits of power, warnings of them by half hour, and how those half hours ended. Never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.tables import POINTS

WARN: Final = text(
    """
    insert into power_warnings (point_id, starts_at, limit_w, warned_at, projected_w)
    values (:point_id, :starts_at, :limit_w, :at, :projected_w)
    on conflict (point_id, starts_at) do nothing
    """
)
PASS: Final = text(
    """
    insert into power_warnings (point_id, starts_at, limit_w, passed_at) values (:point_id, :starts_at, :limit_w, :at)
    on conflict (point_id, starts_at) do update set passed_at = excluded.passed_at
    where power_warnings.passed_at is null
    """
)


@dataclass(frozen=True, slots=True)
class OpenWarning:
    """A warned half hour of which the mean is not known yet."""

    point_id: UUID
    starts_at: datetime
    limit_w: int


async def limits(connection: AsyncConnection) -> Mapping[UUID, int]:
    """Return the limit of each point that has one, W."""
    rows = await connection.execute(
        select(POINTS.c.id, POINTS.c.power_limit_w).where(POINTS.c.power_limit_w.is_not(None))
    )
    return {row.id: row.power_limit_w for row in rows}


async def warn(
    connection: AsyncConnection, point_id: UUID, *, starts_at: datetime, limit_w: int, at: datetime, projected_w: int
) -> bool:
    """Keep the first warning of a half hour; say whether it was the first."""
    values = {"point_id": point_id, "starts_at": starts_at, "limit_w": limit_w, "at": at, "projected_w": projected_w}
    return bool((await connection.execute(WARN, values)).rowcount)


async def passed(
    connection: AsyncConnection, point_id: UUID, *, starts_at: datetime, limit_w: int, at: datetime
) -> bool:
    """Keep when the limit was passed for good; say whether that is news."""
    values = {"point_id": point_id, "starts_at": starts_at, "limit_w": limit_w, "at": at}
    return bool((await connection.execute(PASS, values)).rowcount)


async def open_warnings(
    connection: AsyncConnection, *, after: datetime, before: datetime, limit: int
) -> list[OpenWarning]:
    """Return warned half hours without an outcome that began in [after, before), the newest first."""
    rows = await connection.execute(
        text(
            "select point_id, starts_at, limit_w from power_warnings where outcome is null"
            " and starts_at >= :after and starts_at < :before order by starts_at desc limit :limit"
        ),
        {"after": after, "before": before, "limit": limit},
    )
    return [OpenWarning(*row) for row in rows]


async def settle(connection: AsyncConnection, warning: OpenWarning, *, mean_w: int) -> None:
    """Write down how a warned half hour ended."""
    await connection.execute(
        text(
            "update power_warnings set mean_w = :mean_w, outcome = :outcome"
            " where point_id = :point_id and starts_at = :starts_at and outcome is null"
        ),
        {
            "mean_w": mean_w,
            "outcome": "exceeded" if mean_w > warning.limit_w else "near_miss",
            "point_id": warning.point_id,
            "starts_at": warning.starts_at,
        },
    )


async def warnings(
    connection: AsyncConnection, point_id: UUID, *, start: datetime, end: datetime, limit: int
) -> Sequence[Any]:
    """Return the warned half hours that began in [start, end), newest first."""
    rows = await connection.execute(
        text(
            "select * from power_warnings where point_id = :point_id and starts_at >= :start and starts_at < :end"
            " order by starts_at desc limit :limit"
        ),
        {"point_id": point_id, "start": start, "end": end, "limit": limit},
    )
    return list(rows)
