"""What tells of a period from beside it: journal entries that reach into it, and how far each meter has been read."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from metering.domain.journal_spans import MARK_OF_JOURNAL, MEMORY_INITIALISED
from metering.domain.journals import StoredEntry
from metering.domain.profile import LAST_EPOCH
from metering.domain.qualities import METERED
from metering.store import blocks
from metering.store.blocks import ENTRY_COLUMNS
from metering.store.engine import Engine
from metering.store.journals import MAX_ENTRIES

# An outage lies between two records: the one before the period and the one behind it are needed too. So is an
# initialisation that wiped out what had not been read yet.
BEYOND: Final = ("01", "03", "04", "05", MEMORY_INITIALISED)
AROUND_SECONDS: Final = 400 * 86_400

ENTRIES: Final = (
    f"SELECT {ENTRY_COLUMNS} FROM journal FINAL WHERE point_id IN {{points:Array(UUID)}}"  # noqa: S608 -- a constant
    " AND journal IN {journals:Array(String)}"
    " AND opened_at < toDateTime({end:UInt32} + {around:UInt32}, 'UTC')"
    " AND ((journal IN {beyond:Array(String)} AND opened_at > toDateTime({after:UInt32}, 'UTC'))"
    " OR (opened_at < toDateTime({end:UInt32}, 'UTC')"
    " AND (closed_at IS NULL OR closed_at >= toDateTime({start:UInt32}, 'UTC')"
    " OR opened_at >= toDateTime({start:UInt32}, 'UTC'))))"
    " ORDER BY point_id, opened_at DESC, entry_id LIMIT {most:UInt32} BY point_id"
)
READ_UNTIL: Final = (
    "SELECT toString(meter_id) AS meter, toUnixTimestamp(max(start)) + 1800 AS read_until FROM intervals"  # noqa: S608 -- names from this module
    " WHERE point_id = {point_id:UUID} AND start >= toDateTime({start:UInt32}, 'UTC')"
    f" AND quality IN ({', '.join(sorted(repr(each.value) for each in METERED))}) GROUP BY meter"
)


async def read_entries(
    engine: Engine, point_ids: Sequence[UUID], *, start_epoch: int, end_epoch: int
) -> list[StoredEntry]:
    """Return the entries that may mark half hours of [start, end), and those beside it that outages need.

    Of each point the newest MAX_ENTRIES, in no order.
    """
    rows = await engine.rows(
        ENTRIES,
        {
            "points": [str(point_id) for point_id in point_ids],
            "journals": sorted(MARK_OF_JOURNAL),
            "beyond": list(BEYOND),
            "most": MAX_ENTRIES,
            "start": start_epoch,
            "end": end_epoch,
            "after": max(0, start_epoch - AROUND_SECONDS),
            "around": AROUND_SECONDS if end_epoch + AROUND_SECONDS < LAST_EPOCH else 0,
        },
    )
    return [blocks.entry(row) for row in rows]


async def read_until(engine: Engine, point_id: UUID, *, since_epoch: int) -> dict[str, int]:
    """Return by meter the end of its newest half hour that it measured, of those that began since then."""
    rows = await engine.rows(READ_UNTIL, {"point_id": str(point_id), "start": since_epoch})
    return {row["meter"]: int(row["read_until"]) for row in rows}
