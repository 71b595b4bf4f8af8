"""A log that is a list, for tests of the pipelines."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from tests.unit.metering.telemetry import record

from common.errors import Busy
from common.kafka.publisher import RawRecord
from common.kafka.topic import Message, Topic
from topics.supplier import SupplierIntervals, supplier_intervals


class FakeLog:
    """A partitioned log with one reader: what it sent, committed, and to where it was sent back."""

    def __init__(self) -> None:
        self.partitions: dict[TopicPartition, list[Any]] = {}
        self.positions: dict[TopicPartition, int] = {}
        self.committed: dict[TopicPartition, int] = {}
        self.sent: list[RawRecord] = []
        self.refuse_sends = 0

    def append(self, topic: Topic[Any], *messages: Message | bytes, partition: int = 0) -> None:
        records = self.partitions.setdefault(TopicPartition(topic.name, partition), [])
        for message in messages:
            records.append(record(topic, message, offset=len(records), partition=partition))

    async def getmany(
        self,
        *,
        timeout_ms: int,  # noqa: ARG002 -- never waits
        max_records: int | None,
    ) -> Mapping[TopicPartition, Sequence[Any]]:
        found = {}
        await asyncio.sleep(0)
        for partition, records in self.partitions.items():
            position = self.positions.get(partition, 0)
            found[partition] = records[position : position + (max_records or len(records))]
            self.positions[partition] = position + len(found[partition])
        return {partition: records for partition, records in found.items() if records}

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed |= offsets

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.positions[partition] = offset

    async def send_raw(self, records: Sequence[RawRecord]) -> None:
        if self.refuse_sends:
            self.refuse_sends -= 1
            raise Busy("the log is away")
        self.sent.extend(records)

    @property
    def dead_letters(self) -> list[tuple[str, dict[str, str], bytes | None]]:
        """(topic, headers of the refusal, value) of each dead letter."""
        return [
            (name, {key: text.decode() for key, text in headers if key.startswith("dlt_")}, value)
            for name, value, _, headers in self.sent
            if name.endswith("-dlt")
        ]

    def supplied(self, code: str = "demo") -> list[SupplierIntervals]:
        """What a reader of the supplier's stream has received."""
        topic = supplier_intervals(code)
        return [topic.decode(value, headers) for name, value, _, headers in self.sent if name == topic.name]
