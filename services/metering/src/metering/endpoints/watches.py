"""HTTP of the watches: tariff zones by day, and max power by half hour."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from fastapi import APIRouter
from starlette.responses import Response

from metering.domain import patterns, periods
from metering.domain.consumption import Grid
from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import ONE_DAY
from metering.domain.profile import Channel, quality_names
from metering.endpoints.days_read import ThisReader, slots_of
from metering.endpoints.scope import LocalDate, OurResources, SeenPoint, answer, reading
from metering.repository import power, zone_checks
from metering.schemas import watches as schemas
from metering.schemas.slots import Slots

SHOWN_WARNINGS: Final = 500
SHOWN_PEAKS: Final = 100
HALF_HOUR: Final = timedelta(seconds=STEP_SECONDS)

router = APIRouter()


@router.get("/points/{point_id}/zone-checks", response_model=schemas.ZoneChecks)  # noqa: FAST003 -- SeenPoint takes it
async def list_zone_checks(row: SeenPoint, resources: OurResources, start: LocalDate, end: LocalDate) -> Response:
    """The tariff zones of the local days [start, end), at most 366, registers against half hours."""
    periods.check_days(start, end)
    async with reading(resources) as connection:
        found = await zone_checks.checks(connection, row.id, first_on=start, last_on=end - ONE_DAY)
    newest = max((each.checked_at for each in found), default=None)
    items = [_zone_day(each) for each in found]
    return answer(schemas.ZoneChecks(point_id=row.id, time_zone=row.time_zone, as_of=newest, items=items))


@router.get("/points/{point_id}/power-limit", response_model=schemas.PowerLimit)  # noqa: FAST003 -- ThisReader takes it
async def show_power_limit(reader: ThisReader, resources: OurResources, start: LocalDate, end: LocalDate) -> Response:
    """Half hours near and over the point's limit of power over the local days [start, end), at most 366."""
    periods.check_days(start, end)
    read = await reader.days(start, end)
    row = read.point
    grid, as_of = await read.grid(Channel.A_PLUS)
    borders = [datetime.fromtimestamp(epoch, UTC) for epoch in (read.start_epoch, read.end_epoch)]
    async with reading(resources) as connection:
        found = await power.warnings(connection, row.id, start=borders[0], end=borders[1], limit=SHOWN_WARNINGS)
    warned = [_half_hour(each) for each in found]
    peaks = _over(grid, row.power_limit_w)
    peak = patterns.maximum(grid, Channel.A_PLUS)
    return answer(
        schemas.PowerLimit(
            point_id=row.id,
            time_zone=row.time_zone,
            as_of=as_of,
            limit_w=row.power_limit_w,
            revision=read.newest_between(start, end),
            **slots_of(read, grid),
            running=next((each for each in warned if each.end.timestamp() > read.now_epoch), None),
            warned=warned,
            exceeded=sum(each.outcome == "exceeded" for each in warned),
            near_misses=sum(each.outcome == "near_miss" for each in warned),
            over_limit=peaks[:SHOWN_PEAKS],
            over_limit_count=len(peaks),
            greatest_w=peak and patterns.power_w(peak.energy_wh, STEP_SECONDS),
        )
    )


def _zone_day(row: Any) -> schemas.ZoneDay:
    columns = zip(row.zones, row.registers_wh, row.profile_wh, row.tolerances_wh, strict=True)
    zones = [
        schemas.ZoneSum(
            zone=zone,
            register_wh=register,
            profile_wh=profile,
            difference_wh=register - profile,
            tolerance_wh=tolerance,
        )
        for zone, register, profile, tolerance in columns
    ]
    same = ("day", "revision", "checked_at", "verdict", "cause", "plan", "shift_minutes", "fits", *Slots.model_fields)
    return schemas.ZoneDay(**{name: getattr(row, name) for name in same}, zones=zones)


def _half_hour(row: Any) -> schemas.PowerHalfHour:
    same = ("limit_w", "warned_at", "projected_w", "passed_at", "mean_w", "outcome")
    start = row.starts_at.astimezone(UTC)
    return schemas.PowerHalfHour(start=start, end=start + HALF_HOUR, **{name: getattr(row, name) for name in same})


def _over(grid: Grid, limit_w: int | None) -> list[schemas.PowerPeak]:
    if limit_w is None:
        return []
    powers = grid.wh(Channel.A_PLUS) * 2
    places = np.flatnonzero(grid.known(Channel.A_PLUS) & (powers > limit_w))
    ordered = places[np.argsort(-powers[places], kind="stable")].tolist()
    return [
        schemas.PowerPeak(
            start=datetime.fromtimestamp(grid.start_epoch + place * STEP_SECONDS, UTC),
            mean_w=int(powers[place]),
            quality=quality_names(grid.quality[0, place : place + 1])[0],
        )
        for place in ordered
    ]
