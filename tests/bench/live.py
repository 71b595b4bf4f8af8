"""How late a half hour is at a steady rate: from its being due in the log to stored, and to the supplier's stream.

Twenty seconds at 5,000 messages a second, each of one half hour, fed by a process of its own.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from tests.bench.broker import broker, fill
from tests.bench.ingest import NOW, START, TRAFFIC, steps_of, take
from tests.bench.rows import Row
from tests.unit.metering.telemetry import HALF_HOUR, Place

from common.kafka.bulk_publisher import BulkPublisher
from common.kafka.publisher import RawRecord
from common.settings import KafkaSettings
from metering.domain.interval_columns import INTERVAL_COLUMNS
from metering.domain.registry import Registry
from metering.pipeline.garbage import search_rarely
from metering.settings import Settings
from metering.store.engine import migrate, open_engine
from topics.poller import INTERVAL_BLOCKS
from topics.supplier import supplier_intervals

RATE: Final = 5_000
SECONDS: Final = 20
METERS: Final = 20_000
# The group is joined and the feeder has begun by then.
BEGIN_AFTER_SECONDS: Final = 5.0
GIVE_UP_SECONDS: Final = 60
COLUMNS: Final = replace(INTERVAL_COLUMNS, name="bench-steady-blocks-v1")
BLOCKS: Final = replace(INTERVAL_BLOCKS, name=COLUMNS.name)


@dataclass
class Timed:
    """Sends on, and notes of each half hour how late it is stored and told."""

    publisher: BulkPublisher
    numbers: dict[bytes, int]
    begin: float
    stored: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    seen: Counter[bytes] = field(default_factory=Counter)

    async def send_raw(self, records: Sequence[RawRecord]) -> None:
        stored_at = time.time()
        await self.publisher.send_raw(records)
        told_at = time.time()
        for _, _, key, _ in records:
            due = self.begin + self._number(key or b"") / RATE
            self.stored.append(stored_at - due)
            self.told.append(told_at - due)

    def _number(self, key: bytes) -> int:
        """The half hours of a point come in order."""
        number = self.numbers[key] + METERS * self.seen[key]
        self.seen[key] += 1
        return number


async def run() -> list[Row]:
    """Measure the 99th of a hundred."""
    places = [Place() for _ in range(METERS)]
    registry = Registry.of([place.installed() for place in places], {})
    demo: Any = supplier_intervals("demo")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records"
        file.write_bytes(b"\n".join(_line(places[n % METERS], n // METERS, n) for n in range(RATE * SECONDS)))
        settings = Settings.model_validate({"database_url": "postgresql://none", "clickhouse_path": Path(folder) / "s"})
        await migrate(settings)
        search_rarely()
        async with broker() as kafka, open_engine(settings) as engine:
            await asyncio.to_thread(fill, kafka, (BLOCKS, []), (demo, []))
            begin = time.time() + BEGIN_AFTER_SECONDS
            numbers = {str(place.point_id).encode(): number for number, place in enumerate(places)}
            timed = Timed(BulkPublisher(kafka), numbers, begin)
            feeder = await _feeder(kafka, file, begin)
            async with asyncio.timeout(GIVE_UP_SECONDS):
                await take(kafka, steps_of(engine, registry, timed), COLUMNS, RATE * SECONDS, limits=TRAFFIC)
            assert await feeder.wait() == 0
            await timed.publisher.close()
    return [
        Row(f"live.{name}_p{share}", sorted(late)[len(late) * share // 100], f"s at {RATE:,}/s", None, None)
        for name, late in (("stored", timed.stored), ("told", timed.told))
        for share in (50, 99)
    ]


async def _feeder(kafka: KafkaSettings, file: Path, begin: float) -> asyncio.subprocess.Process:
    words = {"BENCH_KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers}
    if kafka.kafka_username and kafka.kafka_password:
        words["BENCH_KAFKA_USERNAME"] = kafka.kafka_username
        words["BENCH_KAFKA_PASSWORD"] = kafka.kafka_password.get_secret_value()
    command = (sys.executable, "-m", "tests.bench.feeder", str(file), BLOCKS.name, str(RATE), str(begin))
    return await asyncio.create_subprocess_exec(*command, env=words)


def _line(place: Place, slot: int, number: int) -> bytes:
    start = START + slot * HALF_HOUR
    assert start < NOW
    block = place.block([number % 900], start=start, polled_at=start + timedelta(minutes=31))
    return BLOCKS.key(block).encode() + b"\t" + BLOCKS.encode(block)


if __name__ == "__main__":
    for row in asyncio.run(run()):
        sys.stdout.write(f"{row}\n")
