"""Weeks around a day as the estimation needs them: register readings, thinned out away from the day, and months."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from metering.domain.local_days import LocalDay
from metering.domain.registers import StoredSnapshot
from metering.store import blocks
from metering.store.blocks import SNAPSHOT_COLUMNS
from metering.store.engine import Engine

DAY_SECONDS: Final = 86_400
MONTHS_SECONDS: Final = 430 * DAY_SECONDS

# Away from the day the first of each six hours: an estimate needs the readings that are nearest to its gaps.
READINGS: Final = (
    f"SELECT {SNAPSHOT_COLUMNS} FROM registers WHERE point_id IN {{points:Array(UUID)}}"  # noqa: S608 -- a constant
    " AND at >= toDateTime({first:UInt32}, 'UTC') AND at <= toDateTime({last:UInt32}, 'UTC')"
    " ORDER BY point_id, at, meter_id, frames_sha256"
    " LIMIT 1 BY point_id, meter_id, if(at >= toDateTime({near:UInt32}, 'UTC') AND at <= toDateTime({far:UInt32},"
    " 'UTC'), toDateTime(at, 'UTC'), toStartOfInterval(at, INTERVAL 6 HOUR, 'UTC'))"
)
MONTHS: Final = (
    f"SELECT {SNAPSHOT_COLUMNS} FROM registers WHERE point_id IN {{points:Array(UUID)}}"  # noqa: S608 -- a constant
    " AND at >= toDateTime({first:UInt32}, 'UTC') AND at <= toDateTime({last:UInt32}, 'UTC')"
    " ORDER BY point_id, at, frames_sha256 LIMIT 1 BY point_id, toStartOfMonth(toTimeZone(at, {zone:String}))"
)


async def read_readings(
    engine: Engine, point_ids: Sequence[UUID], day: LocalDay, *, first_epoch: int, last_epoch: int
) -> dict[UUID, list[StoredSnapshot]]:
    """Return the readings of [first, last] by point, in order; all of them within a day of `day`. Raises StoreAway."""
    asked = {
        "points": [str(point_id) for point_id in point_ids],
        "first": max(0, first_epoch),
        "last": last_epoch,
        "near": max(0, day.start_epoch - DAY_SECONDS),
        "far": day.end_epoch + DAY_SECONDS,
    }
    return _by_point(await engine.rows(READINGS, asked))


async def read_months(engine: Engine, point_ids: Sequence[UUID], day: LocalDay) -> dict[UUID, list[StoredSnapshot]]:
    """Return by point the first reading of each local month, of fourteen months up to the day. Raises StoreAway."""
    asked = {
        "points": [str(point_id) for point_id in point_ids],
        "first": max(0, day.start_epoch - MONTHS_SECONDS),
        "last": day.end_epoch,
        "zone": day.time_zone,
    }
    return _by_point(await engine.rows(MONTHS, asked))


def _by_point(rows: Sequence[dict[str, object]]) -> dict[UUID, list[StoredSnapshot]]:
    found: dict[UUID, list[StoredSnapshot]] = defaultdict(list)
    for row in rows:
        snapshot = blocks.snapshot(row)
        found[snapshot.point_id].append(snapshot)
    return found
