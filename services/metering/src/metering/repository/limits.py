"""Limits of the rules as they were set, and closed days as the rules look at them. Never commits."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.validation.context import DaySums
from metering.domain.validation.limits import PointClass, SetLimit
from metering.domain.validation.review import REACH_DAYS
from metering.tables import CONTRACTS, LEDGER_DAYS, LEDGER_REVISIONS, POINTS, VALIDATION_LIMITS

# V20 counts up to here, and V10 looks less far.
BACK_DAYS: Final = 35


@dataclass(frozen=True, slots=True)
class Terms:
    """The tariff of a point by its title, and when contracts told that its contract is closed."""

    tariff: str | None = None
    contract_closed_at: datetime | None = None


async def set_limits(connection: AsyncConnection) -> list[SetLimit]:
    """Return every limit that was ever set, oldest knowledge first."""
    rows = (await connection.execute(select(VALIDATION_LIMITS).order_by(VALIDATION_LIMITS.c.known_at))).mappings()
    return [
        SetLimit(**{**row, "point_class": None if row["point_class"] is None else PointClass(row["point_class"])})
        for row in rows
    ]


async def add_limit(connection: AsyncConnection, limit: SetLimit) -> None:
    """Set a limit; what was set before stays readable. A repeat changes nothing."""
    point_class = None if limit.point_class is None else limit.point_class.value
    names = ("name", "value", "supplier_code", "valid_from", "valid_to", "known_at", "source")
    values = {name: getattr(limit, name) for name in names}
    await connection.execute(
        insert(VALIDATION_LIMITS).values(**values, point_class=point_class).on_conflict_do_nothing()
    )


async def terms_of(connection: AsyncConnection, point_ids: Sequence[UUID]) -> dict[UUID, Terms]:
    """Return by point what its registry entry and its contract say that rules need."""
    rows = await connection.execute(
        select(POINTS.c.id, POINTS.c.tariff, CONTRACTS.c.closed_at)
        .outerjoin(CONTRACTS, CONTRACTS.c.contract_id == POINTS.c.contract_id)
        .where(POINTS.c.id == func.any(list(point_ids)))
    )
    return {row.id: Terms(row.tariff, row.closed_at) for row in rows}


async def closed_days(
    connection: AsyncConnection, point_ids: Sequence[UUID], day: date
) -> dict[UUID, dict[date, DaySums]]:
    """Return by point the closed days around this one, without it, as they were published last."""
    days, revision = LEDGER_DAYS, LEDGER_REVISIONS
    rows = await connection.execute(
        select(
            *days.c["point_id", "day"],
            *revision.c["sums_wh", "slots_expected", "slots_received", "slots_valid", "slots_estimated"],
        )
        .join(
            revision,
            (revision.c.point_id == days.c.point_id)
            & (revision.c.day == days.c.day)
            & (revision.c.revision == days.c.revision),
        )
        .where(days.c.point_id == func.any(list(point_ids)), days.c.day != day)
        .where(days.c.day.between(day - timedelta(days=BACK_DAYS), day + timedelta(days=REACH_DAYS)))
    )
    found: dict[UUID, dict[date, DaySums]] = defaultdict(dict)
    for point_id, each, *rest in rows:
        sums_wh, expected, received, valid, estimated = rest
        found[point_id][each] = DaySums(
            sums_wh=sums_wh,
            slots_expected=expected,
            slots_received=received,
            slots_valid=valid,
            slots_estimated=estimated,
        )
    return found
