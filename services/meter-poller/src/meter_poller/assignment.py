"""Which wires are ours: a consumer group over metering-endpoints-v1 that never commits.

A partition of the endpoints and the one of the same number of poller-cursors-v1 belong together. On
assignment both are read from the beginning to their present end, then the wires start. On revocation the
wires' tasks are stopped and waited for before the group goes on, so that one wire has one master.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from common.errors import Rejected
from common.kafka.connection import new_consumer
from common.kafka.topic import Topic
from common.logging import get_logger
from common.settings import KafkaSettings
from meter_poller.fleet import Fleet
from meter_poller.metrics import RECORDS_REFUSED
from meter_poller.publish import Cursors
from topics.metering import ENDPOINTS, Endpoint
from topics.poller import CURSORS, EndpointCursor

log = get_logger(__name__)

POLL_MILLISECONDS = 500
LOAD_POLL_MILLISECONDS = 1_000
LOAD_RETRY_SECONDS = 1.0
# A broker answers one connection in turn: by default an empty partition's fetch holds each question back 0.5 s.
LOAD_FETCH_MILLISECONDS = 20
# The shortest that a broker grants by default: so long the wires of a killed poller wait for another.
SESSION_TIMEOUT_MILLISECONDS = 6_000


@dataclass
class Heartbeat:
    """When the group was last asked for news; None before the first time. Real time."""

    at: float | None = None

    def beat(self) -> None:
        self.at = monotonic()

    def is_younger_than(self, seconds: float) -> bool:
        return self.at is not None and monotonic() - self.at < seconds


@dataclass(frozen=True, slots=True)
class Share:
    """What the log holds of one partition: the newest endpoints and their cursors."""

    endpoints: dict[UUID, Endpoint] = field(default_factory=dict)
    cursors: dict[UUID, EndpointCursor] = field(default_factory=dict)


class Loader(Protocol):
    """Reads one partition of endpoints and cursors from the beginning to the present end."""

    async def load(self, partition: int) -> Share: ...


class Shares(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """The partitions that the group gave us, and the wires that come of them."""

    def __init__(self, fleet: Fleet, loader: Loader) -> None:
        self._fleet = fleet
        self._loader = loader
        self._assigned: set[int] = set()
        self._loaded: dict[int, set[UUID]] = {}
        self._revocations = 0
        # A wire that is being restarted must not start after its partition has gone.
        self._changing = asyncio.Lock()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Stop the wires of these partitions; the group waits for this to return."""
        partitions = {each.partition for each in revoked}
        self._assigned -= partitions
        self._revocations += 1
        async with self._changing:
            for partition in partitions:
                await self._fleet.stop(list(self._loaded.pop(partition, set())))

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Take down what is ours; `start_assigned` does the work, where a failure can be tried again."""
        self._assigned |= {each.partition for each in assigned}

    async def start_assigned(self) -> None:
        """Load the partitions that are new and start their wires. Raises KafkaError; a repeat goes on."""
        for partition in sorted(self._assigned - self._loaded.keys()):
            revocations = self._revocations
            share = await self._loader.load(partition)
            async with self._changing:
                # Taken away while it was read, it may have moved on elsewhere; if it is ours again, it is read again.
                if revocations == self._revocations:
                    await self._start(partition, share)

    async def take(self, partition: int, value: bytes | None, key: bytes | None, headers: Any) -> None:
        """Take one record of the endpoints topic. A record of a partition that is not loaded comes with it later."""
        async with self._changing:
            if partition not in self._loaded:
                return
            endpoint_id = _uuid(key)
            if value is None:
                await self._fleet.stop([endpoint_id] if endpoint_id else [])
                return
            endpoint = _decoded(ENDPOINTS, value, headers)
            if endpoint is not None:
                self._loaded[partition].add(endpoint.endpoint_id)
                await self._fleet.show(endpoint)

    async def _start(self, partition: int, share: Share) -> None:
        self._loaded[partition] = set(share.endpoints)
        for endpoint in share.endpoints.values():
            known = share.cursors.get(endpoint.endpoint_id)
            await self._fleet.show(endpoint, Cursors(endpoint.endpoint_id, known.meters if known else ()))
        log.info("partition.taken", partition=partition, endpoints=len(share.endpoints))


class LogLoader:
    """Reads shares with a consumer of its own, outside of the group."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def load(self, partition: int) -> Share:
        """Read one partition of both topics. Raises KafkaError, or an OSError of the connection."""
        share = Share()
        consumer = new_consumer(self._settings, fetch_max_wait_ms=LOAD_FETCH_MILLISECONDS)
        try:
            await consumer.start()
            for key, value, headers in await _read_all(consumer, TopicPartition(ENDPOINTS.name, partition)):
                _keep(share.endpoints, ENDPOINTS, key, value, headers)
            for key, value, headers in await _read_all(consumer, TopicPartition(CURSORS.name, partition)):
                _keep(share.cursors, CURSORS, key, value, headers)
        finally:
            await consumer.stop()
        return share


