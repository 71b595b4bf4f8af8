"""HTTP only: path, caller, call, answer, declared errors.

What a caller may not see is answered like what is not there.
"""

from fastapi import APIRouter

from common.http.problems import declared
from metering.endpoints import (
    accounting,
    consumption,
    days,
    edits,
    history,
    instants,
    journals,
    patterns,
    planned_outages,
    points,
    power_quality,
    profile,
    replays,
    verdicts,
    watches,
)

router = APIRouter(prefix="/api/v1", tags=["metering"], responses=declared(401, 404, 422, 503))
for part in (
    points,
    profile,
    consumption,
    patterns,
    journals,
    power_quality,
    planned_outages,
    instants,
    watches,
    days,
    replays,
    accounting,
    edits,
    history,
    verdicts,
):
    router.include_router(part.router)
