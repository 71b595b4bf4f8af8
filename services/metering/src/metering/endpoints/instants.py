"""HTTP of instant values: what the meter of a point shows now, and its power in the last hours."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from metering.domain.instants import StoredInstants
from metering.endpoints.scope import OurResources, SeenPoint, answer
from metering.schemas import instants as schemas
from metering.store.instants import read_instants
from topics.quality import Quality

MINUTES_A_DAY: Final = 1_440
# Some readings a minute, should an operator have them read so often.
MOST: Final = 5_000
# What was shown longer ago tells nothing of the present.
NEWEST_WITHIN: Final = timedelta(days=1)

router = APIRouter()


@router.get("/points/{point_id}/instants", response_model=schemas.PointInstants)  # noqa: FAST003 -- SeenPoint takes it
async def show_instants(
    row: SeenPoint,
    resources: OurResources,
    minutes: Annotated[int, Query(ge=1, le=MINUTES_A_DAY, description="Of the history, back from now.")] = 60,
) -> Response:
    """The newest instant values of the last day, and the power of the last minutes."""
    now = resources.clock.now()
    newest = await read_instants(resources.store.engine, row.id, after=now - NEWEST_WITHIN, until=now, limit=1)
    since = now - timedelta(minutes=minutes)
    found = await read_instants(resources.store.engine, row.id, after=since, until=now, limit=MOST) if newest else []
    found.reverse()
    return answer(
        schemas.PointInstants(
            point_id=row.id,
            time_zone=row.time_zone,
            as_of=newest[0].at if newest else None,
            latest=_shown(newest[0]) if newest else None,
            history=schemas.PowerHistory(
                times=[each.at for each in found], power_w=[_primary(each.power_w, each.ratio) for each in found]
            ),
        )
    )


def _shown(found: StoredInstants) -> schemas.InstantValues:
    phases = zip(found.phase_powers_w, found.voltages_mv, found.currents_ma, strict=True)
    return schemas.InstantValues(
        at=found.at,
        power_w=_primary(found.power_w, found.ratio),
        reactive_power_var=_primary(found.reactive_power_var, found.ratio),
        power_factor_thousandths=found.power_factor_thousandths,
        frequency_millihertz=found.frequency_millihertz,
        quality=Quality.RAW,
        phases=[
            schemas.PhaseInstant(
                phase=phase, power_w=_primary(power, found.ratio), voltage_mv=voltage, current_ma=current
            )
            for phase, (power, voltage, current) in enumerate(phases, start=1)
        ],
    )


def _primary(value: int | None, ratio: int) -> int | None:
    return None if value is None else value * ratio
