"""How others would bring the same half hours from the same log into the same engine: no rules, nothing sent on. They
read our columns, or the rows of objects that their guides show.

Each returns the intervals that it stored and the seconds from its first message to its last commit.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pyarrow as pa
from confluent_kafka import Consumer, TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import SASLScram512
from pydantic import BaseModel

from common.kafka.connection import librdkafka_options
from common.kafka.topic import Message, Topic
from common.settings import KafkaSettings
from metering.domain.intervals import CHANNELS, STEP_SECONDS
from metering.store.engine import Engine
from topics.poller import INTERVAL_BLOCKS, IntervalBlock, Utc

BATCH = 2_000
RANK = 10 * 2**34
COLUMNS = ["point_id", "start", "version", *CHANNELS, "quality", "flags", "meter_id", "ratio", "stored_after_seconds"]


class Block(msgspec.Struct):
    """Our message, as a reader would declare it who looks for speed."""

    meter_id: str
    start: datetime
    a_plus_wh: list[int | None]
    a_minus_wh: list[int | None]
    r_plus_varh: list[int | None]
    r_minus_varh: list[int | None]
    flags: list[int]
    polled_at: datetime


class HalfHour(Message, frozen=True):
    """One object of a message of rows. `start` is in UTC seconds."""

    start: int
    a_plus_wh: int | None
    a_minus_wh: int | None
    r_plus_varh: int | None
    r_minus_varh: int | None
    flags: int


class Rows(Message, frozen=True):
    """A meter's day as a list of objects, as most would send it."""

    meter_id: UUID
    polled_at: Utc
    rows: list[HalfHour]


ROWS: Topic[Rows] = Topic(
    name="bench-interval-rows-v1",
    message=Rows,
    key=lambda message: str(message.meter_id),
    owner="bench",
    readers=("bench",),
    description="Half hours as objects.",
)


def as_rows(block: IntervalBlock) -> Rows:
    """Return a block as a message of rows."""
    start = int(block.start.timestamp())
    values = zip(*(getattr(block, channel) for channel in CHANNELS), block.flags, strict=True)
    slots = [HalfHour(start + number * STEP_SECONDS, *each) for number, each in enumerate(values)]
    return Rows(block.meter_id, block.polled_at, slots)


