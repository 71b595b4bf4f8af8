"""HTTP only: path, caller, call, answer, declared errors.

What a caller may not see is answered like what is not there.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import AwareDatetime, BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from common.http.auth import CurrentReader
from common.http.pages import Cursor, Limit, decode_cursor, encode_cursor
from common.http.problems import declared
from metering import schemas
from metering.domain import journals, profile
from metering.domain.journal_texts import JOURNALS, JOURNALS_OF_DRIVER, Language
from metering.domain.registers import StoredSnapshot
from metering.errors import InvalidCursor, UnknownContract, UnknownPoint
from metering.repository import points
from metering.repository.points import PointRow
from metering.resources import Resources

ENTRY_ID = re.compile(r"[0-9A-F]{2}\.\d\.\d{8}T\d{6}\.[0-9a-f]{32}")

router = APIRouter(prefix="/api/v1", tags=["metering"], responses=declared(401, 404, 422, 503))


def _resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


def _language(accept_language: Annotated[str, Header(description="ru or en")] = "ru") -> Language:
    """Whichever of the two comes first; Russian if neither does."""
    asked = [part.split(";")[0].strip().lower()[:2] for part in accept_language.split(",")]
    return next((language for each in asked for language in Language if language.value == each), Language.RU)


OurResources = Annotated[Resources, Depends(_resources)]
AskedLanguage = Annotated[Language, Depends(_language)]
Instant = Annotated[AwareDatetime, Query(description="ISO 8601 with an offset.")]


@asynccontextmanager
async def _reading(resources: Resources) -> AsyncIterator[AsyncConnection]:
    """A connection for one read, given back before the series store is asked."""
    async with resources.engine.connect() as connection:
        yield await connection.execution_options(isolation_level="AUTOCOMMIT")


async def _point(point_id: UUID, caller: CurrentReader, resources: OurResources) -> PointRow:
    async with _reading(resources) as connection:
        row = await points.point(connection, point_id, caller, at=resources.clock.now())
    if row is None:
        raise UnknownPoint("there is no such point")
    return row


SeenPoint = Annotated[PointRow, Depends(_point)]


@router.get("/contracts/{contract_id}/points", response_model=schemas.PointPage)
async def list_points(
    contract_id: UUID,
    caller: CurrentReader,
    resources: OurResources,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Points of a contract by name, each with its meter, the last reading and the state of the link."""
    after = None if cursor is None else _name_and_id(cursor)
    async with _reading(resources) as connection:
        if not await points.sees_contract(connection, contract_id, caller):
            raise UnknownContract("there is no such contract")
        rows = await points.points_of_contract(
            connection, contract_id, at=resources.clock.now(), after=after, limit=limit + 1
        )
    shown = rows[:limit]
    readings = await resources.store.last_snapshots([row.id for row in shown])
    more = encode_cursor(shown[-1].name, str(shown[-1].id)) if len(rows) > limit else None
    items = [schemas.PointSummary(**_summary(row, readings.get(row.id))) for row in shown]
    return _json(schemas.PointPage(items=items, next_cursor=more))


@router.get("/points/{point_id}", response_model=schemas.Point)  # noqa: FAST003 -- SeenPoint takes it
async def show_point(row: SeenPoint, resources: OurResources) -> Response:
    """A point with the passport of its meter."""
    readings = await resources.store.last_snapshots([row.id])
    passport = schemas.Passport.model_validate(row, from_attributes=True)
    return _json(schemas.Point(**_summary(row, readings.get(row.id)), passport=passport))


@router.get("/points/{point_id}/profile", response_model=schemas.Profile)  # noqa: FAST003 -- SeenPoint takes it
async def show_profile(
    row: SeenPoint,
    resources: OurResources,
    start: Instant,
    end: Instant,
    channel: profile.Channel = profile.Channel.A_PLUS,
    step: profile.Step = profile.Step.HALF_HOUR,
) -> Response:
    """Every slot of [start, end), at most 366 days; start and end are borders of the step."""
    start_epoch, end_epoch = profile.check_period(start, end, step=step, zone=ZoneInfo(row.time_zone))
    halves, newest = await resources.store.profile(row.id, channel, start_epoch=start_epoch, end_epoch=end_epoch)
    series = profile.series(halves, start_epoch=start_epoch, end_epoch=end_epoch, step=step)
    return _json(
        schemas.Profile.model_construct(
            point_id=row.id,
            channel=channel,
            unit=channel.unit,
            time_zone=row.time_zone,
            as_of=profile.end_of(newest),
            start=start.astimezone(UTC),
            step_seconds=step.seconds,
            values=series.values,
            quality=series.quality,
        )
    )


