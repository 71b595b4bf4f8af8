"""How others would bring the same blocks from the same log into the same engine: no rules, nothing sent on.

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
from common.settings import KafkaSettings
from metering.domain.intervals import CHANNELS, STEP_SECONDS
from metering.store.engine import Engine
from topics.poller import INTERVAL_BLOCKS, IntervalBlock

BATCH = 2_000
RANK = 10 * 2**34
COLUMNS = ["point_id", "start", "version", *CHANNELS, "quality", "flags", "meter_id", "ratio", "stored_after_seconds"]


class Block(msgspec.Struct):
    """The same message, as a reader would declare it who looks for speed."""

    meter_id: str
    start: datetime
    a_plus_wh: list[int | None]
    a_minus_wh: list[int | None]
    r_plus_varh: list[int | None]
    r_minus_varh: list[int | None]
    flags: list[int]
    polled_at: datetime


async def confluent_tuned(settings: KafkaSettings, engine: Engine, *, group: str, messages: int) -> tuple[int, float]:
    """librdkafka, msgspec, Arrow, one insert of some 100,000 rows, offsets committed after it."""
    decoder = msgspec.json.Decoder(Block)

    def run(client: Any) -> tuple[int, float]:
        consumer = Consumer(
            librdkafka_options(settings)
            | {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
        )
        consumer.subscribe([INTERVAL_BLOCKS.name])
        began, taken, rows = 0.0, 0, 0
        while taken < messages:
            records = consumer.consume(BATCH, timeout=1.0)
            if not records:
                continue
            began = began or time.perf_counter()
            block = arrow([decoder.decode(record.value() or b"") for record in records])
            client.insert_arrow("intervals", block)
            ends = {(record.topic(), record.partition()): record.offset() for record in records}
            offsets = [TopicPartition(str(t), p or 0, (at or 0) + 1) for (t, p), at in ends.items()]
            consumer.commit(offsets=offsets, asynchronous=False)
            taken, rows = taken + len(records), rows + block.num_rows
        seconds = time.perf_counter() - began
        consumer.close()
        return rows, seconds

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
    return pa.table(
        columns
        | {
            "quality": pa.array(np.full(total, 2, np.int8)),
            "flags": pa.array(list(chain.from_iterable(block.flags for block in blocks)), pa.uint8()),
            "meter_id": columns["point_id"],
            "ratio": pa.array(np.ones(total, np.uint32)),
            "stored_after_seconds": pa.array(np.full(total, 60, np.int32)),
        }
    )


class Model(BaseModel):
    """The same message, as FastStream's guide would have it."""

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


async def faststream_default(
    settings: KafkaSettings, engine: Engine, *, group: str, messages: int
) -> tuple[int, float]:
    """A batch subscriber that gets models, and row by row inserts of each batch; stops after `messages`."""
    password = settings.kafka_password.get_secret_value() if settings.kafka_password else ""
    security = SASLScram512(username=settings.kafka_username or "", password=password, use_ssl=False)
    kafka = KafkaBroker(settings.kafka_bootstrap_servers, security=security, enable_idempotence=False, logger=None)
    done, began, taken, stored = asyncio.Event(), 0.0, 0, 0

    @kafka.subscriber(
        INTERVAL_BLOCKS.name,
        batch=True,
        group_id=group,
        max_records=BATCH,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )
    async def take(blocks: list[Model]) -> None:
        nonlocal began, taken, stored
        rows = [row for block in blocks for row in _rows(block)]
        await engine.write(lambda client: client.insert("intervals", rows, column_names=COLUMNS))
        taken, stored = taken + len(blocks), stored + len(rows)
        if taken >= messages:
            done.set()

    # The first batch is decoded before `take` is called: the clock starts with the reading.
    await kafka.start()
    began = time.perf_counter()
    await done.wait()
    seconds = time.perf_counter() - began
    await kafka.stop()
    return stored, seconds


def _rows(block: Model) -> list[tuple[Any, ...]]:
    start, polled = int(block.start.timestamp()), int(block.polled_at.timestamp())
    energies = zip(block.a_plus_wh, block.a_minus_wh, block.r_plus_varh, block.r_minus_varh, block.flags, strict=True)
    return [
        (block.meter_id, start + slot * STEP_SECONDS, RANK + polled, *each[:4], 2, each[4], block.meter_id, 1, 60)
        for slot, each in enumerate(energies)
    ]
