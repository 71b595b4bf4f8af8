"""What the law puts in the place of readings, by supplier, and which meters check which points. Never commits."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
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


async def keep_rules(connection: AsyncConnection, supplier_code: str, rules: Sequence[Mapping[str, object]]) -> None:
    """Keep a supplier's rules; one that begins on the day of a known one takes its place. A repeat changes nothing."""
    if not rules:
        return
    rows = [{**rule, "supplier_code": supplier_code} for rule in rules]
    statement = insert(LEGAL_SUBSTITUTIONS).values(rows)
    keys = ("supplier_code", "consumer_kind", "valid_from")
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


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
