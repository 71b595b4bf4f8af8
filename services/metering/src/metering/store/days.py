"""Days of many points out of the store, read alike by all who judge, close, check or replay; and values written."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from metering.domain.intervals import CHANNELS, STEP_SECONDS, STORED
from metering.domain.local_days import LocalDay
from metering.domain.own_versions import OwnVersion
from metering.domain.profile import LAST_EPOCH
from metering.domain.reconciliation import FURTHEST_SECONDS, StoredSlot
from metering.domain.registers import StoredSnapshot
from metering.store import blocks
from metering.store.blocks import SNAPSHOT_COLUMNS
from metering.store.engine import Engine
from metering.store.telemetry import NEWEST
from topics.quality import DECISION_RANK, RANK_FACTOR, is_decided

Slots = dict[int, StoredSlot]

# Half hours on each side that are read with a day to be judged.
NEIGHBOURS: Final = 24
# A reading further back than this is not looked for.
SILENT_SECONDS: Final = 30 * 86_400

SLOTS: Final = (
    "SELECT indexOf({points:Array(UUID)}, point_id) AS number, start,"  # noqa: S608 -- names from this module
    f" {', '.join(CHANNELS)}, quality, flags, version, ratio, toString(meter_id) AS meter,"
    " toUnixTimestamp(stored_at) AS stored"
    " FROM intervals WHERE point_id IN {points:Array(UUID)}"
    " AND start >= toDateTime({start:UInt32}, 'UTC') AND start < toDateTime({end:UInt32}, 'UTC')"
    " AND stored_at <= toDateTime({known_by:UInt32}, 'UTC')"
    f" ORDER BY point_id, start, {NEWEST} LIMIT 1 BY point_id, start"
)
# The newest that came by itself, and the newest that was decided, of each half hour.
AUTOMATIC_AND_DECIDED: Final = f"{SLOTS}, version >= {DECISION_RANK * RANK_FACTOR}"
SNAPSHOTS: Final = (
    f"SELECT {SNAPSHOT_COLUMNS} FROM registers WHERE point_id IN {{points:Array(UUID)}}"  # noqa: S608 -- a constant
    " AND at >= toDateTime({start:UInt32}, 'UTC') AND at <= toDateTime({end:UInt32}, 'UTC')"
    " ORDER BY point_id, at, meter_id, frames_sha256 LIMIT 1 BY point_id, at, meter_id, frames_sha256"
)
# The last reading before: of a meter that was silent, the first one of the day is compared with it. By the key alone.
LAST_BEFORE: Final = f"""
SELECT {SNAPSHOT_COLUMNS} FROM registers
WHERE point_id IN {{points:Array(UUID)}}
    AND (point_id, at) IN (
        SELECT point_id, max(at) FROM registers
        WHERE point_id IN {{points:Array(UUID)}} AND at < toDateTime({{start:UInt32}}, 'UTC')
            AND at >= toDateTime({{earliest:UInt32}}, 'UTC')
        GROUP BY point_id
    )
ORDER BY point_id, at, frames_sha256 LIMIT 1 BY point_id
"""  # noqa: S608 -- a constant


@dataclass(frozen=True, slots=True)
class DayRows:
    """What is stored of a point's day. `slots`: what counts; `automatic`: the same without what was decided."""

    slots: dict[int, StoredSlot] = field(default_factory=dict)
    automatic: dict[int, StoredSlot] = field(default_factory=dict)
    snapshots: list[StoredSnapshot] = field(default_factory=list)


async def read_days(
    engine: Engine, point_ids: Sequence[UUID], day: LocalDay, *, neighbours: int = NEIGHBOURS
) -> Mapping[UUID, DayRows]:
    """Return what is stored of the day of each point, with so many half hours on each side, and the readings of it.

    A point of which nothing is stored has empty rows. Raises StoreAway for a fault that passes with time.
    """
    around = neighbours * STEP_SECONDS
    found = {point_id: DayRows() for point_id in point_ids}
    slots = _slots(engine, AUTOMATIC_AND_DECIDED, point_ids, start=day.start_epoch - around, end=day.end_epoch + around)
    for point_id, start, slot in await slots:
        rows = found[point_id]
        rows.slots.setdefault(start, slot)
        if not is_decided(slot.version):
            rows.automatic[start] = slot
    for snapshot in await _snapshots(engine, point_ids, day):
        found[snapshot.point_id].snapshots.append(snapshot)
    return found


async def read_slots(
    engine: Engine, point_ids: Sequence[UUID], *, start_epoch: int, end_epoch: int, known_by: datetime | None = None
) -> dict[UUID, Slots]:
    """Return by point the half hours that begin in [start, end), by the newest version stored by `known_by`."""
    found: dict[UUID, Slots] = defaultdict(dict)
    for point_id, start, slot in await _slots(
        engine, SLOTS, point_ids, start=start_epoch, end=end_epoch, known_by=known_by
    ):
        found[point_id][start] = slot
    return found


async def write_values(engine: Engine, values: Sequence[OwnVersion], *, stored_at: datetime) -> int:
    """Write values beside the ones that are there and return how many they are. A repeat changes nothing."""
    return await engine.insert("intervals", lambda: blocks.own_block(values, stored_at))


async def _slots(
    engine: Engine, statement: str, point_ids: Sequence[UUID], *, start: int, end: int, known_by: datetime | None = None
) -> Iterator[tuple[UUID, int, StoredSlot]]:
    asked = {
        "points": [str(point_id) for point_id in point_ids],
        "start": max(0, start),
        "end": end,
        "known_by": LAST_EPOCH - 1 if known_by is None else int(known_by.timestamp()),
    }
    columns = await engine.read(lambda client: client.query_arrow(statement, parameters=asked).to_pydict())
    energies = zip(*(columns[channel] for channel in CHANNELS), strict=True)
    others = (columns[name] for name in ("quality", "flags", "version", "ratio", "meter", "stored"))
    return (
        (point_ids[number - 1], first, StoredSlot(energy, STORED[quality], *rest))
        for number, first, energy, quality, *rest in zip(
            columns["number"], columns["start"], energies, *others, strict=True
        )
    )


async def _snapshots(engine: Engine, point_ids: Sequence[UUID], day: LocalDay) -> list[StoredSnapshot]:
    points = [str(point_id) for point_id in point_ids]
    start, end = max(0, day.start_epoch - FURTHEST_SECONDS), day.end_epoch + FURTHEST_SECONDS
    near = {"points": points, "start": start, "end": end}
    earliest = {"points": points, "start": start, "earliest": max(0, start - SILENT_SECONDS)}

    def read(client: Any) -> list[dict[str, Any]]:
        queries = ((LAST_BEFORE, earliest), (SNAPSHOTS, near))
        return [row for text, asked in queries for row in client.query(text, parameters=asked).named_results()]

    return [blocks.snapshot(row) for row in await engine.read(read)]
