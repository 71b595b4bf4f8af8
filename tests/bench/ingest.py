"""Half hours from the log into the store, with every check and the supplier's message, against ready-made Arrow in the
same engine and against how others would do it; then the traffic of every day, a half hour a message.
"""

import asyncio
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import numpy as np
from aiokafka import TopicPartition
from tests.bench import peers
from tests.bench.broker import broker, fill
from tests.bench.rows import Row
from tests.unit.metering.telemetry import Place

from common.clock import FixedClock
from common.kafka.bulk_publisher import BulkPublisher
from common.kafka.dead_letters import DeadLetters
from common.kafka.publisher import RawRecord
from common.settings import KafkaSettings
from metering.domain.interval_columns import INTERVAL_COLUMNS, IntervalColumns
from metering.domain.intervals import CheckedBlocks
from metering.domain.journals import StoredEntry
from metering.domain.local_days import days_of_blocks
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import Registry
from metering.pipeline.chain import Consumer, Limits, Pipeline, Record, kafka_consumer
from metering.pipeline.garbage import search_rarely
from metering.pipeline.steps import Sender, Steps
from metering.settings import Settings
from metering.store.engine import Engine, migrate, open_engine
from metering.store.telemetry import Store
from topics.poller import INTERVAL_BLOCKS, IntervalBlock
from topics.supplier import supplier_intervals

METERS: Final = 1_000
DAYS: Final = 20
SLOTS_A_DAY: Final = 48
LIVE: Final = 30_000
BLOCKS_OF_DEFAULT: Final = 2_000
BLOCKS_IN_ROWS: Final = 10_000
READY_ROWS: Final = 96_000
ROUNDS: Final = 3
OURS: Final = ("ingest.blocks_of_a_day", "ingest.blocks_sent_on_too")
START: Final = datetime(2026, 3, 1, tzinfo=UTC)
# As the service has them. In a backlog no batch waits, but the last of a bench would: as long as all others take.
TRAFFIC: Final = Limits(seconds=0.5, size_bytes=2_000_000)
BACKLOG: Final = Limits(seconds=0.05, size_bytes=2_000_000)
NOW: Final = datetime(2026, 4, 1, tzinfo=UTC)
# The same messages, one half hour each, under a name of their own.
LIVE_COLUMNS: Final = replace(INTERVAL_COLUMNS, name="bench-interval-blocks-v1")
LIVE_BLOCKS: Final = replace(INTERVAL_BLOCKS, name=LIVE_COLUMNS.name)


class Marks:
    """Finds the days that the ledger must look at, and keeps them nowhere: PostgreSQL is not in this race."""

    async def blocks_stored(self, checked: CheckedBlocks, *, now: datetime) -> None:
        del now
        await asyncio.to_thread(days_of_blocks, checked)

    async def snapshots_stored(
        self, snapshots: Sequence[StoredSnapshot], registry: Registry, *, now: datetime
    ) -> None: ...

    async def entries_are_new(self, entries: Sequence[StoredEntry], registry: Registry, *, now: datetime) -> None: ...

    async def hold(self, checked: CheckedBlocks, codes: frozenset[str], *, now: datetime) -> None: ...


class Nowhere:
    """Takes what would be sent, made and encoded, and drops it."""

    async def send_raw(self, records: Sequence[RawRecord]) -> None: ...


@dataclass(frozen=True)
class Known:
    """A registry that never changes."""

    registry: Registry

    def current(self) -> Registry:
        return self.registry

    async def refreshed(self) -> bool:
        return False


@dataclass
class Counted:
    """A consumer that ends the reading when so many records are committed, and knows how long that took."""

    consumer: Consumer
    records: int
    began: float = 0.0
    ended: float = 0.0

    def __post_init__(self) -> None:
        self.committed: dict[TopicPartition, int] = {}

    async def getmany(self, *, timeout_ms: int, max_records: int) -> Mapping[TopicPartition, Sequence[Record]]:
        if sum(self.committed.values()) >= self.records:
            raise asyncio.CancelledError
        found = await self.consumer.getmany(timeout_ms=min(timeout_ms, 50), max_records=max_records)
        if found and not self.began:
            self.began = time.perf_counter()
        return found

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        await self.consumer.commit(offsets)
        self.committed |= offsets
        self.ended = time.perf_counter()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.consumer.seek(partition, offset)


