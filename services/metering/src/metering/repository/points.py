"""Points as a caller may see them, with the meter that stands there at an instant, its wire and its link."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from common.http.auth import Caller
from metering.tables import CONTRACT_LINKS, CONTRACTS, ENDPOINT_METERS, INSTALLATIONS, METER_LINKS, METERS, POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    """A point with its present meter and the link to that; the meter's fields are None while there is none.

    `staff` and `guest` say by what right a caller sees it who was asked for.
    """

    id: UUID
    contract_id: UUID
    number: str
    name: str
    resource: str
    address: str | None
    time_zone: str
    installation_place: str | None
    tariff: str | None
    power_limit_w: int | None
    meter_id: UUID | None
    serial: str | None
    model: str | None
    type_approval_number: str | None
    accuracy_class: str | None
    rated_voltage: str | None
    rated_current: str | None
    last_verified_on: date | None
    next_verification_on: date | None
    commissioned_on: date | None
    last_inspected_on: date | None
    driver: str | None
    link_state: str | None
    link_changed_at: datetime | None
    link_last_success_at: datetime | None
    link_error_code: str | None
    staff: bool = False
    guest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """By what right a caller sees a contract: as its supplier's staff, by a share, or, if neither, by a link."""

    staff: bool
    guest: bool


async def sight_of(connection: AsyncConnection, contract_id: UUID, caller: Caller) -> Sight | None:
    """Return how the caller sees the contract, or None for one that is neither linked nor of the own supplier."""
    asked = literal(contract_id)
    query = select(_staff(asked, caller).label("staff"), _guest(asked, caller).label("guest"))
    row = (await connection.execute(query.where(or_(*_visible(asked, caller))))).mappings().one_or_none()
    return None if row is None or not caller.may_see(contract_id) else Sight(**row)


async def points_of_contract(
    connection: AsyncConnection, contract_id: UUID, *, at: datetime, after: tuple[str, UUID] | None, limit: int
) -> list[PointRow]:
    """Return up to `limit` points of a contract by (name, id), behind `after`, with the meter of the instant `at`."""
    query = _points(at).where(POINTS.c.contract_id == contract_id).order_by(POINTS.c.name, POINTS.c.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(POINTS.c.name, POINTS.c.id) > tuple_(literal(after[0]), literal(after[1])))
    return [PointRow(**row) for row in (await connection.execute(query)).mappings()]


async def point(connection: AsyncConnection, point_id: UUID, caller: Caller, *, at: datetime) -> PointRow | None:
    """Return a point that the caller may see, with the meter of the instant `at`."""
    contract_id = POINTS.c.contract_id
    query = (
        _points(at)
        .add_columns(_staff(contract_id, caller).label("staff"), _guest(contract_id, caller).label("guest"))
        .where(POINTS.c.id == point_id, or_(*_visible(contract_id, caller)))
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None or not caller.may_see(row["contract_id"]) else PointRow(**row)


async def contracts_of(connection: AsyncConnection, point_ids: Collection[UUID]) -> list[UUID]:
    """Return the contracts whose points these are."""
    found = await connection.scalars(
        select(POINTS.c.contract_id).where(POINTS.c.id == func.any(literal(list(point_ids), ARRAY(Uuid)))).distinct()
    )
    return list(found)


def operated(supplier_code: str) -> ColumnElement[bool]:
    """Say of a point that it is the supplier's, by the registry and, as contracts told, by its contract."""
    return and_(POINTS.c.supplier_code == supplier_code, _contract_of(CONTRACTS.c.supplier_code == supplier_code))


def supplied(supplier_code: str) -> ColumnElement[bool]:
    """Say of a point that its supplier may be told of it: as long as contracts names no other one."""
    return and_(POINTS.c.supplier_code == supplier_code, ~_contract_of(CONTRACTS.c.supplier_code != supplier_code))


def _contract_of(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(CONTRACTS.c.contract_id == POINTS.c.contract_id, condition)


def _visible(contract_id: ColumnElement[UUID], caller: Caller) -> Sequence[ColumnElement[bool]]:
    ways: list[ColumnElement[bool]] = [
        exists().where(
            CONTRACT_LINKS.c.contract_id == contract_id, literal(caller.user_id) == func.any(CONTRACT_LINKS.c.user_ids)
        )
    ]
    if caller.is_operator:
        ways.append(_staff(contract_id, caller))
    return ways


def _staff(contract_id: ColumnElement[UUID], caller: Caller) -> ColumnElement[bool]:
    if not caller.is_operator:
        return literal(value=False)
    return exists().where(CONTRACTS.c.contract_id == contract_id, CONTRACTS.c.supplier_code == caller.supplier)


def _guest(contract_id: ColumnElement[UUID], caller: Caller) -> ColumnElement[bool]:
    return exists().where(
        CONTRACT_LINKS.c.contract_id == contract_id,
        literal(caller.user_id) == func.any(CONTRACT_LINKS.c.read_only_user_ids),
    )


def _points(at: datetime) -> Any:
    now_here = and_(
        INSTALLATIONS.c.point_id == POINTS.c.id,
        INSTALLATIONS.c.valid_from <= at,
        or_(INSTALLATIONS.c.valid_to.is_(None), INSTALLATIONS.c.valid_to > at),
    )
    return (
        select(
            *POINTS.c[
                "id",
                "contract_id",
                "number",
                "name",
                "resource",
                "address",
                "time_zone",
                "installation_place",
                "tariff",
                "power_limit_w",
            ],
            METERS.c.id.label("meter_id"),
            *METERS.c[
                "serial",
                "model",
                "type_approval_number",
                "accuracy_class",
                "rated_voltage",
                "rated_current",
                "last_verified_on",
                "next_verification_on",
            ],
            *INSTALLATIONS.c["commissioned_on", "last_inspected_on"],
            ENDPOINT_METERS.c.driver,
            METER_LINKS.c.state.label("link_state"),
            METER_LINKS.c.changed_at.label("link_changed_at"),
            METER_LINKS.c.last_success_at.label("link_last_success_at"),
            METER_LINKS.c.error_code.label("link_error_code"),
        )
        .select_from(POINTS)
        .outerjoin(INSTALLATIONS, now_here)
        .outerjoin(METERS, METERS.c.id == INSTALLATIONS.c.meter_id)
        .outerjoin(ENDPOINT_METERS, ENDPOINT_METERS.c.meter_id == METERS.c.id)
        .outerjoin(METER_LINKS, METER_LINKS.c.meter_id == METERS.c.id)
    )
