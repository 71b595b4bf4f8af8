"""HTTP of the half-hour profile of a point."""

from datetime import UTC
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from metering.annotations import annotate
from metering.domain import profile
from metering.endpoints.scope import Instant, OurResources, SeenPoint, answer
from metering.schemas import profile as schemas
from metering.schemas.annotations import gaps_of, marks_of

router = APIRouter()


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
    noted = await annotate(
        resources.engine,
        resources.store.engine,
        row.id,
        halves.starts[halves.known].tolist(),
        start_epoch=start_epoch,
        end_epoch=end_epoch,
        now_epoch=resources.clock.now().timestamp(),
    )
    series = profile.series(halves, start_epoch=start_epoch, end_epoch=end_epoch, step=step)
    return answer(
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
            gaps=gaps_of(noted.gaps),
            marks=marks_of(noted.marks),
        )
    )
