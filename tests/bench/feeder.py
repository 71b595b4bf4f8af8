"""`python -m tests.bench.feeder FILE TOPIC RATE BEGIN`: records at a steady rate from the second BEGIN on.

A process of its own, so that it takes no turn from who reads. FILE has a key, a tab and a JSON value a line; the way to
the log stands in the environment.
"""

import sys
import time
from pathlib import Path

from confluent_kafka import Producer
from pydantic_settings import SettingsConfigDict

from common.kafka.connection import librdkafka_options
from common.settings import KafkaSettings
from topics.poller import INTERVAL_BLOCKS

EVERY_SECONDS = 0.01


class Settings(KafkaSettings):
    """The way to the log."""

    model_config = SettingsConfigDict(env_prefix="BENCH_", frozen=True)


def feed(file: Path, topic: str, rate: int, begin: float) -> None:
    """Send record number n at begin + n / rate, a hundredth of a second late at the most."""
    headers: list[tuple[str, str | bytes | None]] = [
        (name, topic_schema(topic) if name == "ce_dataschema" else value) for name, value in INTERVAL_BLOCKS.headers()
    ]
    producer = Producer(librdkafka_options(Settings()) | {"linger.ms": 5, "acks": "all"})
    lines, sent = file.read_bytes().splitlines(), 0
    while sent < len(lines):
        due = min(len(lines), max(0, int((time.time() - begin) * rate)))
        for line in lines[sent:due]:
            key, _, value = line.partition(b"\t")
            producer.produce(topic, value, key, headers=headers)
        sent = due
        producer.poll(0)
        time.sleep(EVERY_SECONDS)
    producer.flush()


def topic_schema(topic: str) -> bytes:
    """Return the schema that a reader of this topic expects."""
    return f"urn:halfhour:{topic}:{INTERVAL_BLOCKS.schema_version}".encode()


if __name__ == "__main__":
    feed(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