@router.get("/points/{point_id}/journals", response_model=schemas.JournalList)  # noqa: FAST003 -- SeenPoint takes it
async def list_journals(row: SeenPoint, language: AskedLanguage) -> Response:
    """The journals that the point's meter keeps; empty for a meter without journal memory."""
    kept = JOURNALS_OF_DRIVER.get(row.driver or "", ())
    items = [schemas.Journal(journal=journal.number, title=journal.title(language)) for journal in kept]
    return _json(schemas.JournalList(items=items))


@router.get("/points/{point_id}/journal", response_model=schemas.JournalPage)  # noqa: FAST003 -- SeenPoint takes it
async def list_journal_entries(
    row: SeenPoint,
    resources: OurResources,
    language: AskedLanguage,
    start: Instant,
    end: Instant,
    journal: Annotated[str | None, Query(pattern=r"^[0-9A-F]{2}$", description="Number of one journal.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Entries that opened in [start, end), newest first."""
    start_epoch, end_epoch = profile.check_journal_period(start, end)
    entries = await resources.store.journal(
        row.id,
        start_epoch=start_epoch,
        end_epoch=end_epoch,
        journal=journal,
        before=None if cursor is None else _epoch_and_id(cursor),
        limit=limit + 1,
    )
    shown = entries[:limit]
    more = None
    if len(entries) > limit:
        more = encode_cursor(int(shown[-1].opened_at.timestamp()), shown[-1].entry_id)
    return _json(
        schemas.JournalPage(
            items=[_entry(entry, language) for entry in shown],
            next_cursor=more,
            as_of=await resources.store.journal_read_at(row.id),
            time_zone=row.time_zone,
        )
    )


@router.get("/points/{point_id}/readings", response_model=schemas.ReadingPage)  # noqa: FAST003 -- SeenPoint takes it
async def list_readings(row: SeenPoint, resources: OurResources, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Register readings, newest first."""
    before = None if cursor is None else _instant(cursor)
    snapshots = await resources.store.snapshots(row.id, before=before, limit=limit + 1)
    shown = snapshots[:limit]
    more = encode_cursor(int(shown[-1].at.timestamp() * 1000)) if len(snapshots) > limit else None
    items = [schemas.Reading(at=each.at, source="meter", registers=_registers(each)) for each in shown]
    return _json(schemas.ReadingPage(items=items, next_cursor=more))


def _json(body: BaseModel) -> Response:
    """The answer, encoded once: the declared response model would validate and encode it a second time."""
    return Response(body.model_dump_json().encode(), media_type="application/json")


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


def _registers(snapshot: StoredSnapshot) -> list[schemas.RegisterValue]:
    return [
        schemas.RegisterValue(zone=zone, channel=profile.Channel(channel), value_wh=value)
        for zone, channel, value in zip(snapshot.zones, snapshot.channels, snapshot.values_wh, strict=True)
    ]


def _entry(entry: journals.StoredEntry, language: Language) -> schemas.JournalEntry:
    journal = JOURNALS[entry.journal]
    return schemas.JournalEntry(
        id=entry.entry_id,
        journal=entry.journal,
        journal_title=journal.title(language),
        phase=journal.phase,
        opened_at=entry.opened_at,
        closed_at=entry.closed_at,
        meter_opened_at=entry.meter_opened,
        meter_closed_at=entry.meter_closed,
        message=journals.message(entry, language),
    )


def _name_and_id(cursor: str) -> tuple[str, UUID]:
    name, point_id = decode_cursor(cursor, length=2)
    if "\x00" in str(name):  # PostgreSQL has no such text
        raise InvalidCursor
    try:
        return str(name), UUID(str(point_id))
    except ValueError as error:
        raise InvalidCursor from error


def _epoch_and_id(cursor: str) -> tuple[int, str]:
    epoch, entry_id = decode_cursor(cursor, length=2)
    if not isinstance(epoch, int) or not 0 <= epoch < profile.LAST_EPOCH or not ENTRY_ID.fullmatch(str(entry_id)):
        raise InvalidCursor
    return epoch, str(entry_id)


def _instant(cursor: str) -> datetime:
    (milliseconds,) = decode_cursor(cursor, length=1)
    if not isinstance(milliseconds, int) or not 0 <= milliseconds < profile.LAST_EPOCH * 1000:
        raise InvalidCursor
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
