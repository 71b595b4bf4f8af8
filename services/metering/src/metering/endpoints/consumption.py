"""HTTP of consumption by period, and of one period beside another."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from metering.domain import consumption, patterns, periods
from metering.domain.local_days import ONE_DAY
from metering.domain.periods import Against, Align, Period, PeriodStep
from metering.domain.profile import Channel
from metering.endpoints.days_read import NOT_MODIFIED, DaysRead, IfNoneMatch, ThisReader, answer_once
from metering.endpoints.scope import LocalDate
from metering.schemas import consumption as schemas

router = APIRouter()

ChosenChannels = Annotated[
    Channel | Literal["all"], Query(description="One of the four channels, or all of them in their order.")
]


@router.get(
    "/points/{point_id}/consumption",  # noqa: FAST003 -- ThisReader takes it
    response_model=schemas.Consumption,
    responses=NOT_MODIFIED,
)
async def show_consumption(
    reader: ThisReader,
    start: LocalDate,
    end: LocalDate,
    step: PeriodStep = PeriodStep.DAY,
    channels: ChosenChannels = "all",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Energy of the whole periods that touch the local days [start, end); at most 366 days, 1,827 by week or month."""
    long = step in {PeriodStep.MONTH, PeriodStep.WEEK}
    periods.check_days(start, end, at_most=periods.MAX_DAYS_OF_SUMS if long else periods.MAX_DAYS)
    read = await reader.days(periods.first_of(step, start), periods.end_of_last(step, end))
    asked = tuple(Channel) if channels == "all" else (Channel(channels),)

    async def make() -> schemas.Consumption:
        whole = periods.periods(step, start, end, read.point.time_zone)
        grid, as_of = await read.grid(*asked)
        sums = consumption.sums_by_period(grid, whole, now_epoch=read.now_epoch)
        return schemas.Consumption(
            point_id=read.point.id,
            time_zone=read.point.time_zone,
            step=step,
            as_of=as_of,
            days=[each.first_on for each in whole],
            starts=[_instant(each.start_epoch) for each in whole],
            ends=[_instant(each.end_epoch) for each in whole],
            slots=consumption.slots_of(whole),
            slots_ended=consumption.ended_slots(whole, now_epoch=read.now_epoch),
            revisions=[_revision(read, step, each) for each in whole],
            channels=[_channel(each) for each in sums],
        )

    return await answer_once(read, ("consumption", step, asked), if_none_match, make)


@router.get(
    "/points/{point_id}/comparison",  # noqa: FAST003 -- ThisReader takes it
    response_model=schemas.Comparison,
    responses=NOT_MODIFIED,
)
async def compare_periods(
    reader: ThisReader,
    start: LocalDate,
    end: LocalDate,
    against: Against = Against.PREVIOUS,
    align: Align = Align.DAY,
    channel: Channel = Channel.A_PLUS,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The local days [start, end), at most 366, beside those before them or of last year."""
    periods.check_days(start, end)
    ours, opposite = list(periods.days(start, end)), periods.opposite_days(start, end, against, align)
    there = [day for day in opposite if day is not None]
    periods.check_days(min([start, *there]), end, at_most=periods.MAX_DAYS_OF_SUMS)
    read = await reader.days(min([start, *there]), end)

    async def make() -> schemas.Comparison:
        sums, qualities, as_of = await _sums_by_day(read, channel)
        revisions = read.revisions()
        pairs = patterns.compared(sums, ours, opposite)
        counted = [pair for pair in pairs if pair.counts]
        total, other = (sum(values) if counted else None for values in _totals(counted))
        return schemas.Comparison(
            point_id=read.point.id,
            time_zone=read.point.time_zone,
            channel=channel,
            unit=channel.unit,
            against=against,
            align=align,
            as_of=as_of,
            days=ours,
            other_days=opposite,
            values=[pair.sum_wh for pair in pairs],
            other_values=[pair.other_sum_wh for pair in pairs],
            quality=[qualities[day] for day in ours],
            other_quality=[None if day is None else qualities[day] for day in opposite],
            complete=[pair.complete for pair in pairs],
            other_complete=[pair.other_complete for pair in pairs],
            revisions=[revisions.get(day) for day in ours],
            other_revisions=[None if day is None else revisions.get(day) for day in opposite],
            compared_days=len(counted),
            sum=total,
            other_sum=other,
            difference=None if total is None or other is None else total - other,
            change_percent=round((total - other) * 100 / other, 1) if total is not None and other else None,
        )

    return await answer_once(read, ("comparison", start, against, align, channel), if_none_match, make)


def _totals(pairs: list[patterns.ComparedDays]) -> tuple[list[int], list[int]]:
    return [pair.sum_wh or 0 for pair in pairs], [pair.other_sum_wh or 0 for pair in pairs]


async def _sums_by_day(
    read: DaysRead, channel: Channel
) -> tuple[Mapping[date, tuple[int | None, bool]], Mapping[date, str], datetime | None]:
    grid, as_of = await read.grid(channel)
    whole = periods.periods(PeriodStep.DAY, read.first_on, read.end_on, read.point.time_zone)
    (sums,) = consumption.sums_by_period(grid, whole, now_epoch=read.now_epoch)
    rows = zip(whole, sums.sums, sums.partial, strict=True)
    qualities = dict(zip((each.first_on for each in whole), sums.quality, strict=True))
    return {each.first_on: (value, not partial) for each, value, partial in rows}, qualities, as_of


def _revision(read: DaysRead, step: PeriodStep, period: Period) -> int | None:
    end_on = periods.end_of_last(step, period.first_on + ONE_DAY)
    return read.newest_between(period.first_on, end_on)


def _channel(sums: consumption.ChannelSums) -> schemas.ChannelConsumption:
    same = ("channel", "quality", "valid", "estimated", "questioned", "missing", "partial")
    return schemas.ChannelConsumption(
        **{name: getattr(sums, name) for name in same}, unit=sums.channel.unit, values=sums.sums
    )


def _instant(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
