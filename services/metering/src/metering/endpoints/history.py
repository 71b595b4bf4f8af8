"""HTTP of the history of one half hour: every version, where it came from, who decided it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from common.http.auth import CurrentReader
from metering.domain.estimation.stored import StoredEstimate
from metering.domain.intervals import CHANNELS, STEP_SECONDS
from metering.domain.local_days import instant
from metering.domain.profile import LAST_EPOCH
from metering.endpoints.scope import Instant, OurResources, SeenPoint, answer
from metering.errors import InvalidPeriod
from metering.repository.edits import Edit, edits_of_slot
from metering.repository.estimates import estimates_of_slot
from metering.schemas import history as schemas
from metering.store.history import StoredVersion, read_versions
from topics.quality import RANK_FACTOR, Flag, billed_version, is_decided

router = APIRouter()

Source = Literal["meter", "estimate", "edit", "rule"]


@router.get(
    "/points/{point_id}/intervals/history",  # noqa: FAST003 -- SeenPoint takes it
    response_model=schemas.IntervalHistory,
)
async def show_interval_history(
    row: SeenPoint,
    caller: CurrentReader,
    resources: OurResources,
    start: Instant,
    as_of: Annotated[AwareDatetime | None, Query(description="As it was known then; null: now.")] = None,
) -> Response:
    """Every version of the half hour that begins at `start`, the one that counts first; nothing is ever erased."""
    epoch = start.timestamp()
    if epoch % STEP_SECONDS or not 0 <= epoch < LAST_EPOCH:
        raise InvalidPeriod("start must be the border of a half hour", code="period_off_grid")
    versions = await read_versions(resources.store.engine, row.id, int(epoch))
    async with resources.engine.connect() as connection:
        edits = await edits_of_slot(connection, row.id, int(epoch))
        estimates = await estimates_of_slot(connection, row.id, int(epoch))
    before_bill = {billed_version(each.version): each.version for each in versions}
    shows_people = caller.supplier is not None and "operator" in caller.roles
    return answer(
        schemas.IntervalHistory(
            point_id=row.id,
            start=instant(epoch),
            step_seconds=STEP_SECONDS,
            as_of=as_of or resources.clock.now(),
            items=[
                _version(
                    each, edits.get(made), estimates.get(made), is_by_a_rule=is_decided(made), shows_people=shows_people
                )
                for each in versions
                for made in [before_bill.get(each.version, each.version)]
                if as_of is None or each.known_at <= as_of
            ],
        )
    )


def _version(
    stored: StoredVersion,
    edit: Edit | None,
    estimate: StoredEstimate | None,
    *,
    is_by_a_rule: bool,
    shows_people: bool,
) -> schemas.IntervalVersion:
    """What a bill has used is shown with what it was before."""
    source: Source = "edit" if edit else "estimate" if estimate else "rule" if is_by_a_rule else "meter"
    decided_by = edit.decided_by if edit is not None and edit.needs_second_person else None
    energies = (None if value is None else value * stored.ratio for value in stored.energies)
    return schemas.IntervalVersion.model_validate(
        {
            "version": stored.version,
            "quality": stored.quality.value,
            "flags": [str(flag.name) for flag in Flag if stored.flags & flag],
            **dict(zip(CHANNELS, energies, strict=True)),
            "source": source,
            "method": edit.kind.value if edit else estimate.method if estimate else None,
            "read_at": instant(stored.version % RANK_FACTOR) if source == "meter" else None,
            "known_at": stored.known_at,
            "actor": edit.asked_by if edit and shows_people else None,
            "second_person": decided_by if shows_people else None,
            "reason": edit.reason if edit else None,
            "document": edit.document if edit else None,
            "inputs": estimate.inputs if estimate else None,
            "parameters": estimate.parameters if estimate else None,
            "back_test": estimate.back_test if estimate else None,
        }
    )
