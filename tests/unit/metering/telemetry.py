"""Telemetry and a registry of one point, for tests of metering."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from aiokafka import ConsumerRecord

from common.kafka.topic import Message, Topic
from metering.domain.registry import FOREVER, Installed, Registry, physical_limit_w
from topics.poller import IntervalBlock, JournalBlock, JournalEntry, Register, RegisterSnapshot
from topics.quality import Quality

START = datetime(2026, 3, 10, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
SHA256 = "ab" * 32
LIMIT_WH = 22_770  # 1.1 * 3 * 230 V * 60 A * 0.5 h


@dataclass(frozen=True)
class Place:
    """One point with its meter; the ids are new with each."""

    point_id: UUID = field(default_factory=uuid4)
    meter_id: UUID = field(default_factory=uuid4)
    contract_id: UUID = field(default_factory=uuid4)
    endpoint_id: UUID = field(default_factory=uuid4)
    serial: str = "41888840"
    supplier: str = "demo"
    ratio: int = 1

    def installed(self, **changes: Any) -> Installed:
        values: dict[str, Any] = {
            "point_id": self.point_id,
            "point_number": "1",
            "contract_id": self.contract_id,
            "supplier_code": self.supplier,
            "time_zone": "Europe/Samara",
            "meter_id": self.meter_id,
            "serial": self.serial,
            "ratio": self.ratio,
            "from_epoch": 0,
            "to_epoch": FOREVER,
            "limit_w": physical_limit_w(phases=3, phase_voltage_v=230, max_current_a=60),
        }
        return Installed(**values | changes)

    def registry(self, **changes: Any) -> Registry:
        return Registry.of([self.installed(**changes)], {})

    def block(self, values: Sequence[int | None] = (500, 600), **changes: Any) -> IntervalBlock:
        """A block whose four channels are the same; None is a gap."""
        content: dict[str, Any] = {
            "endpoint_id": self.endpoint_id,
            "meter_id": self.meter_id,
            "serial": self.serial,
            "start": START,
            "step_seconds": 1_800,
            "a_plus_wh": list(values),
            "a_minus_wh": list(values),
            "r_plus_varh": list(values),
            "r_minus_varh": list(values),
            "quality": [Quality.GAP if value is None else Quality.RAW for value in values],
            "flags": [0] * len(values),
            "polled_at": START + timedelta(days=1),
            "frames_sha256": SHA256,
        }
        return IntervalBlock(**content | changes)

    def snapshot(self, at: datetime = START, *registers: tuple[str, int], **changes: Any) -> RegisterSnapshot:
        content: dict[str, Any] = {
            "endpoint_id": self.endpoint_id,
            "meter_id": self.meter_id,
            "serial": self.serial,
            "at": at,
            "meter_time": datetime(2026, 3, 10, 15, 1, 57),  # noqa: DTZ001 -- a meter's own time
            "drift_seconds": 117.0,
            "registers": [Register(zone=zone, channel="a_plus", value_wh=value) for zone, value in registers],
            "frames_sha256": SHA256,
        }
        return RegisterSnapshot(**content | changes)

    def journal(self, *entries: JournalEntry, polled_at: datetime = NOW) -> JournalBlock:
        return JournalBlock(
            endpoint_id=self.endpoint_id,
            meter_id=self.meter_id,
            serial=self.serial,
            entries=list(entries),
            polled_at=polled_at,
        )


def entry(journal: str, opened: str, closed: str | None = None, *, slot: int = 0) -> JournalEntry:
    """An entry of a meter whose clock is set to UTC+3; times as the meter says them."""
    meter_opened = datetime.fromisoformat(opened)
    meter_closed = datetime.fromisoformat(closed) if closed else None
    return JournalEntry(
        journal=journal,
        slot=slot,
        opened=meter_opened,
        closed=meter_closed,
        opened_at=_instant(meter_opened),
        closed_at=meter_closed and _instant(meter_closed),
        raw="00" * 12,
    )


def _instant(meter_time: datetime) -> datetime:
    return meter_time.replace(tzinfo=UTC) - timedelta(hours=3)


def record(topic: Topic[Any], message: Message | bytes, *, offset: int = 0, partition: int = 0) -> Any:
    """A record of the log, with the headers that its producer sets."""
    value = message if isinstance(message, bytes) else topic.encode(message)
    return ConsumerRecord(
        topic=topic.name,
        partition=partition,
        offset=offset,
        timestamp=int(NOW.timestamp() * 1000),
        timestamp_type=0,
        key=b"key",
        value=value,
        checksum=None,
        serialized_key_size=3,
        serialized_value_size=len(value),
        headers=tuple(topic.headers()),
    )
