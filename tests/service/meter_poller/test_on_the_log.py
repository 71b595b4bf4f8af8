"""Pollers as a consumer group on a real log: who polls what, and what the log holds after restarts."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from aiokafka import TopicPartition
from tests.ports import free_ports
from tests.service.provisioned import provision
from tests.unit.meter_poller.parts import HALF_HOUR, endpoint, joined, meter, quick_settings

from common.clock import ScaledClock
from common.kafka.connection import new_consumer
from common.kafka.publisher import Publisher
from common.settings import KafkaSettings
from meter_poller.assignment import Heartbeat, LogLoader, Shares, follow
from meter_poller.fleet import Fleet
from meter_poller.publish import Cursors
from meter_poller.settings import Settings
from meter_poller.wires import WirePoller
from simulators.config import CurveConfig, FleetConfig, MercuryConfig, WireConfig
from simulators.curves import CurveKind
from simulators.fleet import Fleet as SimulatedFleet
from topics.metering import ENDPOINTS, Endpoint
from topics.poller import INTERVAL_BLOCKS, IntervalBlock
from topics.quality import Quality

WIRES = 8
SPEED = 3_600
START = datetime(2026, 7, 6, 9, 7, tzinfo=UTC)
WITHIN_SECONDS = 30


class Site:
    """Simulated wires with one Mercury each, registered in the log."""

    def __init__(self, fleet: SimulatedFleet, clock: ScaledClock, endpoints: list[Endpoint]) -> None:
        self.fleet = fleet
        self.clock = clock
        self.endpoints = endpoints

    @property
    def ids(self) -> set[UUID]:
        return {of.endpoint_id for of in self.endpoints}

    def assert_true(self, blocks: list[IntervalBlock], *, until: datetime) -> None:
        """Hold what the log has of every wire to the meters' truth: each half hour there, repeats alike."""
        for of in self.endpoints:
            serial = of.meters[0].serial
            slots = joined(block for block in blocks if block.serial == serial)
            truth = self.fleet.truth(serial).slots(min(slots), max(slots) + HALF_HOUR)
            assert max(slots) + HALF_HOUR >= until
            assert sorted(slots) == [true.start_at for true in truth]
            assert all(slots[true.start_at] == (Quality.RAW, true.energy.a_plus_wh) for true in truth)


@pytest.fixture
async def log(kafka_server: KafkaSettings) -> dict[str, KafkaSettings]:
    return await provision(kafka_server)


@pytest.fixture
async def site(log: dict[str, KafkaSettings]) -> AsyncIterator[Site]:
    clock = ScaledClock(anchor_at=datetime.now(UTC), start_at=START, speed=SPEED)
    curve = CurveConfig(kind=CurveKind.SHOP, seed=3, mean_w=2_000)
    first = uuid4().int % 1_000 * 10
    config = FleetConfig(
        wires=tuple(
            WireConfig(
                name=f"wire {i}",
                protocol="mercury",
                meters=(
                    MercuryConfig(
                        serial=f"{40_000_000 + first + i}", address=1, curve=curve, commissioned_on=date(2026, 6, 20)
                    ),
                ),
            )
            for i in range(WIRES)
        )
    )
    publisher = Publisher(log["metering"])
    async with SimulatedFleet(config, clock) as fleet:
        endpoints = [
            endpoint(meter(1, serial=wire.meters[0].serial), port=fleet.port(wire.name)) for wire in config.wires
        ]
        await publisher.send(ENDPOINTS, endpoints)
        yield Site(fleet, clock, endpoints)
        ended = [msgspec.structs.replace(of, version=99, deleted=True) for of in endpoints]
        await publisher.send(ENDPOINTS, ended)
        await publisher.close()


class Poller:
    """One poller of the group, in this process; `running` is shared by all and tells of two masters."""

    def __init__(self, settings: Settings, site: Site, running: dict[UUID, "Poller"]) -> None:
        self._settings = settings
        self._site = site
        self._running = running
        self._publisher = Publisher(settings)
        self.fleet = Fleet(self._poll)
        self._task = asyncio.create_task(
            follow(
                settings,
                group=settings.consumer_group,
                shares=Shares(self.fleet, LogLoader(settings)),
                heartbeat=Heartbeat(),
            )
        )

    async def _poll(self, of: Endpoint, cursors: Cursors) -> None:
        assert of.endpoint_id not in self._running, "two masters of one wire"
        self._running[of.endpoint_id] = self
        try:
            await WirePoller(of, cursors, settings=self._settings, clock=self._site.clock, sender=self._publisher).run()
        finally:
            del self._running[of.endpoint_id]

    @property
    def ids(self) -> set[UUID]:
        return set(self.fleet.endpoint_ids) & self._site.ids

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.fleet.close()
        await self._publisher.close()


async def until(holds: Any) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while not holds():
            await asyncio.sleep(0.05)


def settings_of(way: KafkaSettings, group: str) -> Settings:
    return quick_settings(**way.model_dump(), consumer_group=group)