async def run() -> list[Row]:
    """Measure intervals a second of all ways, in turn, and messages of one half hour a second and core."""
    places = [Place() for _ in range(METERS)]
    loads = np.random.default_rng(1).integers(0, 2_000, (METERS, DAYS, SLOTS_A_DAY))
    blocks = [_day(place, day, loads[at, day].tolist()) for day in range(DAYS) for at, place in enumerate(places)]
    meters = [Place() for _ in range(LIVE)]
    live = [_half_hour(place, at) for at, place in enumerate(meters)]
    registry = Registry.of([place.installed() for place in [*places, *meters]], {})
    rows = READY_ROWS // SLOTS_A_DAY
    ready = [peers.arrow(blocks[at : at + rows]) for at in range(0, len(blocks), rows)]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"database_url": "postgresql://none", "clickhouse_path": Path(folder)})
        await migrate(settings)
        async with broker() as kafka, open_engine(settings) as engine:
            demo: Any = supplier_intervals("demo")
            rowed = [peers.as_rows(block) for block in blocks[:BLOCKS_IN_ROWS]]
            await asyncio.to_thread(
                fill, kafka, (INTERVAL_BLOCKS, blocks), (peers.ROWS, rowed), (LIVE_BLOCKS, live), (demo, [])
            )
            # Merges follow all ways, and would run into the time of whoever comes next; the live traffic has its own.
            await engine.write(lambda client: client.command("SYSTEM STOP MERGES"))
            days = await _blocks_of_a_day(kafka, engine, registry, ready, len(blocks))
            await engine.write(lambda client: client.command("SYSTEM START MERGES"))
            return [*days, *await _live(kafka, engine, registry)]


async def _blocks_of_a_day(
    kafka: KafkaSettings, engine: Engine, registry: Registry, ready: Sequence[Any], messages: int
) -> list[Row]:
    publisher = BulkPublisher(kafka)

    async def ours(sender: Sender) -> float:
        consumer, _ = await take(kafka, steps_of(engine, registry, sender), INTERVAL_COLUMNS, messages, limits=BACKLOG)
        return messages * SLOTS_A_DAY / (consumer.ended - consumer.began)

    async def ready_arrow() -> float:
        began, stored = time.perf_counter(), 0
        for block in ready:
            stored += await engine.insert("intervals", partial(_same, block))
        return stored / (time.perf_counter() - began)

    async def peer(way: Any, count: int) -> float:
        stored, seconds = await way(kafka, engine, group=f"bench-{uuid4().hex}", messages=count)
        return float(stored / seconds)

    ways: dict[str, Callable[[], Awaitable[float]]] = {
        "ingest.blocks_of_a_day": partial(ours, Nowhere()),
        "ingest.ready_arrow": ready_arrow,
        "ingest.read_alone": partial(_read_alone, kafka, messages),
        "ingest.blocks_sent_on_too": partial(ours, publisher),
        "ingest.confluent_tuned": partial(peer, peers.confluent_tuned, messages),
        "ingest.faststream_default": partial(peer, peers.faststream_default, BLOCKS_OF_DEFAULT),
        "ingest.confluent_tuned_rows": partial(peer, partial(peers.confluent_tuned, rows=True), BLOCKS_IN_ROWS),
        "ingest.faststream_default_rows": partial(
            peer, partial(peers.faststream_default, rows=True), BLOCKS_OF_DEFAULT
        ),
    }
    if peers.bytewax_there():
        ways["ingest.bytewax_tuned"] = partial(peer, peers.bytewax_tuned, messages)
    taken = dict.fromkeys(("ingest.faststream_default", "ingest.faststream_default_rows"), BLOCKS_OF_DEFAULT)
    taken["ingest.confluent_tuned_rows"] = BLOCKS_IN_ROWS
    rates: dict[str, list[float]] = {name: [] for name in ways}
    cheap: dict[str, list[float]] = {name: [] for name in ways}
    for warm in (True, *[False] * ROUNDS):
        for name, way in ways.items():
            await engine.write(lambda client: client.command("TRUNCATE TABLE intervals"))
            with _searching(rarely=name in OURS):
                cpu_seconds = time.process_time()
                rate = await way()
                cpu_seconds = time.process_time() - cpu_seconds
            if not warm:
                rates[name].append(rate)
                cheap[name].append(taken.get(name, messages) * SLOTS_A_DAY / cpu_seconds)
    await publisher.close()
    return [*_beside_others(rates, "intervals/s"), *_beside_others(cheap, "intervals/core-s")]


