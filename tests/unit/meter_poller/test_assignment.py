"""Which wires run as partitions come and go."""

import asyncio
from uuid import UUID

import msgspec
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from tests.unit.meter_poller.parts import ANY_ID, NOON, endpoint, meter

from common.kafka.topic import Headers
from meter_poller.assignment import Heartbeat, Share, Shares
from meter_poller.fleet import Fleet
from meter_poller.publish import Cursors
from topics.metering import ENDPOINTS, Endpoint
from topics.poller import CURSORS, EndpointCursor, MeterCursor


class MemoryLoader:
    """Gives shares from memory. `failures` of the next loads fail; `gate` holds a load back."""

    def __init__(self) -> None:
        self.shares: dict[int, Share] = {}
        self.loads: list[int] = []
        self.failures = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self, partition: int) -> Share:
        self.loads.append(partition)
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise KafkaConnectionError("away")
        return self.shares.get(partition, Share())

    def hold(self, partition: int, *endpoints: Endpoint, cursor: MeterCursor | None = None) -> None:
        share = self.shares.setdefault(partition, Share())
        for of in endpoints:
            share.endpoints[of.endpoint_id] = of
            if cursor is not None:
                share.cursors[of.endpoint_id] = EndpointCursor(endpoint_id=of.endpoint_id, meters=[cursor])


class Group:
    """A share of the endpoints whose wires only take down that they run."""

    def __init__(self) -> None:
        self.loader = MemoryLoader()
        self.running: dict[UUID, Cursors] = {}
        self.versions: dict[UUID, int] = {}
        self.fleet = Fleet(self._poll)
        self.shares = Shares(self.fleet, self.loader)

    async def _poll(self, of: Endpoint, cursors: Cursors) -> None:
        self.running[of.endpoint_id] = cursors
        self.versions[of.endpoint_id] = of.version
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            del self.running[of.endpoint_id]

    async def assign(self, *partitions: int) -> None:
        self.shares.on_partitions_assigned(places(*partitions))
        await self.shares.start_assigned()
        await asyncio.sleep(0)

    async def take(self, partition: int, of: Endpoint) -> None:
        key = ENDPOINTS.key(of).encode()
        await self.shares.take(partition, ENDPOINTS.encode(of), key, ENDPOINTS.headers())
        await asyncio.sleep(0)


def places(*partitions: int) -> list[TopicPartition]:
    return [TopicPartition(ENDPOINTS.name, partition) for partition in partitions]


def test_endpoints_and_cursors_have_the_same_partitions():
    """INVARIANT: a wire's endpoint and its cursor move together, since key and partition count are the same."""
    assert ENDPOINTS.partitions == CURSORS.partitions
    of = endpoint(meter())
    assert ENDPOINTS.key(of) == CURSORS.key(EndpointCursor(endpoint_id=of.endpoint_id, meters=[]))


async def test_assigned_partitions_start_their_wires_with_their_cursors():
    group, here, there = Group(), endpoint(meter()), endpoint(meter())
    known = MeterCursor(meter_id=ANY_ID, profile_until=NOON)
    group.loader.hold(0, here, cursor=known)
    group.loader.hold(3, there)
    await group.assign(0)
    assert set(group.running) == {here.endpoint_id}
    assert group.running[here.endpoint_id].of(ANY_ID) == known
    await group.assign(3)
    assert set(group.running) == {here.endpoint_id, there.endpoint_id}
    assert group.loader.loads == [0, 3]
    await group.fleet.close()


async def test_revoked_partitions_have_no_running_wire_when_the_group_goes_on():
    """INVARIANT: one wire has one master: revocation returns after the wire's task has ended."""
    group, here, there = Group(), endpoint(meter()), endpoint(meter())
    group.loader.hold(0, here)
    group.loader.hold(1, there)
    await group.assign(0, 1)
    await group.shares.on_partitions_revoked(places(1))
    assert set(group.running) == {here.endpoint_id}
    await group.assign(1)
    assert set(group.running) == {here.endpoint_id, there.endpoint_id}
    assert group.loader.loads == [0, 1, 1]
    await group.fleet.close()