async def confluent_tuned(
    settings: KafkaSettings, engine: Engine, *, group: str, messages: int, rows: bool = False
) -> tuple[int, float]:
    """librdkafka, msgspec, Arrow, one insert of some 100,000 rows, offsets committed after it."""
    topic, table = (ROWS.name, arrow_of_rows) if rows else (INTERVAL_BLOCKS.name, arrow)
    decoder: Any = msgspec.json.Decoder(Rows if rows else Block)

    def run(client: Any) -> tuple[int, float]:
        consumer = Consumer(
            librdkafka_options(settings)
            | {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
        )
        consumer.subscribe([topic])
        began, taken, stored = 0.0, 0, 0
        while taken < messages:
            records = consumer.consume(BATCH, timeout=1.0)
            if not records:
                continue
            began = began or time.perf_counter()
            block = table([decoder.decode(record.value() or b"") for record in records])
            client.insert_arrow("intervals", block)
            ends = {(record.topic(), record.partition()): record.offset() for record in records}
            offsets = [TopicPartition(str(t), p or 0, (at or 0) + 1) for (t, p), at in ends.items()]
            consumer.commit(offsets=offsets, asynchronous=False)
            taken, stored = taken + len(records), stored + block.num_rows
        seconds = time.perf_counter() - began
        consumer.close()
        return stored, seconds

    return await engine.write(run)


def bytewax_there() -> bool:
    """It is not among the locked packages; `uv pip install bytewax` adds its row."""
    return find_spec("bytewax") is not None


async def bytewax_tuned(settings: KafkaSettings, engine: Engine, *, group: str, messages: int) -> tuple[int, float]:
    """The same parts in a dataflow of bytewax: a batch is decoded, inserted and committed in one step."""
    bytewax, dataflow, testing = (import_module(f"bytewax.{name}") for name in ("operators", "dataflow", "testing"))
    decoder = msgspec.json.Decoder(Block)

    def run(client: Any) -> tuple[int, float]:
        options = {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
        consumer = Consumer(librdkafka_options(settings) | options)
        consumer.subscribe([INTERVAL_BLOCKS.name])
        began = 0.0

        def records() -> Iterator[Any]:
            nonlocal began
            taken = 0
            while taken < messages:
                found = consumer.consume(BATCH, timeout=1.0)
                began = began or (time.perf_counter() if found else 0.0)
                taken += len(found)
                yield from found

        def store(found: list[Any]) -> list[int]:
            block = arrow([decoder.decode(record.value() or b"") for record in found])
            client.insert_arrow("intervals", block)
            ends = {(record.topic(), record.partition()): record.offset() for record in found}
            consumer.commit(offsets=[TopicPartition(t, p, at + 1) for (t, p), at in ends.items()], asynchronous=False)
            return [block.num_rows]

        flow, rows = dataflow.Dataflow("blocks"), list[int]()
        read = bytewax.input("read", flow, testing.TestingSource(records(), batch_size=BATCH))
        bytewax.output("counted", bytewax.flat_map_batch("store", read, store), testing.TestingSink(rows))
        testing.run_main(flow)
        seconds = time.perf_counter() - began
        consumer.close()
        return sum(rows), seconds

    return await engine.write(run)


def arrow(blocks: Sequence[Block] | Sequence[IntervalBlock]) -> Any:
    """Return the rows of blocks as a table of the store, in the order in which they came."""
    lengths = np.array([len(block.a_plus_wh) for block in blocks])
    ids = pa.array([UUID(str(block.meter_id)).bytes for block in blocks], pa.binary(16))
    rows = np.repeat(np.arange(len(blocks)), lengths)
    total, ends = int(lengths.sum()), np.cumsum(lengths)
    within = np.arange(total) - np.repeat(ends - lengths, lengths)
    starts = np.array([int(block.start.timestamp()) for block in blocks])
    polled = np.array([int(block.polled_at.timestamp()) for block in blocks])
    columns: dict[str, Any] = {
        "point_id": ids.take(pa.array(rows)),
        "start": pa.array((starts[rows] + within * STEP_SECONDS).astype(np.uint32)),
        "version": pa.array((RANK + polled[rows]).astype(np.uint64)),
    }
    for channel in CHANNELS:
        columns[channel] = pa.array(list(chain.from_iterable(getattr(block, channel) for block in blocks)), pa.int32())
    return _whole(columns, pa.array(list(chain.from_iterable(block.flags for block in blocks)), pa.uint8()))


def _whole(columns: dict[str, Any], flags: Any) -> Any:
    """Return a table of the store: what is in no message is the same for all."""
    total = len(flags)
    return pa.table(
        columns
        | {
            "quality": pa.array(np.full(total, 2, np.int8)),
            "flags": flags,
            "meter_id": columns["point_id"],
            "ratio": pa.array(np.ones(total, np.uint32)),
            "stored_after_seconds": pa.array(np.full(total, 60, np.int32)),
        }
    )


def arrow_of_rows(blocks: Sequence[Rows]) -> Any:
    """Return the rows of messages of rows as a table of the store, in the order in which they came."""
    slots = list(chain.from_iterable(block.rows for block in blocks))
    lengths = np.array([len(block.rows) for block in blocks])
    ids = pa.array([block.meter_id.bytes for block in blocks], pa.binary(16))
    of_block = np.repeat(np.arange(len(blocks)), lengths)
    polled = np.array([int(block.polled_at.timestamp()) for block in blocks])
    columns: dict[str, Any] = {
        "point_id": ids.take(pa.array(of_block)),
        "start": pa.array([slot.start for slot in slots], pa.uint32()),
        "version": pa.array((RANK + polled[of_block]).astype(np.uint64)),
    }
    for channel in CHANNELS:
        columns[channel] = pa.array([getattr(slot, channel) for slot in slots], pa.int32())
    return _whole(columns, pa.array([slot.flags for slot in slots], pa.uint8()))


class RowModel(BaseModel):
    """One object of a message of rows, as FastStream's guide would have it."""

    start: int
    a_plus_wh: int | None
    a_minus_wh: int | None
    r_plus_varh: int | None
    r_minus_varh: int | None
    flags: int


class RowsModel(BaseModel):
    """A message of rows, as FastStream's guide would have it."""

    meter_id: UUID
    polled_at: datetime
    rows: list[RowModel]

    def tuples(self) -> list[tuple[Any, ...]]:
        polled = int(self.polled_at.timestamp())
        return [
            (
                self.meter_id,
                row.start,
                RANK + polled,
                row.a_plus_wh,
                row.a_minus_wh,
                row.r_plus_varh,
                row.r_minus_varh,
                2,
                row.flags,
                self.meter_id,
                1,
                60,
            )
            for row in self.rows
        ]


class Model(BaseModel):
    """Our message, as FastStream's guide would have it."""

    meter_id: UUID
    start: datetime
    step_seconds: int
    a_plus_wh: list[int | None]
    a_minus_wh: list[int | None]
    r_plus_varh: list[int | None]
    r_minus_varh: list[int | None]
    quality: list[str]
    flags: list[int]
    polled_at: datetime

    def tuples(self) -> list[tuple[Any, ...]]:
        start, polled = int(self.start.timestamp()), int(self.polled_at.timestamp())
        energies = zip(self.a_plus_wh, self.a_minus_wh, self.r_plus_varh, self.r_minus_varh, self.flags, strict=True)
        return [
            (self.meter_id, start + slot * STEP_SECONDS, RANK + polled, *each[:4], 2, each[4], self.meter_id, 1, 60)
            for slot, each in enumerate(energies)
        ]


async def faststream_default(
    settings: KafkaSettings, engine: Engine, *, group: str, messages: int, rows: bool = False
) -> tuple[int, float]:
    """A batch subscriber that gets models, and row by row inserts of each batch; stops after `messages`."""
    password = settings.kafka_password.get_secret_value() if settings.kafka_password else ""
    security = SASLScram512(username=settings.kafka_username or "", password=password, use_ssl=False)
    kafka = KafkaBroker(settings.kafka_bootstrap_servers, security=security, enable_idempotence=False, logger=None)
    done, began, taken, stored = asyncio.Event(), 0.0, 0, 0

    async def store(blocks: Sequence[Model] | Sequence[RowsModel]) -> None:
        nonlocal taken, stored
        found = [row for block in blocks for row in block.tuples()]
        await engine.write(lambda client: client.insert("intervals", found, column_names=COLUMNS))
        taken, stored = taken + len(blocks), stored + len(found)
        if taken >= messages:
            done.set()

    subscriber = kafka.subscriber(
        ROWS.name if rows else INTERVAL_BLOCKS.name,
        batch=True,
        group_id=group,
        max_records=BATCH,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )

    async def take(blocks: list[Model]) -> None:
        await store(blocks)

    async def take_rows(blocks: list[RowsModel]) -> None:
        await store(blocks)

    subscriber(take_rows if rows else take)
    # The first batch is decoded before `take` is called: the clock starts with the reading.
    await kafka.start()
    began = time.perf_counter()
    await done.wait()
    seconds = time.perf_counter() - began
    await kafka.stop()
    return stored, seconds
