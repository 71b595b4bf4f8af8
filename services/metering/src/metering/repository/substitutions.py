"""What the law puts in the place of readings, by supplier, and which meters check which points. Never commits."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.estimation.legal import ConsumerKind, Substitution
from metering.domain.local_days import LocalDay, instant
from metering.tables import CONTROL_METERS, ESTIMATES, LEGAL_SUBSTITUTIONS

LEGAL = "E7"


async def legal_rules(connection: AsyncConnection) -> dict[str, list[Substitution]]:
    """Return every rule by the supplier's code."""
    rules: dict[str, list[Substitution]] = defaultdict(list)
    for row in await connection.execute(select(LEGAL_SUBSTITUTIONS)):
        rules[row.supplier_code].append(
            Substitution(
                kind=ConsumerKind(row.consumer_kind),
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                months_full=row.months_full,
                months_least=row.months_least,
                periods_at_most=row.periods_at_most,
                norm_wh_per_month=row.norm_wh_per_month,
                document=row.document,
            )
        )
    return rules


async def substituted_periods(
    connection: AsyncConnection, point_ids: Sequence[UUID], *, before: datetime, time_zone: str
) -> dict[UUID, int]:
    """Return by point in how many local months before an instant the law has stood in for readings."""
    month = func.date_trunc("month", func.timezone(time_zone, ESTIMATES.c.start_at))
    rows = await connection.execute(
        select(ESTIMATES.c.point_id, func.count(func.distinct(month)))
        .where(ESTIMATES.c.point_id == func.any(literal(list(point_ids), ARRAY(Uuid))))
        .where(ESTIMATES.c.method == LEGAL, ESTIMATES.c.start_at < before, ESTIMATES.c.replaced_at.is_(None))
        .group_by(ESTIMATES.c.point_id)
    )
    return {point_id: int(count) for point_id, count in rows}


async def control_points(connection: AsyncConnection, point_ids: Sequence[UUID], day: LocalDay) -> dict[UUID, UUID]:
    """Return by point the point whose meter checks it through the whole day."""
    table = CONTROL_METERS
    rows = await connection.execute(
        select(table.c.point_id, table.c.control_point_id)
        .where(table.c.point_id == func.any(literal(list(point_ids), ARRAY(Uuid))))
        .where(table.c.valid_from <= instant(day.start_epoch))
        .where(or_(table.c.valid_to.is_(None), table.c.valid_to >= instant(day.end_epoch)))
        .order_by(table.c.valid_from)
    )
    return {row.point_id: row.control_point_id for row in rows}
