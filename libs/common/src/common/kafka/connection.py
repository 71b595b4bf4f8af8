"""Connections to the log, made from settings. Without a user name they are plain."""

import logging
import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypedDict

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.partitioner import murmur2
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLScram512

from common.settings import KafkaSettings


class _Connection(TypedDict, total=False):
    bootstrap_servers: str
    security_protocol: str
    sasl_mechanism: str
    sasl_plain_username: str
    sasl_plain_password: str


def connection_options(settings: KafkaSettings) -> _Connection:
    """Return aiokafka's arguments for host and credential."""
    options: _Connection = {"bootstrap_servers": settings.kafka_bootstrap_servers}
    if settings.kafka_username and settings.kafka_password:
        options |= {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return options


def librdkafka_options(settings: KafkaSettings) -> dict[str, Any]:
    """Return the same for librdkafka."""
    options: dict[str, Any] = {"bootstrap.servers": settings.kafka_bootstrap_servers}
    if settings.kafka_username and settings.kafka_password:
        options |= {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": settings.kafka_username,
            "sasl.password": settings.kafka_password.get_secret_value(),
        }
    return options


def _partition(key: bytes | None, partitions: Sequence[int], available: Sequence[int]) -> int:
    """Choose as every client does. Keys repeat, and their hash in Python takes as long as all else of a send."""
    if key is None:
        return random.choice(available or partitions)  # noqa: S311 -- no secret
    return partitions[_hash(key) % len(partitions)]


@lru_cache(maxsize=262_144)
def _hash(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


def new_producer(settings: KafkaSettings, **options: Any) -> AIOKafkaProducer:
    """Make a producer with acks=all and without idempotence; start and stop are the caller's.

    A long-lived idempotent producer does not survive a broker's stop (aiokafka #1017). After any
    failed send close it and make a new one.
    """
    return AIOKafkaProducer(
        acks="all", enable_idempotence=False, partitioner=_partition, **connection_options(settings), **options
    )


def new_consumer(settings: KafkaSettings, *topics: str, **options: Any) -> AIOKafkaConsumer:
    """Make a consumer that never commits by itself; start and stop are the caller's."""
    return AIOKafkaConsumer(
        *topics, enable_auto_commit=False, auto_offset_reset="earliest", **connection_options(settings), **options
    )


async def list_topics(settings: KafkaSettings) -> frozenset[str]:
    """Return the names of all topics that this credential may see. Raises KafkaError while the log is away."""
    consumer = new_consumer(settings)
    try:
        await consumer.start()
        return frozenset(await consumer.topics())
    finally:
        await consumer.stop()


def new_broker(settings: KafkaSettings) -> KafkaBroker:
    """Make a FastStream broker for `common.kafka.subscribe`."""
    security: BaseSecurity | None = None
    if settings.kafka_username and settings.kafka_password:
        security = SASLScram512(
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            use_ssl=False,
        )
    return KafkaBroker(
        settings.kafka_bootstrap_servers,
        security=security,
        enable_idempotence=False,
        acks="all",
        allow_auto_create_topics=False,  # topics are provisioned; a service has no right to create one
        logger=logging.getLogger("faststream"),  # its own one writes another format, and two lines a message
        log_level=logging.DEBUG,
    )
