"""HTTP of a load's habits: typical day, heat map, base load, maximum and months."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from metering.domain import consumption, patterns, periods
from metering.domain.consumption import Grid
from metering.domain.intervals import STEP_SECONDS
from metering.domain.periods import PeriodStep
from metering.domain.production_calendar import decree_of
from metering.domain.profile import Channel, quality_names
from metering.endpoints.days_read import NOT_MODIFIED, DaysRead, IfNoneMatch, ThisReader, answer_once, slots_of
from metering.endpoints.scope import LocalDate
from metering.schemas import patterns as schemas

router = APIRouter(responses=NOT_MODIFIED)

STEP = timedelta(seconds=STEP_SECONDS)


@router.get("/points/{point_id}/typical-day", response_model=schemas.TypicalDay)  # noqa: FAST003 -- ThisReader takes it
async def show_typical_day(
    reader: ThisReader,
    start: LocalDate,
    end: LocalDate,
    channel: Channel = Channel.A_PLUS,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Means by half hour of the wall clock over the local days [start, end), at most 366."""
    periods.check_days(start, end)
    read = await reader.days(start, end)
    # The answer is another one once a year's decree is known, though nothing of its days has changed.
    decrees = {year: decree_of(year) for year in sorted({day.year for day in periods.days(start, end)})}

    async def make() -> schemas.TypicalDay:
        grid, as_of = await read.grid(channel)
        kinds = patterns.typical_days(grid, channel, read.local_days())
        return schemas.TypicalDay(
            point_id=read.point.id,
            time_zone=read.point.time_zone,
            channel=channel,
            unit=channel.unit,
            as_of=as_of,
            revision=read.newest_between(start, end),
            **slots_of(read, grid),
            kinds=[schemas.TypicalDayOfKind.model_validate(each, from_attributes=True) for each in kinds],
            years_without_calendar=[year for year, decree in decrees.items() if decree is None],
        )

    return await answer_once(read, ("typical-day", channel, decrees), if_none_match, make)


@router.get("/points/{point_id}/heat-map", response_model=schemas.HeatMap)  # noqa: FAST003 -- ThisReader takes it
async def show_heat_map(
    reader: ThisReader,
    start: LocalDate,
    end: LocalDate,
    channel: Channel = Channel.A_PLUS,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Each of the local days [start, end), at most 366, with its half hours."""
    periods.check_days(start, end)
    read = await reader.days(start, end)

    async def make() -> schemas.HeatMap:
        grid, as_of = await read.grid(channel)
        shown, revisions = [], read.revisions()
        for day in read.local_days():
            part = grid.between(day.start_epoch, day.end_epoch)
            shown.append(
                schemas.HeatMapDay(
                    day=day.day,
                    start=datetime.fromtimestamp(day.start_epoch, UTC),
                    revision=revisions.get(day.day),
                    values=part.values(channel),
                    quality=quality_names(part.quality[0]),
                )
            )
        peak = patterns.maximum(grid, channel)
        return schemas.HeatMap(
            point_id=read.point.id,
            time_zone=read.point.time_zone,
            channel=channel,
            unit=channel.unit,
            as_of=as_of,
            days=shown,
            greatest=peak and peak.energy_wh,
        )

    return await answer_once(read, ("heat-map", channel), if_none_match, make)


@router.get("/points/{point_id}/load-figures", response_model=schemas.LoadFigures)  # noqa: FAST003 -- ThisReader takes it
async def show_load_figures(
    reader: ThisReader,
    start: LocalDate,
    end: LocalDate,
    channel: Channel = Channel.A_PLUS,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Base load, maximum, and the months with the most and the least over the local days [start, end), at most 366."""
    periods.check_days(start, end)
    read = await reader.days(start, end)

    async def make() -> schemas.LoadFigures:
        grid, as_of = await read.grid(channel)
        base = patterns.base_load(grid, channel, read.local_days())
        months = _months(read, grid)
        known = grid.known(channel)
        return schemas.LoadFigures(
            point_id=read.point.id,
            time_zone=read.point.time_zone,
            channel=channel,
            as_of=as_of,
            revision=read.newest_between(start, end),
            **slots_of(read, grid),
            sum_wh=int(grid.wh(channel).sum()) if known.any() else None,
            base_load=base and schemas.BaseLoad(power_w=base.power_w, slots=base.slots),
            maximum=_peak(grid, channel),
            greatest_month=max(months, key=lambda each: each.sum_wh, default=None),
            least_month=min(months, key=lambda each: each.sum_wh, default=None),
        )

    return await answer_once(read, ("load-figures", channel), if_none_match, make)


def _peak(grid: Grid, channel: Channel) -> schemas.Peak | None:
    found = patterns.maximum(grid, channel)
    if found is None:
        return None
    start = datetime.fromtimestamp(found.start_epoch, UTC)
    place = (found.start_epoch - grid.start_epoch) // STEP_SECONDS
    return schemas.Peak(
        start=start,
        end=start + STEP,
        energy_wh=found.energy_wh,
        power_w=patterns.power_w(found.energy_wh, STEP_SECONDS),
        quality=quality_names(grid.quality[0, place : place + 1])[0],
    )


def _months(read: DaysRead, grid: Grid) -> list[schemas.MonthSum]:
    """Return the months that lie in the period whole and of which every half hour is known."""
    whole = [
        each
        for each in periods.periods(PeriodStep.MONTH, read.first_on, read.end_on, read.point.time_zone)
        if read.start_epoch <= each.start_epoch and each.end_epoch <= read.end_epoch
    ]
    if not whole:
        return []
    part = grid.between(whole[0].start_epoch, whole[-1].end_epoch)
    (sums,) = consumption.sums_by_period(part, whole, now_epoch=read.now_epoch)
    rows = zip(whole, sums.sums, sums.partial, strict=True)
    return [
        schemas.MonthSum(
            month=each.first_on,
            sum_wh=value,
            revision=read.newest_between(each.first_on, periods.month_after(each.first_on, 1)),
        )
        for each, value, partial in rows
        if value is not None and not partial
    ]
