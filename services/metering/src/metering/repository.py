"""Every SQL statement to PostgreSQL: the registry, the copies of contracts, links and link states. Never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, and_, delete, exists, func, literal, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from common.http.auth import Caller
from metering.domain.registry import FOREVER, Installed, Registry, physical_limit_w
from metering.tables import (
    CONTRACT_LINKS,
    CONTRACTS,
    ENDPOINT_METERS,
    ENDPOINTS,
    INSTALLATIONS,
    METER_LINKS,
    METERS,
    POINTS,
)
from topics.contracts import Contract, ContractLinks
from topics.metering import Endpoint, EndpointMeter
from topics.poller import LinkState


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    """A point with its present meter and the link to that; the meter's fields are None while there is none."""

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


async def load_registry(connection: AsyncConnection) -> Registry:
    """Read the whole registry that the hot path needs."""
    rows = await connection.execute(
        select(
            *INSTALLATIONS.c["point_id", "meter_id", "valid_from", "valid_to", "ratio"],
            *POINTS.c["number", "contract_id", "supplier_code"],
            *METERS.c["serial", "phases", "phase_voltage_v", "max_current_a"],
        )
        .join(POINTS, POINTS.c.id == INSTALLATIONS.c.point_id)
        .join(METERS, METERS.c.id == INSTALLATIONS.c.meter_id)
    )
    suppliers = await connection.execute(select(CONTRACTS.c.contract_id, CONTRACTS.c.supplier_code))
    return Registry.of(
        (
            Installed(
                point_id=row.point_id,
                point_number=row.number,
                contract_id=row.contract_id,
                supplier_code=row.supplier_code,
                meter_id=row.meter_id,
                serial=row.serial,
                ratio=row.ratio,
                from_epoch=int(row.valid_from.timestamp()),
                to_epoch=FOREVER if row.valid_to is None else int(row.valid_to.timestamp()),
                limit_w=physical_limit_w(
                    phases=row.phases, phase_voltage_v=row.phase_voltage_v, max_current_a=row.max_current_a
                ),
            )
            for row in rows
        ),
        {row.contract_id: row.supplier_code for row in suppliers},
    )


async def sees_contract(connection: AsyncConnection, contract_id: UUID, caller: Caller) -> bool:
    """Say whether the contract is linked to the caller, or one of the supplier whose operator the caller is."""
    found = await connection.scalar(select(or_(*_visible(literal(contract_id), caller))))
    return bool(found)


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
    query = _points(at).where(POINTS.c.id == point_id, or_(*_visible(POINTS.c.contract_id, caller)))
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else PointRow(**row)


def _visible(contract_id: ColumnElement[UUID], caller: Caller) -> Sequence[ColumnElement[bool]]:
    ways: list[ColumnElement[bool]] = [
        exists().where(
            CONTRACT_LINKS.c.contract_id == contract_id, literal(caller.user_id) == func.any(CONTRACT_LINKS.c.user_ids)
        )
    ]
    if "operator" in caller.roles and caller.supplier is not None:
        ways.append(
            exists().where(CONTRACTS.c.contract_id == contract_id, CONTRACTS.c.supplier_code == caller.supplier)
        )
    return ways


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


async def keep_contract(connection: AsyncConnection, contract: Contract) -> None:
    """Keep a copy of a contract; a version that is not newer than the known one changes nothing."""
    await _keep_newer(
        connection,
        CONTRACTS,
        {
            "contract_id": contract.contract_id,
            "version": contract.version,
            "supplier_code": contract.supplier_code,
            "number": contract.number,
            "closed": contract.closed,
        },
    )


async def keep_links(connection: AsyncConnection, links: ContractLinks) -> None:
    """Keep who may see a contract; a version that is not newer than the known one changes nothing."""
    await _keep_newer(
        connection,
        CONTRACT_LINKS,
        {
            "contract_id": links.contract_id,
            "version": links.version,
            "supplier_code": links.supplier_code,
            "user_ids": links.user_ids,
        },
    )


async def _keep_newer(connection: AsyncConnection, table: Table, row: Mapping[str, object]) -> None:
    statement = insert(table).values(row)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["contract_id"],
            set_={name: statement.excluded[name] for name in row},
            where=statement.excluded.version > table.c.version,
        )
    )


async def keep_link_states(connection: AsyncConnection, state: LinkState) -> None:
    """Keep the health of an endpoint's meters; a state reported before the known one changes nothing."""
    rows = [
        {
            "meter_id": meter.meter_id,
            "endpoint_id": state.endpoint_id,
            "reported_at": state.changed_at,
            "state": meter.state,
            "changed_at": meter.changed_at,
            "last_success_at": meter.last_success_at,
            "error_code": meter.error_code,
            "drift_seconds": meter.drift_seconds,
        }
        for meter in sorted(state.meters, key=lambda each: each.meter_id)
    ]
    if not rows:
        return
    statement = insert(METER_LINKS).values(rows)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["meter_id"],
            set_={name: statement.excluded[name] for name in rows[0]},
            where=statement.excluded.reported_at >= METER_LINKS.c.reported_at,
        )
    )


