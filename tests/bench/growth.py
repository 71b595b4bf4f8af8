"""What a stored half hour takes: bytes in rows and in arrays of a day, and processor time as the store grows.

By default up to 4 million half hours; `python -m tests.bench.growth 50` goes up to 50 million, in some minutes.
"""

import asyncio
import sys
import tempfile
import time
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
from tests.bench.big_store import PLAIN
from tests.bench.ingest import NOW, START
from tests.bench.rows import Row
from tests.unit.metering.telemetry import Place

from metering.domain.interval_columns import INTERVAL_COLUMNS
from metering.domain.intervals import check_blocks
from metering.domain.registry import Registry
from metering.pipeline.garbage import search_rarely
from metering.settings import Settings
from metering.store.engine import Engine, migrate, open_engine
from metering.store.telemetry import Store
from topics.poller import INTERVAL_BLOCKS

MILLIONS: Final = 4
DAYS: Final = 31
SLOTS: Final = 48
BATCH: Final = 2_000
READS: Final = 40
HEADERS: Final = INTERVAL_BLOCKS.headers()
# As a household takes: some tens of Wh always, hundreds in the evening.
SHAPE, MEAN_WH = 2.0, 80
DAYS_IN_ARRAYS: Final = """
CREATE TABLE days_in_arrays
(
    point_id UUID CODEC(ZSTD(1)), day Date CODEC(DoubleDelta, ZSTD(1)), version UInt64 CODEC(Delta, ZSTD(1)),
    a_plus_wh Array(Int32) CODEC(T64, ZSTD(1)), a_minus_wh Array(Int32) CODEC(T64, ZSTD(1)),
    r_plus_varh Array(Int32) CODEC(T64, ZSTD(1)), r_minus_varh Array(Int32) CODEC(T64, ZSTD(1)),
    quality Array(Int8) CODEC(ZSTD(1)), flags Array(UInt8) CODEC(ZSTD(1)),
    meter_id UUID CODEC(ZSTD(1)), ratio UInt32 CODEC(ZSTD(1)), stored_after_seconds Int32 CODEC(T64, ZSTD(1))
)
ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (point_id, day)
"""
FILL_ARRAYS: Final = """
INSERT INTO days_in_arrays
SELECT point_id, toDate(start) AS day, any(version), groupArray(assumeNotNull(a_plus_wh)),
    groupArray(assumeNotNull(a_minus_wh)), groupArray(assumeNotNull(r_plus_varh)),
    groupArray(assumeNotNull(r_minus_varh)), groupArray(CAST(quality, 'Int8')), groupArray(flags), any(meter_id),
    any(ratio), any(stored_after_seconds)
FROM (SELECT * FROM intervals ORDER BY point_id, start) GROUP BY point_id, day ORDER BY point_id, day
"""
SIZE: Final = (
    "SELECT sum(data_compressed_bytes) FROM system.columns WHERE database = currentDatabase() AND table = '{}'"
)


async def run(millions: int = MILLIONS) -> list[Row]:
    """Measure stores of 1, 2, 4 … million half hours, each twice as many points of a month as the one before."""
    random, rows = np.random.default_rng(1), []
    sizes = [1]
    while sizes[-1] < millions:
        sizes.append(min(2 * sizes[-1], millions))
    first: tuple[float, float] | None = None
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"database_url": "postgresql://none", "clickhouse_path": Path(folder)})
        await migrate(settings)
        search_rarely()
        async with open_engine(settings) as engine:
            for size in sizes:
                await engine.write(lambda client: client.command("TRUNCATE TABLE intervals"))
                stored, read = await _grown(engine, random, size * 1_000_000 // SLOTS // DAYS)
                first = first or (stored, read)
                smallest = f"at {sizes[0]} million"
                rows += [
                    Row(f"growth.stored_at_{size}m", stored * 1e6, "core-µs/interval", smallest, stored / first[0]),
                    Row(f"growth.month_at_{size}m", read * 1e3, "ms", smallest, read / first[1]),
                ]
            return [*rows, *await engine.write(_bytes)]


async def _grown(engine: Engine, random: Any, points: int) -> tuple[float, float]:
    """Return the processor time of storing an interval, and the time of reading a month of a point."""
    places = [Place() for _ in range(points)]
    registry, store = Registry.of([place.installed() for place in places], {}), Store(engine)
    taken, intervals = 0.0, 0
    for day in range(DAYS):
        for first in range(0, points, BATCH):
            batch = [_message(place, day, random) for place in places[first : first + BATCH]]
            began = time.process_time()
            blocks = [INTERVAL_COLUMNS.decode(message, HEADERS) for message in batch]
            intervals += await store.insert_intervals(check_blocks(blocks, registry, now_epoch=2e9), stored_at=NOW)
            taken += time.process_time() - began
    began = time.perf_counter()
    numbers = count()
    for _ in range(READS):
        values = {
            "point_id": str(places[next(numbers) * 7 % points].point_id),
            "start": int(START.timestamp()),
            "end": int((START + timedelta(days=DAYS)).timestamp()),
        }
        await engine.read(lambda client, values=values: client.query_arrow(PLAIN, parameters=values))  # type: ignore[misc]
    return taken / intervals, (time.perf_counter() - began) / READS


def _message(place: Place, day: int, random: Any) -> bytes:
    loads = random.gamma(SHAPE, MEAN_WH / SHAPE, SLOTS).astype(int).tolist()
    nothing: list[int | None] = [0] * SLOTS
    block = place.block(
        loads,
        a_minus_wh=nothing,
        r_plus_varh=[load // 3 for load in loads],
        r_minus_varh=nothing,
        start=START + timedelta(days=day),
        polled_at=START + timedelta(days=day + 1, minutes=1),
    )
    return INTERVAL_BLOCKS.encode(block)


def _bytes(client: Any) -> list[Row]:
    """Bytes of the largest store, merged."""
    client.command("OPTIMIZE TABLE intervals FINAL")
    client.command(DAYS_IN_ARRAYS)
    client.command(FILL_ARRAYS)
    client.command("OPTIMIZE TABLE days_in_arrays FINAL")
    stored = int(client.command("SELECT count() FROM intervals"))
    return [
        Row(
            f"bytes.{name}",
            int(client.command(SIZE, parameters={"table": table})) / stored,
            "bytes/interval",
            None,
            None,
        )
        for name, table in (("rows", "intervals"), ("days_in_arrays", "days_in_arrays"))
    ]


if __name__ == "__main__":
    for row in asyncio.run(run(int(sys.argv[1]) if sys.argv[1:] else MILLIONS)):
        sys.stdout.write(f"{row}\n")
