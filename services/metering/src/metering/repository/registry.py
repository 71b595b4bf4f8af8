"""The registry as a whole: what the hot path needs of it, taking files over, and endpoints as their events say them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, Table, Uuid, delete, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from metering.domain.registry import FOREVER, Installed, Registry, physical_limit_w
from metering.tables import CLOSING_HOURS, CONTRACTS, ENDPOINT_METERS, ENDPOINTS, INSTALLATIONS, METERS, POINTS
from topics.metering import Endpoint, EndpointMeter


class InstalledTime(NamedTuple):
    """A meter at a point in [valid_from, valid_to); None: it is still there."""

    meter_id: UUID
    point_id: UUID
    valid_from: datetime
    valid_to: datetime | None


async def load_registry(connection: AsyncConnection) -> Registry:
    """Read the whole registry that the hot path needs."""
    rows = await connection.execute(_places())
    contracts = list(await connection.execute(select(*CONTRACTS.c["contract_id", "supplier_code", "number"])))
    return Registry.of(
        (_installed(row) for row in rows),
        {row.contract_id: row.supplier_code for row in contracts},
        {row.contract_id: row.number for row in contracts},
        await _closing_hours(connection),
    )


async def _closing_hours(connection: AsyncConnection) -> dict[str, tuple[tuple[date, int], ...]]:
    """Return by supplier (valid from, hour), the newest first."""
    hours: dict[str, list[tuple[date, int]]] = {}
    for row in await connection.execute(select(CLOSING_HOURS).order_by(CLOSING_HOURS.c.valid_from.desc())):
        hours.setdefault(row.supplier_code, []).append((row.valid_from, row.hour))
    return {code: tuple(each) for code, each in hours.items()}


async def places_of(connection: AsyncConnection, point_id: UUID) -> tuple[Installed, ...]:
    """Return the meters that have stood at a point, in order of time."""
    rows = await connection.execute(_places().where(POINTS.c.id == point_id).order_by(INSTALLATIONS.c.valid_from))
    return tuple(_installed(row) for row in rows)


def _places() -> Select[Any]:
    return (
        select(
            *INSTALLATIONS.c["point_id", "meter_id", "valid_from", "valid_to", "ratio"],
            *POINTS.c["number", "contract_id", "supplier_code", "time_zone"],
            *METERS.c["serial", "phases", "phase_voltage_v", "max_current_a"],
        )
        .join(POINTS, POINTS.c.id == INSTALLATIONS.c.point_id)
        .join(METERS, METERS.c.id == INSTALLATIONS.c.meter_id)
    )


def _installed(row: Row[Any]) -> Installed:
    return Installed(
        point_id=row.point_id,
        point_number=row.number,
        contract_id=row.contract_id,
        supplier_code=row.supplier_code,
        time_zone=row.time_zone,
        meter_id=row.meter_id,
        serial=row.serial,
        ratio=row.ratio,
        from_epoch=int(row.valid_from.timestamp()),
        to_epoch=FOREVER if row.valid_to is None else int(row.valid_to.timestamp()),
        phases=row.phases,
        limit_w=physical_limit_w(
            phases=row.phases, phase_voltage_v=row.phase_voltage_v, max_current_a=row.max_current_a
        ),
    )


async def lock_registry(connection: AsyncConnection) -> None:
    """Let one transaction at a time change the registry; the order of its events is that of the commits."""
    await connection.execute(text("lock table endpoints in share row exclusive mode"))


async def upsert(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows of a registry table or make the ones of the same id equal to them, but for their version."""
    if not rows:
        return
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in {"id", "version"}}
    statement = statement.on_conflict_do_update(
        index_elements=["id"],
        set_=changed,
        where=or_(*(table.c[name].is_distinct_from(value) for name, value in changed.items())),
    )
    await connection.execute(statement, list(rows))


