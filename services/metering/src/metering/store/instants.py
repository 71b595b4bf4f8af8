"""Instant values of points: written as they come, the newest and a short history read by point."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pyarrow as pa

from metering.domain.instants import StoredInstants
from metering.store import blocks
from metering.store.engine import Engine

NUMBERS: Final = {
    "a_plus_wh": pa.int64(),
    "power_w": pa.int32(),
    "reactive_power_var": pa.int32(),
    "power_factor_thousandths": pa.int32(),
    "frequency_millihertz": pa.int32(),
}
PHASES: Final = ("phase_powers_w", "voltages_mv", "currents_ma")
COLUMNS: Final = ("point_id", "meter_id", "ratio", *NUMBERS, *PHASES)
# The newest ones stand at the end of a point's key; of repeats one is enough.
NEWEST: Final = (
    f"SELECT {', '.join(COLUMNS)}, toUnixTimestamp64Milli(at) AS at_milliseconds FROM instants"  # noqa: S608 -- names
    " WHERE point_id = {point_id:UUID} AND at > fromUnixTimestamp64Milli({after:Int64}, 'UTC')"
    " AND at <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')"
    " ORDER BY point_id DESC, at DESC, meter_id LIMIT 1 BY at LIMIT {limit:UInt32}"
)


async def insert_instants(engine: Engine, instants: Sequence[StoredInstants], *, stored_at: datetime) -> int:
    """Write instant values and return how many they are. A repeat changes nothing but stored_at."""
    return await engine.insert("instants", lambda: _block(instants, stored_at))


async def read_instants(
    engine: Engine, point_id: UUID, *, after: datetime, until: datetime, limit: int
) -> list[StoredInstants]:
    """Return up to `limit` instant values of a point in (after, until], the newest first. Raises StoreAway."""
    asked = {"after": blocks.milliseconds(after), "until": blocks.milliseconds(until)}
    rows = await engine.rows(NEWEST, {"point_id": str(point_id), "limit": limit} | asked)
    return [_read(row) for row in rows]


def _read(row: dict[str, Any]) -> StoredInstants:
    at = blocks.instant(0) + timedelta(milliseconds=row["at_milliseconds"])
    return StoredInstants(at=at, **{name: row[name] for name in COLUMNS})


def _block(instants: Sequence[StoredInstants], stored_at: datetime) -> Any:
    columns = {
        "point_id": pa.array([str(each.point_id) for each in instants], pa.string()),
        "at": pa.array([each.at for each in instants], pa.timestamp("ms", "UTC")),
        "meter_id": pa.array([str(each.meter_id) for each in instants], pa.string()),
        "ratio": pa.array([each.ratio for each in instants], pa.uint32()),
    }
    columns |= {name: pa.array([getattr(each, name) for each in instants], kind) for name, kind in NUMBERS.items()}
    columns |= {name: pa.array([getattr(each, name) for each in instants], pa.list_(pa.int32())) for name in PHASES}
    columns["stored_at"] = pa.array([int(stored_at.timestamp())] * len(instants), pa.uint32())
    return pa.table(columns)
