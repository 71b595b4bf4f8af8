"""A real log for benchmarks, and what is put into it beforehand."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pydantic import SecretStr
from tests.conftest import run_part
from tests.ports import isolated_settings

from common.kafka.connection import librdkafka_options
from common.kafka.topic import Topic
from common.settings import KafkaSettings
from local_stack import jars, kafka
from local_stack.passwords import Secrets, cluster_id, password


@asynccontextmanager
async def broker() -> AsyncIterator[KafkaSettings]:
    """Run a log while the context is open; give the administrator's way in."""
    with tempfile.TemporaryDirectory() as folder:
        settings, secrets = isolated_settings(Path(folder)), Secrets(password(), password(), cluster_id(), password())
        settings.paths.create()
        locked = jars.read_lock()
        await asyncio.to_thread(jars.fetch, locked, settings.cache_dir)
        class_path = jars.class_path(locked, settings.cache_dir)
        kafka.prepare(settings, secrets, class_path)
        part = run_part(kafka.broker_service(settings, class_path, ()), Path(folder) / "kafka.log")
        await asyncio.to_thread(part.__enter__)
        try:
            yield KafkaSettings(
                kafka_bootstrap_servers=settings.kafka_bootstrap_servers,
                kafka_username=kafka.ADMIN,
                kafka_password=SecretStr(secrets.kafka_admin),
            )
        finally:
            await asyncio.to_thread(part.__exit__, None, None, None)


def fill(settings: KafkaSettings, *topics: tuple[Topic[Any], Sequence[Any]]) -> None:
    """Create topics and put messages into them."""
    created = [NewTopic(topic.name, num_partitions=topic.partitions, replication_factor=1) for topic, _ in topics]
    admin = AdminClient(librdkafka_options(settings))
    for future in admin.create_topics(created).values():
        future.result()
    producer = Producer(librdkafka_options(settings) | {"linger.ms": 50, "queue.buffering.max.messages": 1_000_000})
    for topic, messages in topics:
        headers: list[tuple[str, str | bytes | None]] = [*topic.headers()]
        for message in messages:
            producer.produce(topic.name, topic.encode(message), topic.key(message).encode(), headers=headers)
            producer.poll(0)
    producer.flush()
