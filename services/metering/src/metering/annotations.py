"""What stands beside a point's half hours when they are shown: the reason of each gap, the marks of the journal.

Worked out on reading, from the registry, the links' history and the journal as they are then: a gap that is filled
loses its reason, and a mark moves when its entry closes.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from metering.domain.gaps import Evidence, GapRun, gap_runs
from metering.domain.intervals import STEP_SECONDS
from metering.domain.journal_spans import spans_of
from metering.domain.local_days import instant
from metering.domain.marks import MarkRun, mark_runs
from metering.repository.link_changes import link_changes, memory_days
from metering.repository.registry import places_of
from metering.store.engine import Engine
from metering.store.spans import read_entries, read_until


@dataclass(frozen=True, slots=True)
class Annotations:
    """Runs of half hours [start, end): why they are missing, and what the journal says of them."""

    gaps: Sequence[GapRun]
    marks: Sequence[MarkRun]


async def annotate(
    engine: AsyncEngine,
    store: Engine,
    point_id: UUID,
    present: Collection[int],
    *,
    start_epoch: int,
    end_epoch: int,
    now_epoch: float,
) -> Annotations:
    """Say of [start, end) why what is not `present` is missing, and which half hours journal entries overlap.

    `present`: the starts that are stored. Raises StoreAway.
    """
    evidence = await evidence_of(
        engine, store, point_id, start_epoch=start_epoch, end_epoch=end_epoch, now_epoch=now_epoch
    )

    def run() -> Annotations:
        gaps = gap_runs(present, start_epoch=start_epoch, end_epoch=end_epoch, evidence=evidence)
        until = min(end_epoch, int(-(-now_epoch // STEP_SECONDS)) * STEP_SECONDS)
        return Annotations(gaps, mark_runs(evidence.spans, start_epoch=start_epoch, end_epoch=until))

    return await asyncio.to_thread(run)


async def evidence_of(
    engine: AsyncEngine,
    store: Engine,
    point_id: UUID,
    *,
    start_epoch: int,
    end_epoch: int,
    now_epoch: float,
) -> Evidence:
    """Gather what is known of a point around [start, end). Raises StoreAway."""
    async with engine.connect() as connection:
        places = await places_of(connection, point_id)
        meters = sorted({place.meter_id for place in places}, key=str)
        links = await link_changes(connection, meters, since=instant(start_epoch), until=instant(now_epoch))
        memory = await memory_days(connection, meters)
    entries = await read_entries(store, [point_id], start_epoch=start_epoch, end_epoch=end_epoch)
    return Evidence(
        places=places,
        spans=spans_of(entries),
        links=links,
        read_until=await read_until(store, point_id, since_epoch=start_epoch),
        memory_days=memory,
        now_epoch=now_epoch,
    )