async def read_blocks(way: KafkaSettings) -> list[IntervalBlock]:
    """Return all interval blocks that the log holds now."""
    consumer = new_consumer(way)
    try:
        await consumer.start()
        places = [TopicPartition(INTERVAL_BLOCKS.name, i) for i in range(INTERVAL_BLOCKS.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        blocks: list[IntervalBlock] = []
        while [place for place in places if await consumer.position(place) < ends[place]]:
            found = await consumer.getmany(timeout_ms=500)
            blocks += [INTERVAL_BLOCKS.decode(each.value, each.headers) for batch in found.values() for each in batch]
        return blocks
    finally:
        await consumer.stop()


async def test_wires_are_shared_and_move_with_their_cursors(log: dict[str, KafkaSettings], site: Site):
    """INVARIANT: a wire has one master at a time, and a rebalance neither loses nor changes a half hour."""
    settings = settings_of(log["meter-poller"], f"meter-poller-{uuid4().hex}")
    running: dict[UUID, Poller] = {}
    first = Poller(settings, site, running)
    await until(lambda: first.ids == site.ids)
    second = Poller(settings, site, running)
    await until(lambda: first.ids and second.ids and first.ids | second.ids == site.ids)
    assert not first.ids & second.ids
    await first.stop()
    await until(lambda: second.ids == site.ids)
    reached = site.clock.now() + timedelta(hours=2)
    await site.clock.sleep_until(reached)
    third = Poller(settings, site, running)
    await until(lambda: third.ids and second.ids | third.ids == site.ids)
    await second.stop()
    await until(lambda: third.ids == site.ids)
    await site.clock.sleep(3_600)
    await third.stop()
    assert running == {}
    site.assert_true(await read_blocks(log["metering"]), until=reached)


async def test_the_group_commits_no_offset(log: dict[str, KafkaSettings], site: Site, kafka_server: KafkaSettings):
    """What is to be polled is read anew at each assignment, so there is nothing to commit."""
    group = f"meter-poller-{uuid4().hex}"
    poller = Poller(settings_of(log["meter-poller"], group), site, {})
    await until(lambda: poller.ids == site.ids)
    await poller.stop()
    asking = new_consumer(kafka_server, group_id=group)
    try:
        await asking.start()
        places = [TopicPartition(ENDPOINTS.name, i) for i in range(ENDPOINTS.partitions)]
        asking.assign(places)
        assert [await asking.committed(place) for place in places] == [None] * len(places)
    finally:
        await asking.stop()


@asynccontextmanager
async def poller_process(way: KafkaSettings, site: Site, group: str) -> AsyncIterator[tuple[Any, str]]:
    """Run `python -m meter_poller`; give the process and its address."""
    (port,) = free_ports(1)
    assert way.kafka_password is not None
    environment = os.environ | {  # noqa: TID251 -- the child gets ours and its settings
        "METER_POLLER_HTTP_PORT": str(port),
        "METER_POLLER_KAFKA_BOOTSTRAP_SERVERS": way.kafka_bootstrap_servers,
        "METER_POLLER_KAFKA_USERNAME": way.kafka_username or "",
        "METER_POLLER_KAFKA_PASSWORD": way.kafka_password.get_secret_value(),
        "METER_POLLER_CONSUMER_GROUP": group,
        "METER_POLLER_POLL_SPREAD_SECONDS": "0",
        "CLOCK_ANCHOR_AT": site.clock._anchor_at.isoformat(),
        "CLOCK_START_AT": START.isoformat(),
        "CLOCK_SPEED": str(SPEED),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "meter_poller", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def wait_ready(client: httpx.AsyncClient, address: str) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while True:
            try:
                if (await client.get(f"{address}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


async def test_a_killed_process_goes_on_where_the_log_is(log: dict[str, KafkaSettings], site: Site):
    """INVARIANT: kill -9 at any moment loses no half hour and changes none."""
    group = f"meter-poller-{uuid4().hex}"
    async with httpx.AsyncClient() as client:
        for _ in range(2):
            async with poller_process(log["meter-poller"], site, group) as (process, address):
                await wait_ready(client, address)
                await asyncio.sleep(1.0)
                process.send_signal(signal.SIGKILL)
                assert await process.wait() == -signal.SIGKILL
        async with poller_process(log["meter-poller"], site, group) as (process, address):
            await wait_ready(client, address)
            reached = site.clock.now()
            await until_sent(log["metering"], site, reached)
            process.send_signal(signal.SIGTERM)
            # uvicorn stops in order and then lets the signal end the process.
            assert await asyncio.wait_for(process.wait(), 10) in {0, -signal.SIGTERM}
    site.assert_true(await read_blocks(log["metering"]), until=reached)


async def until_sent(settings: KafkaSettings, site: Site, until: datetime) -> None:
    """Wait until the log has every wire's half hours up to that instant."""
    serials = {of.meters[0].serial for of in site.endpoints}
    async with asyncio.timeout(WITHIN_SECONDS):
        while True:
            blocks = await read_blocks(settings)
            if serials == {block.serial for block in blocks if end_of(block) >= until}:
                return
            await asyncio.sleep(0.2)


def end_of(block: IntervalBlock) -> datetime:
    return block.start + len(block.quality) * HALF_HOUR