async def _read_alone(kafka: KafkaSettings, messages: int) -> float:
    """What is left of ours without decoding, checks and store: with `ready_arrow` the least that any way takes."""
    async with kafka_consumer(kafka, INTERVAL_COLUMNS, group=f"bench-{uuid4().hex}") as consumer:
        taken, began = 0, 0.0
        while taken < messages:
            found = await consumer.getmany(timeout_ms=1_000, max_records=peers.BATCH)
            began = began or time.perf_counter()
            taken += sum(map(len, found.values()))
        return taken * SLOTS_A_DAY / (time.perf_counter() - began)


def _beside_others(rates: Mapping[str, Sequence[float]], unit: str) -> list[Row]:
    """Ours against each of the others, and each of the others by itself."""
    others = [name for name in rates if name not in OURS]
    compared = [
        Row(name, statistics.median(rates[name]), unit, other, _ratio(rates[name], rates[other]))
        for name in OURS
        for other in others
    ]
    return compared + [Row(name, statistics.median(rates[name]), unit, None, None) for name in others]


@contextmanager
def _searching(*, rarely: bool) -> Iterator[None]:
    """The messages of the bench are no burden to anyone's search for cycles; ours search as the service does."""
    usual = gc.get_threshold()
    search_rarely()
    if not rarely:
        gc.set_threshold(*usual)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _ratio(mine: Sequence[float], theirs: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(mine, theirs, strict=True))


async def _live(kafka: KafkaSettings, engine: Engine, registry: Registry) -> list[Row]:
    """Processor time of a message of one half hour, all of it: reading, checks, store, sending on."""
    publisher = BulkPublisher(kafka)
    steps = steps_of(engine, registry, publisher)
    rates = []
    for _ in range(ROUNDS):
        with _searching(rarely=True):
            _, cpu_seconds = await take(kafka, steps, LIVE_COLUMNS, LIVE, limits=TRAFFIC)
        rates.append(LIVE / cpu_seconds)
    await publisher.close()
    return [Row("ingest.live_messages", statistics.median(rates), "messages/core-s", None, None)]


async def take(
    kafka: KafkaSettings, steps: Steps, topic: Any, records: int, *, limits: Limits
) -> tuple[Counted, float]:
    pipeline: Pipeline[IntervalColumns] = Pipeline(
        topic,
        steps.intervals,
        open_consumer=lambda: kafka_consumer(kafka, topic, group=f"bench-{uuid4().hex}"),
        letters=DeadLetters(_no_letters, reader="bench"),
        limits=limits,
    )
    async with pipeline._open_consumer() as consumer:
        counted = Counted(consumer, records)
        cpu_seconds = time.process_time()
        try:
            await pipeline.follow(counted)
        except asyncio.CancelledError:
            return counted, time.process_time() - cpu_seconds
    raise AssertionError


def steps_of(engine: Engine, registry: Registry, sender: Sender) -> Steps:
    return Steps(
        registry=Known(registry), store=Store(engine), sender=sender, marks=Marks(), held=Marks(), clock=FixedClock(NOW)
    )


async def _no_letters(name: str, value: bytes | None, key: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
    raise AssertionError(name, value, key, headers)


def _same(block: Any) -> Any:
    return block


def _day(place: Place, day: int, loads: Sequence[int]) -> IntervalBlock:
    """A meter day as a meter of households has it: active and reactive energy taken, none given."""
    nothing: list[int | None] = [0] * SLOTS_A_DAY
    return place.block(
        loads,
        a_minus_wh=nothing,
        r_plus_varh=[load // 3 for load in loads],
        r_minus_varh=nothing,
        start=START + timedelta(days=day),
        polled_at=START + timedelta(days=day + 1, minutes=1),
    )


def _half_hour(place: Place, at: int) -> IntervalBlock:
    return place.block([at % 900], start=START, polled_at=START + timedelta(minutes=31, seconds=at % 60))


if __name__ == "__main__":
    for row in asyncio.run(run()):
        sys.stdout.write(f"{row}\n")