async def test_a_partition_taken_away_while_it_is_read_starts_nothing():
    group = Group()
    group.loader.hold(0, endpoint(meter()))
    group.loader.gate.clear()
    group.shares.on_partitions_assigned(places(0))
    starting = asyncio.create_task(group.shares.start_assigned())
    await asyncio.sleep(0)
    await group.shares.on_partitions_revoked(places(0))
    group.loader.gate.set()
    await starting
    assert group.running == {}


async def test_a_partition_that_went_and_came_back_while_it_was_read_is_read_again():
    """Its cursors may have moved on with another poller meanwhile."""
    group, of = Group(), endpoint(meter())
    group.loader.hold(0, of)
    group.loader.gate.clear()
    group.shares.on_partitions_assigned(places(0))
    starting = asyncio.create_task(group.shares.start_assigned())
    await asyncio.sleep(0)
    await group.shares.on_partitions_revoked(places(0))
    group.shares.on_partitions_assigned(places(0))
    group.loader.gate.set()
    await starting
    assert group.running == {}
    await group.assign()
    assert set(group.running) == {of.endpoint_id}
    assert group.loader.loads == [0, 0]
    await group.fleet.close()


async def test_a_wire_that_is_being_restarted_does_not_outlive_its_partition():
    """INVARIANT: a restart under way when the partition goes leaves no running wire behind."""
    group, of = Group(), endpoint(meter())
    group.loader.hold(0, of)
    await group.assign(0)
    restarting = asyncio.create_task(group.take(0, msgspec.structs.replace(of, version=2)))
    await asyncio.sleep(0)
    await group.shares.on_partitions_revoked(places(0))
    await restarting
    await asyncio.sleep(0)
    assert group.running == {}
    assert group.fleet.endpoint_ids == frozenset()


async def test_a_partition_that_could_not_be_read_is_read_again():
    group, of = Group(), endpoint(meter())
    group.loader.hold(0, of)
    group.loader.failures = 1
    with pytest.raises(KafkaConnectionError):
        await group.assign(0)
    assert group.running == {}
    await group.assign()
    assert set(group.running) == {of.endpoint_id}
    await group.fleet.close()


async def test_records_of_the_log_add_change_and_end_wires():
    group, of = Group(), endpoint(meter())
    await group.assign(0)
    await group.take(0, of)
    assert group.versions[of.endpoint_id] == 1
    await group.take(0, msgspec.structs.replace(of, version=2))
    assert group.versions[of.endpoint_id] == 2
    await group.shares.take(0, None, str(of.endpoint_id).encode(), [])
    assert group.running == {}
    await group.take(0, of)
    await group.shares.on_partitions_revoked(places(0))
    assert group.running == {}


async def test_records_read_again_from_the_beginning_change_nothing():
    group, of = Group(), endpoint(meter(), version=5)
    group.loader.hold(0, of)
    await group.assign(0)
    for number in (1, 4, 5):
        await group.take(0, msgspec.structs.replace(of, version=number, deleted=number == 4))
    assert group.versions == {of.endpoint_id: 5}
    await group.fleet.close()


async def test_a_record_of_a_partition_that_is_not_read_yet_waits_for_its_reading():
    group = Group()
    await group.take(2, endpoint(meter()))
    assert group.running == {}


@pytest.mark.parametrize(
    ("value", "headers"),
    [(b"no json", ENDPOINTS.headers()), (b"{}", ENDPOINTS.headers()), (b"{}", CURSORS.headers())],
)
async def test_a_record_that_cannot_be_read_leaves_the_wires_as_they_are(value: bytes, headers: Headers):
    group, of = Group(), endpoint(meter())
    group.loader.hold(0, of)
    await group.assign(0)
    await group.shares.take(0, value, str(of.endpoint_id).encode(), headers)
    assert set(group.running) == {of.endpoint_id}
    await group.fleet.close()


def test_the_heartbeat_tells_whether_the_group_was_asked_lately():
    heartbeat = Heartbeat()
    assert not heartbeat.is_younger_than(60)
    heartbeat.beat()
    assert heartbeat.is_younger_than(60)
    assert not heartbeat.is_younger_than(0)
