"""Planned outages: the newest version of each, and which points they concern. Never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.planned_outages import PlannedOutage, Scope
from metering.tables import CONTRACTS, PLANNED_OUTAGES, POINTS

ADVISORY_LOCK: Final = 0x6F757467  # "outg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """A point that an outage concerns."""

    id: UUID
    contract_id: UUID
    number: str
    time_zone: str


async def lock_to_announce(connection: AsyncConnection) -> None:
    """Let one announcement at a time be taken over, until this transaction ends."""
    await connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))


async def by_id(connection: AsyncConnection, outage_id: UUID) -> PlannedOutage | None:
    found = await connection.execute(select(PLANNED_OUTAGES).where(PLANNED_OUTAGES.c.id == outage_id))
    row = found.mappings().one_or_none()
    return None if row is None else _outage(row)


async def put(connection: AsyncConnection, outage: PlannedOutage) -> None:
    """Let this be the newest version."""
    scope = outage.scope
    row = {name: getattr(outage, name) for name in PlannedOutage.__slots__ if name != "scope"}
    row |= {"contract_number": scope.contract_number, "point_numbers": list(scope.point_numbers)}
    row |= {"address": scope.address}
    statement = insert(PLANNED_OUTAGES).values(row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))


async def concerned(connection: AsyncConnection, supplier_code: str, scope: Scope) -> list[Concerned]:
    """Return the points of the supplier that a scope means, by number."""
    query = (
        select(*POINTS.c["id", "contract_id", "number", "time_zone", "address"], CONTRACTS.c.number.label("contract"))
        .join(CONTRACTS, CONTRACTS.c.contract_id == POINTS.c.contract_id)
        .where(POINTS.c.supplier_code == supplier_code, CONTRACTS.c.supplier_code == supplier_code)
        .order_by(POINTS.c.number, POINTS.c.id)
    )
    if scope.contract_number is not None:
        query = query.where(CONTRACTS.c.number == scope.contract_number)
    return [
        Concerned(id=row.id, contract_id=row.contract_id, number=row.number, time_zone=row.time_zone)
        for row in await connection.execute(query)
        if scope.covers(contract_number=row.contract, point_number=row.number, address=row.address)
    ]


async def of_point(
    connection: AsyncConnection, point_id: UUID, *, after: datetime, before: datetime | None
) -> list[PlannedOutage]:
    """Return the outages of a point that end after `after` and begin before `before`, by their beginning."""
    outages, number = PLANNED_OUTAGES.c, CONTRACTS.c.number
    query = (
        select(PLANNED_OUTAGES, POINTS.c.number, POINTS.c.address.label("of_point"), number.label("contract"))
        .join(POINTS, POINTS.c.supplier_code == outages.supplier_code)
        .join(CONTRACTS, CONTRACTS.c.contract_id == POINTS.c.contract_id)
        .where(
            POINTS.c.id == point_id,
            CONTRACTS.c.supplier_code == outages.supplier_code,
            outages.ends_at > after,
            or_(outages.contract_number.is_(None), outages.contract_number == number),
            or_(
                outages.address.is_not(None),
                func.cardinality(outages.point_numbers) == 0,
                POINTS.c.number == func.any(outages.point_numbers),
            ),
        )
        .order_by(outages.starts_at, outages.id)
    )
    if before is not None:
        query = query.where(outages.starts_at < before)
    found = []
    for row in (await connection.execute(query)).mappings():
        outage = _outage(row)
        if outage.scope.covers(contract_number=row["contract"], point_number=row["number"], address=row["of_point"]):
            found.append(outage)
    return found


async def of_supplier(
    connection: AsyncConnection, supplier_code: str, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[PlannedOutage]:
    """Return a supplier's outages, the last to begin first, behind `after`."""
    place = tuple_(PLANNED_OUTAGES.c.starts_at, PLANNED_OUTAGES.c.id)
    query = (
        select(PLANNED_OUTAGES)
        .where(PLANNED_OUTAGES.c.supplier_code == supplier_code)
        .order_by(PLANNED_OUTAGES.c.starts_at.desc(), PLANNED_OUTAGES.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(place < tuple_(literal(after[0]), literal(after[1])))
    return [_outage(row) for row in (await connection.execute(query)).mappings()]


def _outage(row: RowMapping) -> PlannedOutage:
    of_scope = {name: row[name] for name in Scope.__slots__}
    rest: dict[str, Any] = {name: row[name] for name in PlannedOutage.__slots__ if name != "scope"}
    return PlannedOutage(scope=Scope(**of_scope), **rest)
