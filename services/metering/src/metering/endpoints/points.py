"""HTTP of points: their list, passport and register readings."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from common.http.auth import CurrentReader
from common.http.pages import Cursor, Limit, decode_cursor, encode_cursor
from metering.domain import profile
from metering.domain.registers import StoredSnapshot
from metering.endpoints.scope import KnownAt, OurResources, SeenPoint, answer, note_look, reading
from metering.errors import InvalidCursor, UnknownContract
from metering.repository import points
from metering.repository.points import PointRow
from metering.schemas import points as schemas

router = APIRouter()


@router.get("/contracts/{contract_id}/points", response_model=schemas.PointPage)
async def list_points(
    contract_id: UUID,
    caller: CurrentReader,
    resources: OurResources,
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Points of a contract by name, each with its meter, the last reading and the state of the link."""
    after = None if cursor is None else _name_and_id(cursor)
    async with reading(resources) as connection:
        sight = await points.sight_of(connection, contract_id, caller)
        if sight is None:
            raise UnknownContract("there is no such contract")
        await note_look(connection, contract_id, sight, caller, request)
        rows = await points.points_of_contract(
            connection, contract_id, at=resources.clock.now(), after=after, limit=limit + 1
        )
    shown = rows[:limit]
    readings = await resources.store.last_snapshots([row.id for row in shown])
    more = encode_cursor(shown[-1].name, str(shown[-1].id)) if len(rows) > limit else None
    items = [schemas.PointSummary(**_summary(row, readings.get(row.id))) for row in shown]
    return answer(schemas.PointPage(as_of=_newest(readings), items=items, next_cursor=more))


@router.get("/points/{point_id}", response_model=schemas.Point)  # noqa: FAST003 -- SeenPoint takes it
async def show_point(row: SeenPoint, resources: OurResources) -> Response:
    """A point with the passport of its meter."""
    readings = await resources.store.last_snapshots([row.id])
    passport = schemas.Passport.model_validate(row, from_attributes=True)
    return answer(schemas.Point(**_summary(row, readings.get(row.id)), as_of=_newest(readings), passport=passport))


@router.get("/points/{point_id}/readings", response_model=schemas.ReadingPage)  # noqa: FAST003 -- SeenPoint takes it
async def list_readings(
    row: SeenPoint, resources: OurResources, known_at: KnownAt = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Register readings, newest first; with `known_at` those alone that were known then."""
    before = None if cursor is None else _instant(cursor)
    known_by = None if known_at is None else profile.known_epoch(known_at)
    snapshots = await resources.store.snapshots(row.id, before=before, limit=limit + 1, known_by=known_by)
    shown = snapshots[:limit]
    more = encode_cursor(int(shown[-1].at.timestamp() * 1000)) if len(snapshots) > limit else None
    items = [schemas.Reading(at=each.at, source="meter", registers=_registers(each)) for each in shown]
    newest = snapshots
    if before is not None:
        newest = await resources.store.snapshots(row.id, before=None, limit=1, known_by=known_by)
    return answer(schemas.ReadingPage(as_of=newest[0].at if newest else None, items=items, next_cursor=more))


def _summary(row: PointRow, snapshot: StoredSnapshot | None) -> dict[str, Any]:
    meter = link = None
    if row.meter_id is not None:
        meter = schemas.PointMeter(id=row.meter_id, model=row.model or "", serial=row.serial or "")
        known = row.link_state in {schemas.LinkHealth.OK.value, schemas.LinkHealth.FAILING.value}
        link = schemas.MeterLink(
            state=schemas.LinkHealth(row.link_state) if known else schemas.LinkHealth.UNKNOWN,
            changed_at=row.link_changed_at,
            last_success_at=row.link_last_success_at,
            error_code=row.link_error_code,
        )
    reading = snapshot and schemas.LastReading(at=snapshot.at, registers=_registers(snapshot))
    names = ("id", "contract_id", "name", "number", "resource", "address", "time_zone")
    return {**{name: getattr(row, name) for name in names}, "meter": meter, "last_reading": reading, "link": link}


def _newest(readings: Mapping[UUID, StoredSnapshot]) -> datetime | None:
    return max((each.at for each in readings.values()), default=None)


def _registers(snapshot: StoredSnapshot) -> list[schemas.RegisterValue]:
    return [
        schemas.RegisterValue(zone=zone, channel=profile.Channel(channel), value_wh=value)
        for zone, channel, value in zip(snapshot.zones, snapshot.channels, snapshot.values_wh, strict=True)
    ]


def _name_and_id(cursor: str) -> tuple[str, UUID]:
    name, point_id = decode_cursor(cursor, length=2)
    if "\x00" in str(name):  # PostgreSQL has no such text
        raise InvalidCursor
    try:
        return str(name), UUID(str(point_id))
    except ValueError as error:
        raise InvalidCursor from error


def _instant(cursor: str) -> datetime:
    (milliseconds,) = decode_cursor(cursor, length=1)
    if not isinstance(milliseconds, int) or not 0 <= milliseconds < profile.LAST_EPOCH * 1000:
        raise InvalidCursor
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
