"""A plain consumer with the demo supplier's credential: what a billing system would have in its books."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from aiokafka import AIOKafkaConsumer

CHANNELS = ("a_plus_wh", "a_minus_wh", "r_plus_varh", "r_minus_varh")


class Booked(NamedTuple):
    """One half hour as booked: energies of the four channels, None where the meter has no such channel."""

    version: int
    quality: str
    energies: tuple[int | None, ...]


@dataclass
class Books:
    """Keeps the highest version of each half hour; a repeat must be equal to the last bit."""

    slots: dict[tuple[UUID, datetime], Booked] = field(default_factory=dict)
    repeats: int = 0
    contradictions: list[str] = field(default_factory=list)

    def book(self, value: bytes) -> None:
        block = msgspec.json.decode(value)
        step = timedelta(seconds=block["step_seconds"])
        start = datetime.fromisoformat(block["start"])
        for index, quality in enumerate(block["quality"]):
            if quality != "GAP":
                energies = tuple(block[channel][index] for channel in CHANNELS)
                key = (UUID(block["point_id"]), start + index * step)
                self._book(key, Booked(block["versions"][index], quality, energies))

    def _book(self, key: tuple[UUID, datetime], new: Booked) -> None:
        held = self.slots.get(key)
        if held is None or new.version > held.version:
            self.slots[key] = new
        elif new.version == held.version:
            self.repeats += 1
            if new != held:
                self.contradictions.append(f"{key}: version {new.version} came as {held} and as {new}")


def read_all(credential: dict[str, str], topic: str) -> Books:
    """Read the topic from its beginning to its present end, as the supplier's billing system."""
    books = Books()
    for value in read_values(credential, topic):
        books.book(value)
    return books


def read_values(credential: dict[str, str], topic: str) -> list[bytes]:
    """Return what the topic holds, from its beginning to its present end."""
    return asyncio.run(_read_values(credential, topic))


async def _read_values(credential: dict[str, str], topic: str) -> list[bytes]:
    options: dict[str, Any] = {
        "bootstrap_servers": credential["KAFKA_BOOTSTRAP_SERVERS"],
        "security_protocol": credential["KAFKA_SECURITY_PROTOCOL"],
        "sasl_mechanism": credential["KAFKA_SASL_MECHANISM"],
        "sasl_plain_username": credential["KAFKA_USERNAME"],
        "sasl_plain_password": credential["KAFKA_PASSWORD"],
    }
    consumer = AIOKafkaConsumer(
        topic,
        group_id=credential["KAFKA_GROUP_PREFIX"] + "test",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        **options,
    )
    values: list[bytes] = []
    try:
        await consumer.start()
        while not (partitions := consumer.assignment()):
            await consumer.getmany(timeout_ms=200)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(list(partitions))
        while [p for p in partitions if await consumer.position(p) < ends[p]]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                values += [record.value for record in records]
    finally:
        await consumer.stop()
    return values


def digest(day: dict[str, Any]) -> str:
    """As in docs/guides/billing/README.md."""
    start = int(datetime.fromisoformat(day["start"]).timestamp())
    columns = ("a_plus_wh", "a_minus_wh", "r_plus_varh", "r_minus_varh", "quality", "flags", "ratios")
    lines = [f"halfhour-day-2|{day['point_id']}|{day['day']}"]
    rows: list[Any] = [
        (start + i * day["step_seconds"], *row)
        for i, row in enumerate(zip(*(day[name] for name in columns), strict=True))
    ]
    names = ("channel", "register_difference_wh", "residual_wh", "tolerance_wh")
    rows += [[each[name] for name in names] for each in day["sums"]] + [[day["verdict"], day["cause"]]]
    lines += ["|".join("" if cell is None else str(cell) for cell in row) for row in rows]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
