"""HTTP of the half-hour profile of a point."""

from datetime import UTC, date
from typing import Annotated, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from metering import freshness
from metering.annotations import Annotations, annotate
from metering.domain import profile
from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import ONE_DAY, day_at
from metering.domain.periods import days
from metering.domain.profile import Channel, Halves, Measure, Step
from metering.endpoints.days_read import NOT_MODIFIED, DaysRead, IfNoneMatch, Made, ThisReader, answer_once
from metering.endpoints.scope import Instant
from metering.resources import Resources
from metering.schemas import profile as schemas
from metering.schemas.annotations import gaps_of, marks_of

NOTHING: Final = Annotations((), ())

router = APIRouter()


@router.get(
    "/points/{point_id}/profile",  # noqa: FAST003 -- ThisReader takes it
    response_model=schemas.Profile,
    responses=NOT_MODIFIED,
)
async def show_profile(
    reader: ThisReader,
    start: Instant,
    end: Instant,
    channel: Channel = Channel.A_PLUS,
    channels: Annotated[Literal["one", "all"], Query(description="all: the other three as well.")] = "one",
    step: Step = Step.HALF_HOUR,
    measure: Measure = Measure.ENERGY,
    annotations: Annotated[bool, Query(description="false: without gaps and marks.")] = True,
    known_at: Annotated[
        AwareDatetime | None, Query(description="The values as they were known then, without gaps and marks.")
    ] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Every slot of [start, end), at most 366 days; start and end are borders of the step."""
    profile.check_bounds(start, end)
    # Whatever its zone, the point's days lie within these.
    utc_first, utc_last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    point = await reader.point(utc_first - ONE_DAY, utc_last + 2 * ONE_DAY)
    start_epoch, end_epoch = profile.check_period(start, end, step=step, zone=ZoneInfo(point.time_zone))
    first_on, last_on = _days(start_epoch, end_epoch, point.time_zone)
    read = reader.narrow(point, first_on, last_on + ONE_DAY)
    known_epoch = None if known_at is None else profile.known_epoch(known_at)
    others = tuple(each for each in Channel if each is not channel) if channels == "all" else ()

    async def make() -> Made:
        found = await reader.resources.profiles.window(
            point.id,
            (channel, *others),
            start_epoch=start_epoch,
            end_epoch=end_epoch,
            now_epoch=read.now_epoch,
            as_of_epoch=known_epoch,
        )

        _follow(reader.resources, point.id, found.newest_epoch, end_epoch, now_epoch=read.now_epoch)

        def shown(each: Channel, halves: Halves) -> schemas.ChannelProfile:
            series = profile.series(halves, start_epoch=start_epoch, end_epoch=end_epoch, step=step)
            power = measure is Measure.POWER
            return schemas.ChannelProfile.model_construct(
                channel=each,
                unit=each.power_unit if power else each.unit,
                values=profile.as_power(series.values, step) if power else series.values,
                quality=series.quality,
            )

        first, *rest = map(shown, (channel, *others), found.halves)
        noted = (
            await _noted(read, found.halves[0], start_epoch, end_epoch) if annotations and known_at is None else NOTHING
        )
        made = schemas.Profile.model_construct(
            point_id=point.id,
            channel=channel,
            measure=measure,
            unit=first.unit,
            time_zone=point.time_zone,
            as_of=read.as_of(found.newest_epoch),
            start=start.astimezone(UTC),
            step_seconds=step.seconds,
            values=first.values,
            quality=first.quality,
            others=rest,
            flags=profile.flag_names(
                found.flags, found.halves[0].starts, start_epoch=start_epoch, end_epoch=end_epoch, step=step
            ),
            gaps=gaps_of(noted.gaps),
            marks=marks_of(noted.marks),
            revisions=_revisions(read),
        )
        return Made(made, lasts=known_at is None and not noted.gaps and not any(mark.is_open for mark in noted.marks))

    asked = ("profile", start_epoch, end_epoch, channel, others, step, measure, annotations, known_epoch)
    return await answer_once(read, asked, if_none_match, make)


def _follow(
    resources: Resources, point_id: UUID, newest_epoch: int | None, end_epoch: int, *, now_epoch: float
) -> None:
    """Record how fresh an answer about the present is."""
    places = resources.registry.current().places.get(point_id)
    if places and newest_epoch is not None and end_epoch > newest_epoch:
        newest_end = newest_epoch + STEP_SECONDS
        code, seconds = places[-1].supplier_code, now_epoch - newest_end
        freshness.reached(freshness.Step.SERVED, code, data_epoch=newest_end, seconds=seconds, clock=resources.clock)


async def _noted(read: DaysRead, halves: Halves, start_epoch: int, end_epoch: int) -> Annotations:
    return await annotate(
        read.resources.engine,
        read.resources.store.engine,
        read.point.id,
        halves.starts[halves.known].tolist(),
        start_epoch=start_epoch,
        end_epoch=end_epoch,
        now_epoch=read.now_epoch,
    )


def _days(start_epoch: int, end_epoch: int, time_zone: str) -> tuple[date, date]:
    return day_at(start_epoch, time_zone).day, day_at(end_epoch - 1, time_zone).day


def _revisions(read: DaysRead) -> list[schemas.DayRevision]:
    revisions = read.revisions()
    return [
        schemas.DayRevision.model_construct(day=day, revision=revisions.get(day))
        for day in days(read.first_on, read.end_on)
    ]
