"""Blocks of a meter day from their bytes into the store, with every check, against ready-made Arrow in one engine."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.rows import Row, race
from tests.unit.metering.fake_log import FakeLog
from tests.unit.metering.telemetry import Place

from common.clock import FixedClock
from common.kafka.dead_letters import DeadLetters
from metering.domain.interval_columns import INTERVAL_COLUMNS, IntervalColumns, columns_of
from metering.domain.intervals import CheckedBlocks, check_blocks
from metering.domain.journals import StoredEntry
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import Registry
from metering.pipeline.chain import Limits, Pipeline
from metering.pipeline.steps import Steps
from metering.settings import Settings
from metering.store.blocks import interval_block
from metering.store.engine import migrate, open_engine
from metering.store.telemetry import Store
from topics.poller import INTERVAL_BLOCKS, IntervalBlock

METERS = 200
DAYS = 10
SLOTS_A_DAY = 48
START = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 4, 1, tzinfo=UTC)


class NoMarks:
    """A ledger that nobody keeps: PostgreSQL is not in this race."""

    async def hold(self, checked: CheckedBlocks, codes: frozenset[str], *, now: datetime) -> None: ...

    async def blocks_stored(self, checked: CheckedBlocks, *, now: datetime) -> None: ...

    async def snapshots_stored(
        self, snapshots: Sequence[StoredSnapshot], registry: Registry, *, now: datetime
    ) -> None: ...

    async def entries_are_new(self, entries: Sequence[StoredEntry], registry: Registry, *, now: datetime) -> None: ...


@dataclass(frozen=True)
class Known:
    """A registry that never changes."""

    registry: Registry

    def current(self) -> Registry:
        return self.registry

    async def refreshed(self) -> bool:
        return False


async def run() -> list[Row]:
    """Measure intervals a second of both ways."""
    places = [Place() for _ in range(METERS)]
    registry = Registry.of([place.installed() for place in places], {})
    blocks = [_block(place, day) for day in range(DAYS) for place in places]
    intervals = float(len(blocks) * SLOTS_A_DAY)
    log = FakeLog()
    log.append(INTERVAL_BLOCKS, *blocks)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"database_url": "postgresql://none", "clickhouse_path": Path(folder)})
        await migrate(settings)
        async with open_engine(settings) as engine:
            steps = Steps(
                registry=Known(registry),
                store=Store(engine),
                sender=log,
                marks=NoMarks(),
                held=NoMarks(),
                clock=FixedClock(NOW),
            )
            pipeline = _pipeline(log, steps)
            ready = interval_block(
                check_blocks([columns_of(block) for block in blocks], registry, now_epoch=NOW.timestamp()), NOW
            )

            async def ours() -> float:
                log.positions.clear()
                log.sent.clear()
                taken = 0
                while taken < len(blocks):
                    taken += await pipeline.step(log)
                return intervals

            async def theirs() -> float:
                return float(await engine.insert("intervals", lambda: ready))

            return await race(
                "ingest.blocks_of_a_day", "intervals/s", ours, against="ingest.ready_arrow", theirs=theirs
            )


def _block(place: Place, day: int) -> IntervalBlock:
    values: list[int | None] = [100 + (17 * slot + day) % 900 for slot in range(SLOTS_A_DAY)]
    return place.block(values, start=START + timedelta(days=day), polled_at=START + timedelta(days=day + 1, minutes=1))


def _pipeline(log: FakeLog, steps: Steps) -> Pipeline[IntervalColumns]:
    @asynccontextmanager
    async def reader() -> AsyncIterator[FakeLog]:
        yield log

    async def send(name: str, value: bytes | None, key: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
        await log.send_raw([(name, value, key, headers)])

    limits = Limits(seconds=0, size_bytes=8_000_000)
    return Pipeline(
        INTERVAL_COLUMNS,
        steps.intervals,
        open_consumer=reader,
        letters=DeadLetters(send, reader="bench"),
        limits=limits,
    )