async def lock_registry(connection: AsyncConnection) -> None:
    """Let one transaction at a time change the registry; the order of its events is that of the commits."""
    await connection.execute(text("lock table endpoints in share row exclusive mode"))


async def upsert(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows of a registry table or make the ones of the same id equal to them, but for their version."""
    for row in rows:
        statement = insert(table).values(row)
        changed = {name: statement.excluded[name] for name in row if name not in {"id", "version"}}
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["id"],
                set_=changed,
                where=or_(*(table.c[name].is_distinct_from(value) for name, value in changed.items())),
            )
        )


async def replace_wires(
    connection: AsyncConnection, endpoint_ids: Sequence[UUID], wires: Sequence[Mapping[str, object]]
) -> None:
    """Let exactly `wires` be the meters behind the endpoints; a meter leaves the endpoint where it was before."""
    meter_ids = [wire["meter_id"] for wire in wires]
    await connection.execute(
        delete(ENDPOINT_METERS).where(
            or_(ENDPOINT_METERS.c.endpoint_id.in_(endpoint_ids), ENDPOINT_METERS.c.meter_id.in_(meter_ids))
        )
    )
    if wires:
        await connection.execute(insert(ENDPOINT_METERS), list(wires))


async def points_of_others(connection: AsyncConnection, point_ids: Sequence[UUID], supplier_code: str) -> list[UUID]:
    """Return those of `point_ids` that belong to another supplier."""
    found = await connection.scalars(
        select(POINTS.c.id).where(POINTS.c.id.in_(point_ids), POINTS.c.supplier_code != supplier_code)
    )
    return list(found)


async def overlapping_installations(connection: AsyncConnection) -> list[tuple[UUID, UUID]]:
    """Return pairs of installations that put two meters at one point, or one meter at two points, at one time."""
    one, other = INSTALLATIONS.alias(), INSTALLATIONS.alias()
    rows = await connection.execute(
        select(one.c.id, other.c.id).where(
            one.c.id < other.c.id,
            or_(one.c.point_id == other.c.point_id, one.c.meter_id == other.c.meter_id),
            func.tstzrange(one.c.valid_from, one.c.valid_to).op("&&")(
                func.tstzrange(other.c.valid_from, other.c.valid_to)
            ),
        )
    )
    return [(row[0], row[1]) for row in rows]


async def endpoints(connection: AsyncConnection) -> dict[UUID, Endpoint]:
    """Return every endpoint as its event says it, with serial and clock zone of the meters as the registry has them.

    The clock zone is that of the meter's latest installation.
    """
    latest = (
        select(INSTALLATIONS.c.meter_id, INSTALLATIONS.c.clock_zone)
        .ext(distinct_on(INSTALLATIONS.c.meter_id))
        .order_by(INSTALLATIONS.c.meter_id, INSTALLATIONS.c.valid_from.desc())
        .subquery()
    )
    wires = await connection.execute(
        select(ENDPOINT_METERS, METERS.c.serial, latest.c.clock_zone)
        .join(METERS, METERS.c.id == ENDPOINT_METERS.c.meter_id)
        .join(latest, latest.c.meter_id == ENDPOINT_METERS.c.meter_id)
        .order_by(ENDPOINT_METERS.c.address)
    )
    meters: dict[UUID, list[EndpointMeter]] = {}
    for wire in wires:
        meters.setdefault(wire.endpoint_id, []).append(
            EndpointMeter(
                meter_id=wire.meter_id,
                driver=wire.driver,
                address=wire.address,
                serial=wire.serial,
                clock_zone=wire.clock_zone,
                credential=wire.credential,
            )
        )
    rows = (await connection.execute(select(ENDPOINTS))).mappings()
    return {
        row["id"]: Endpoint(
            endpoint_id=row["id"],
            meters=meters.get(row["id"], []),
            **{name: value for name, value in row.items() if name != "id"},
        )
        for row in rows
    }


async def raise_version(connection: AsyncConnection, endpoint_id: UUID) -> int:
    """Count the version of an endpoint up and return it."""
    statement = (
        ENDPOINTS.update()
        .where(ENDPOINTS.c.id == endpoint_id)
        .values(version=ENDPOINTS.c.version + 1)
        .returning(ENDPOINTS.c.version)
    )
    return int((await connection.execute(statement)).scalar_one())


async def unknown_contracts(connection: AsyncConnection, contract_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of `contract_ids` of which contracts has not told yet."""
    known = await connection.scalars(select(CONTRACTS.c.contract_id).where(CONTRACTS.c.contract_id.in_(contract_ids)))
    return set(contract_ids) - set(known)
