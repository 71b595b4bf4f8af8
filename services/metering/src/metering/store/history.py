"""Every version of one half hour, as it was stored: nothing is ever taken away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from metering.domain.intervals import CHANNELS
from metering.store import blocks
from metering.store.engine import Engine
from metering.store.telemetry import NEWEST
from topics.quality import Quality

# A repeat is another row until the engine has merged it: the first of them tells since when the value is known.
VERSIONS: Final = (
    f"SELECT version, {', '.join(CHANNELS)}, flags, toString(quality) AS quality, ratio, meter_id,"  # noqa: S608 -- names
    " toUnixTimestamp(min(stored_at)) AS known_epoch FROM intervals"
    " WHERE point_id = {point_id:UUID} AND start = toDateTime({start:UInt32}, 'UTC')"
    f" GROUP BY version, {', '.join(CHANNELS)}, flags, quality, ratio, meter_id"
    f" ORDER BY {NEWEST.replace('stored_at', 'known_epoch')} LIMIT 1000"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """One version of a half hour; energies of the meter's side. `known_at`: when it was stored."""

    version: int
    energies: tuple[int | None, ...]
    quality: Quality
    flags: int
    ratio: int
    meter_id: UUID
    known_at: datetime


async def read_versions(engine: Engine, point_id: UUID, start: int) -> list[StoredVersion]:
    """Return the versions of the half hour from `start`, the one that counts first."""
    rows = await engine.rows(VERSIONS, {"point_id": str(point_id), "start": start})
    return [
        StoredVersion(
            version=row["version"],
            energies=tuple(row[channel] for channel in CHANNELS),
            quality=Quality(row["quality"]),
            flags=row["flags"],
            ratio=row["ratio"],
            meter_id=row["meter_id"],
            known_at=blocks.instant(row["known_epoch"]),
        )
        for row in rows
    ]
