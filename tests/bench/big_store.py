"""`python -m tests.bench.big_store FOLDER METERS`: a year of many meters, and what the plain query makes of it.

A process of its own: the embedded engine lets one process at a folder, and the stack is the next one there.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from metering.domain.intervals import STEP_SECONDS
from metering.settings import Settings
from metering.store.engine import Engine, migrate, open_engine
from metering.store.telemetry import NEWEST
from topics.quality import Quality, value_version

DAYS = 372
ASKED = 480
AT_ONCE = 16
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FILL = """
INSERT INTO intervals (point_id, start, version, a_plus_wh, a_minus_wh, r_plus_varh, r_minus_varh, quality, flags,
    meter_id, ratio, stored_after_seconds)
SELECT toUUID(concat('0193b000-0000-7000-8000-', leftPad(lower(hex(p)), 12, '0'))) AS point,
    toDateTime({first:UInt32} + s * 1800, 'UTC') AS at,
    {version:UInt64} + {first:UInt32} + s * 1800 + 3600, 100 + cityHash64(p, s) % 900, 0, cityHash64(s, p) % 200, 0,
    'VALID', 0, point, 1, 60
FROM (SELECT number AS p FROM numbers({meters:UInt32})) AS meters
CROSS JOIN (SELECT number AS s FROM numbers({slots:UInt32})) AS slots
ORDER BY point, at
"""
PLAIN = (
    "SELECT start, a_plus_wh AS value, ratio, quality FROM intervals"  # noqa: S608 -- a constant
    " WHERE point_id = {point_id:UUID} AND start >= toDateTime({start:UInt32}, 'UTC')"
    " AND start < toDateTime({end:UInt32}, 'UTC')"
    f" ORDER BY start, {NEWEST} LIMIT 1 BY start"
)


def point_id(number: int) -> UUID:
    """Return the id of a meter's point, as FILL makes it."""
    return UUID(f"0193b000-0000-7000-8000-{number:012x}")


def end_of_store(now: datetime) -> datetime:
    """Return the half hour that runs: rows end with the one before it."""
    return now - timedelta(seconds=now.timestamp() % STEP_SECONDS)


def months(first: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return the pieces of [first, end) by calendar month, as the store is partitioned."""
    borders = [first]
    while borders[-1] < end:
        following = (borders[-1].replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0)
        borders.append(min(following, end))
    return list(pairwise(borders))


def fill(client: Any, *, meters: int, end: datetime) -> int:
    """Write every half hour of the meters up to `end`, merged, and return how many rows there are."""
    version = value_version(Quality.VALID, EPOCH)
    for first, last in months(end - timedelta(days=DAYS), end):
        slots = int((last - first).total_seconds()) // STEP_SECONDS
        values = {"first": int(first.timestamp()), "version": version, "meters": meters, "slots": slots}
        client.command(FILL, parameters=values)
        client.command(f"OPTIMIZE TABLE intervals PARTITION {first:%Y%m} FINAL")
    return int(client.command("SELECT count() FROM intervals"))


async def plain_rate(engine: Engine, *, meters: int, start: datetime, end: datetime) -> tuple[float, list[float]]:
    """Return queries a second of one point's day, 16 at once over two threads, and each one's seconds."""
    taken: list[float] = []

    def query(client: Any, *, values: dict[str, Any]) -> Any:
        return client.query_arrow(PLAIN, parameters=values)

    async def ask(numbers: range) -> None:
        for number in numbers:
            values = {
                "point_id": str(point_id(number * 7 % meters)),
                "start": int(start.timestamp()),
                "end": int(end.timestamp()),
            }
            began = time.perf_counter()
            await engine.read(partial(query, values=values))
            taken.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(ask(range(first, ASKED, AT_ONCE)) for first in range(AT_ONCE)))
    return ASKED / (time.perf_counter() - began), taken


async def run(folder: Path, meters: int) -> dict[str, float]:
    """Fill the folder if it is empty, and measure."""
    settings = Settings.model_validate({"database_url": "postgresql://none", "clickhouse_path": folder})
    await migrate(settings)
    end = end_of_store(datetime.now(UTC))
    today = end.replace(hour=0, minute=0)
    async with open_engine(settings) as engine:
        began = time.perf_counter()
        rows = await engine.write(lambda client: fill(client, meters=meters, end=end))
        filled = time.perf_counter() - began
        window = {"start": today - timedelta(hours=3), "end": today + timedelta(hours=21)}
        await plain_rate(engine, meters=meters, **window)
        rate, taken = await plain_rate(engine, meters=meters, **window)
    return {"rows": rows, "fill_seconds": filled, "plain_rate": rate, "plain_p50_ms": sorted(taken)[ASKED // 2] * 1e3}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2])))))