async def installed_times(connection: AsyncConnection) -> dict[UUID, InstalledTime]:
    """Return by installation which meter it puts to which point when."""
    rows = await connection.execute(select(INSTALLATIONS.c.id, *INSTALLATIONS.c[InstalledTime._fields]))
    return {row[0]: InstalledTime(*row[1:]) for row in rows}


async def replace_wires(
    connection: AsyncConnection, endpoint_ids: Sequence[UUID], wires: Sequence[Mapping[str, object]]
) -> None:
    """Let exactly `wires` be the meters behind the endpoints; a meter leaves the endpoint where it was before."""
    meter_ids = [UUID(str(wire["meter_id"])) for wire in wires]
    await connection.execute(
        delete(ENDPOINT_METERS).where(
            or_(_among(ENDPOINT_METERS.c.endpoint_id, endpoint_ids), _among(ENDPOINT_METERS.c.meter_id, meter_ids))
        )
    )
    if wires:
        await connection.execute(insert(ENDPOINT_METERS), list(wires))


async def replace_closing_hours(
    connection: AsyncConnection, supplier_code: str, hours: Sequence[Mapping[str, object]]
) -> None:
    """Let exactly these be the closing hours of the supplier."""
    await connection.execute(delete(CLOSING_HOURS).where(CLOSING_HOURS.c.supplier_code == supplier_code))
    await connection.execute(insert(CLOSING_HOURS), [{**each, "supplier_code": supplier_code} for each in hours])


async def points_of_others(connection: AsyncConnection, point_ids: Sequence[UUID], supplier_code: str) -> list[UUID]:
    """Return those of `point_ids` that belong to another supplier."""
    found = await connection.scalars(
        select(POINTS.c.id).where(_among(POINTS.c.id, point_ids), POINTS.c.supplier_code != supplier_code)
    )
    return list(found)


async def points_of_other_contracts(connection: AsyncConnection, contracts: Mapping[UUID, UUID]) -> list[UUID]:
    """Return those points that are known with another contract than here."""
    rows = await connection.execute(select(*POINTS.c["id", "contract_id"]).where(_among(POINTS.c.id, list(contracts))))
    return sorted(row.id for row in rows if row.contract_id != contracts[row.id])


async def overlapping_installations(
    connection: AsyncConnection, installation_ids: Sequence[UUID]
) -> list[tuple[UUID, UUID]]:
    """Return (one of these, another) that put two meters at one point, or one meter at two points, at one time."""
    one, other = INSTALLATIONS.alias(), INSTALLATIONS.alias()
    rows = await connection.execute(
        select(one.c.id, other.c.id).where(
            _among(one.c.id, installation_ids),
            one.c.id != other.c.id,
            or_(one.c.point_id == other.c.point_id, one.c.meter_id == other.c.meter_id),
            func.tstzrange(one.c.valid_from, one.c.valid_to).op("&&")(
                func.tstzrange(other.c.valid_from, other.c.valid_to)
            ),
        )
    )
    return [(row[0], row[1]) for row in rows]


async def shared_addresses(connection: AsyncConnection, endpoint_ids: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """Return (one of these, another) that are polled at the same address."""
    one, other = ENDPOINTS.alias(), ENDPOINTS.alias()
    rows = await connection.execute(
        select(one.c.id, other.c.id).where(
            _among(one.c.id, endpoint_ids),
            one.c.id != other.c.id,
            func.lower(one.c.host) == func.lower(other.c.host),
            one.c.port == other.c.port,
            ~one.c.deleted,
            ~other.c.deleted,
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
    known = await connection.scalars(
        select(CONTRACTS.c.contract_id).where(_among(CONTRACTS.c.contract_id, contract_ids))
    )
    return set(contract_ids) - set(known)


def _among(column: ColumnElement[UUID], ids: Sequence[UUID]) -> ColumnElement[bool]:
    """One array instead of an argument for each id: a statement takes 32,767 arguments at most."""
    return column == func.any(literal(list(ids), ARRAY(Uuid)))