async def _read_all(consumer: AIOKafkaConsumer, place: TopicPartition) -> list[tuple[bytes | None, bytes | None, Any]]:
    consumer.assign([place])
    await consumer.seek_to_beginning(place)
    end = (await consumer.end_offsets([place]))[place]
    records: list[tuple[bytes | None, bytes | None, Any]] = []
    while await consumer.position(place) < end:
        found = await consumer.getmany(place, timeout_ms=LOAD_POLL_MILLISECONDS)
        records += [(each.key, each.value, each.headers) for batch in found.values() for each in batch]
    return records


def _keep(kept: dict[UUID, Any], topic: Topic[Any], key: bytes | None, value: bytes | None, headers: Any) -> None:
    """Keep the newest message of a key; a record without a value ends it."""
    endpoint_id = _uuid(key)
    if value is None:
        kept.pop(endpoint_id, None) if endpoint_id else None
        return
    message = _decoded(topic, value, headers)
    if message is None:
        return
    former = kept.get(message.endpoint_id)
    if isinstance(former, Endpoint) and former.version > message.version:
        return
    kept[message.endpoint_id] = message


def _decoded(topic: Topic[Any], value: bytes, headers: Any) -> Any:
    """Return the message, or None for one that cannot be read: the former version stays in force."""
    try:
        return topic.decode(value, headers)
    except Rejected as reason:
        RECORDS_REFUSED.labels(topic=topic.name, reason=reason.code).inc()
        log.warning("record.refused", topic=topic.name, reason=reason.code, detail=reason.detail)
        return None


def _uuid(key: bytes | None) -> UUID | None:
    try:
        return UUID((key or b"").decode())
    except ValueError:
        return None


async def follow(settings: KafkaSettings, *, group: str, shares: Shares, heartbeat: Heartbeat) -> None:
    """Follow the endpoints for ever. Never commits: what is to be polled is read anew at each assignment."""
    consumer = new_consumer(
        settings,
        group_id=group,
        session_timeout_ms=SESSION_TIMEOUT_MILLISECONDS,
        heartbeat_interval_ms=SESSION_TIMEOUT_MILLISECONDS // 3,
    )
    consumer.subscribe([ENDPOINTS.name], listener=shares)
    try:
        await consumer.start()
        while True:
            try:
                await shares.start_assigned()
            except (KafkaError, OSError) as error:
                log.warning("partition.not_loaded", error=repr(error))
                await asyncio.sleep(LOAD_RETRY_SECONDS)
            found = await consumer.getmany(timeout_ms=POLL_MILLISECONDS)
            heartbeat.beat()
            for place, records in found.items():
                for record in records:
                    await shares.take(place.partition, record.value, record.key, record.headers)
    finally:
        await consumer.stop()
