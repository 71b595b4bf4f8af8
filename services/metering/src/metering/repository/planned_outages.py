"""Planned outages: the newest version of each, and which points they concern. Never commits."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, exists, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.planned_outages import PlannedOutage, Scope
from metering.tables import CONTRACTS, INSTALLATIONS, PLANNED_OUTAGES, POINTS

ADVISORY_LOCK: Final = 0x6F757467  # "outg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """A point that an outage concerns."""

    id: UUID
    contract_id: UUID
    number: str
    time_zone: str


async def locked(connection: AsyncConnection, supplier_code: str, outage_id: UUID) -> PlannedOutage | None:
    """Return the supplier's outage of this id; until the transaction ends nobody else changes any of the supplier."""
    await connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK, func.hashtext(supplier_code))))
    outages = PLANNED_OUTAGES.c
    query = select(PLANNED_OUTAGES).where(outages.supplier_code == supplier_code, outages.id == outage_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _outage(row)


async def put(connection: AsyncConnection, outage: PlannedOutage) -> None:
    """Let this be the newest version."""
    scope = outage.scope
    row = {name: getattr(outage, name) for name in PlannedOutage.__slots__ if name != "scope"}
    row |= {"contract_number": scope.contract_number, "point_numbers": list(scope.point_numbers)}
    row |= {"address": scope.address}
    statement = insert(PLANNED_OUTAGES).values(row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["supplier_code", "id"], set_=row))


async def concerned(connection: AsyncConnection, supplier_code: str, scope: Scope, *, at: datetime) -> list[Concerned]:
    """Return the points that a scope means, by number: of open contracts, with a meter at `at` or later."""
    query = (
        select(*POINTS.c["id", "contract_id", "number", "time_zone", "address"], CONTRACTS.c.number.label("contract"))
        .join(CONTRACTS, CONTRACTS.c.contract_id == POINTS.c.contract_id)
        .where(
            POINTS.c.supplier_code == supplier_code,
            CONTRACTS.c.supplier_code == supplier_code,
            CONTRACTS.c.closed.is_(False),
            exists().where(
                INSTALLATIONS.c.point_id == POINTS.c.id,
                or_(INSTALLATIONS.c.valid_to.is_(None), INSTALLATIONS.c.valid_to > at),
            ),
        )
        .order_by(POINTS.c.number, POINTS.c.id)
    )
    if scope.contract_number is not None:
        query = query.where(CONTRACTS.c.number == scope.contract_number)
    # In a thread: a large supplier's addresses take a good part of a second.
    return await asyncio.to_thread(_meant, (await connection.execute(query)).mappings().all(), scope)


async def of_point(
    connection: AsyncConnection,
    point_id: UUID,
    *,
    after: datetime,
    before: datetime | None = None,
    behind: tuple[datetime, UUID] | None = None,
) -> list[PlannedOutage]:
    """Return the outages of a point that end after `after` and begin before `before`, by their beginning.

    `behind` is the beginning and id of the last that is known already.
    """
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
    if behind is not None:
        query = query.where(tuple_(outages.starts_at, outages.id) > tuple_(literal(behind[0]), literal(behind[1])))
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


def _meant(rows: Sequence[RowMapping], scope: Scope) -> list[Concerned]:
    return [
        Concerned(id=row["id"], contract_id=row["contract_id"], number=row["number"], time_zone=row["time_zone"])
        for row in rows
        if scope.covers(contract_number=row["contract"], point_number=row["number"], address=row["address"])
    ]


def _outage(row: RowMapping) -> PlannedOutage:
    scope = Scope(contract_number=row["contract_number"], point_numbers=row["point_numbers"], address=row["address"])
    rest: dict[str, Any] = {name: row[name] for name in PlannedOutage.__slots__ if name != "scope"}
    return PlannedOutage(scope=scope, **rest)
