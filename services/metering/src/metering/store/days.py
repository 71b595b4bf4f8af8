"""Whole days of many points out of the telemetry store, as the daily ledger and a replay need them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from metering.domain.intervals import CHANNELS, STEP_SECONDS, STORED
from metering.domain.local_days import LocalDay
from metering.domain.profile import LAST_EPOCH
from metering.domain.reconciliation import FURTHEST_SECONDS, StoredSlot
from metering.domain.registers import StoredSnapshot
from metering.store import blocks
from metering.store.blocks import SNAPSHOT_COLUMNS
from metering.store.engine import Engine
from metering.store.telemetry import NEWEST

Slots = dict[int, StoredSlot]

SLOTS: Final = (
    "SELECT indexOf({points:Array(UUID)}, point_id) AS number, start,"  # noqa: S608 -- names from this module
    f" {', '.join(CHANNELS)}, quality, flags, version, ratio, toString(meter_id) AS meter,"
    " toUnixTimestamp(stored_at) AS stored"
    " FROM intervals WHERE point_id IN {points:Array(UUID)}"
    " AND start >= toDateTime({start:UInt32}, 'UTC') AND start < toDateTime({end:UInt32}, 'UTC')"
    " AND stored_at <= toDateTime({known_by:UInt32}, 'UTC')"
    f" ORDER BY point_id, start, {NEWEST} LIMIT 1 BY point_id, start"
)
SNAPSHOTS: Final = (
    f"SELECT {SNAPSHOT_COLUMNS} FROM registers WHERE point_id IN {{points:Array(UUID)}}"  # noqa: S608 -- a constant
    " AND (abs(toInt64(toUnixTimestamp(at)) - {start:UInt32}) <= {near:UInt32}"
    " OR abs(toInt64(toUnixTimestamp(at)) - {end:UInt32}) <= {near:UInt32})"
    " AND at >= toDateTime({start:UInt32} - {near:UInt32}, 'UTC')"
    " AND at <= toDateTime({end:UInt32} + {near:UInt32}, 'UTC')"
    " ORDER BY point_id, at, meter_id, frames_sha256 LIMIT 1 BY point_id, at, meter_id, frames_sha256"
)


async def read_days(
    engine: Engine, point_ids: Sequence[UUID], day: LocalDay
) -> tuple[dict[UUID, Slots], dict[UUID, list[StoredSnapshot]]]:
    """Return by point the half hours of a day, with one more on each side, and the readings near its borders.

    Raises StoreAway for a fault that passes with time.
    """
    slots = await read_slots(
        engine, point_ids, start_epoch=day.start_epoch - STEP_SECONDS, end_epoch=day.end_epoch + STEP_SECONDS
    )
    rows = await engine.rows(
        SNAPSHOTS,
        {
            "points": [str(point_id) for point_id in point_ids],
            "start": day.start_epoch,
            "end": day.end_epoch,
            "near": FURTHEST_SECONDS,
        },
    )
    snapshots: dict[UUID, list[StoredSnapshot]] = defaultdict(list)
    for row in rows:
        snapshots[row["point_id"]].append(blocks.snapshot(row))
    return slots, snapshots


async def read_slots(
    engine: Engine, point_ids: Sequence[UUID], *, start_epoch: int, end_epoch: int, known_by: datetime | None = None
) -> dict[UUID, Slots]:
    """Return by point the half hours that begin in [start, end), by the newest version stored by `known_by`."""
    parameters = {
        "points": [str(point_id) for point_id in point_ids],
        "start": start_epoch,
        "end": end_epoch,
        "known_by": LAST_EPOCH - 1 if known_by is None else int(known_by.timestamp()),
    }
    columns = await engine.read(lambda client: client.query_arrow(SLOTS, parameters=parameters).to_pydict())
    found: dict[UUID, Slots] = defaultdict(dict)
    energies = zip(*(columns[channel] for channel in CHANNELS), strict=True)
    others = (columns[name] for name in ("quality", "flags", "version", "ratio", "meter", "stored"))
    for number, start, energy, quality, *rest in zip(
        columns["number"], columns["start"], energies, *others, strict=True
    ):
        found[point_ids[number - 1]][start] = StoredSlot(energy, STORED[quality], *rest)
    return found
