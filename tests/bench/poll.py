"""Reading meters through the poller's drivers against the bare exchange of the same frames, on one simulator."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from pymodbus.client import AsyncModbusTcpClient
from tests.bench.rows import Row, race

from common.clock import SystemClock
from meter_poller.drivers import mercury_frames
from meter_poller.drivers.catalogue import SDM630_REGISTERS, make_driver, make_link
from meter_poller.drivers.eastron import EastronMeter
from meter_poller.drivers.mercury import MercuryMeter
from meter_poller.drivers.mercury_profile import Ring
from meter_poller.link import Link
from meter_poller.settings import Settings
from simulators import sample
from simulators.config import FleetConfig, dump
from topics.metering import Endpoint, EndpointMeter

RECORDS = 34 * 17
READS = 300


async def run() -> list[Row]:
    """Measure records and register reads a second."""
    config = sample.sample_config(scripted=False, channel_open_seconds=86_400)
    with _simulators(config) as ports:
        return [*await _mercury(config, ports), *await _eastron(config, ports)]


async def _mercury(config: FleetConfig, ports: list[int]) -> list[Row]:
    endpoint = _endpoint(config, ports, 0, protocol="mercury-tcp", driver="mercury")
    link = make_link(endpoint, _settings())
    meter = make_driver(endpoint.meters[0], link, _settings(), SystemClock())
    assert isinstance(meter, MercuryMeter)
    assert isinstance(link, Link)
    await meter.begin()
    last = mercury_frames.last_record(await meter._session.ask(mercury_frames.read_last_record(40), 9))
    ring = Ring(meter._known_variant.memory_bytes)
    first = ring.back(await meter._find_newest(last, ring), RECORDS)
    run = mercury_frames.RUN_RECORDS
    length = mercury_frames.reply_length(run * mercury_frames.RECORD_BYTES)
    addresses = [ring.back(first, -number * run) for number in range(RECORDS // run)]

    async def ours() -> float:
        found = await meter.profile(since=None, history=timedelta(minutes=30 * (RECORDS + 2)), limit=RECORDS)
        assert len(found.slots) == RECORDS
        return RECORDS

    async def theirs() -> float:
        for at in addresses:
            await link.exchange(mercury_frames.read_record_run(40, at), length)
        return RECORDS

    rows = await race("poll.mercury_half_hours", "records/s", ours, against="poll.mercury_bare_exchange", theirs=theirs)
    await link.close()
    return rows


async def _eastron(config: FleetConfig, ports: list[int]) -> list[Row]:
    endpoint = _endpoint(config, ports, 1, protocol="modbus-tcp", driver="eastron_sdm630")
    link = make_link(endpoint, _settings())
    meter = make_driver(endpoint.meters[0], link, _settings(), SystemClock())
    assert isinstance(meter, EastronMeter)
    await meter.begin()
    bare = AsyncModbusTcpClient("127.0.0.1", port=endpoint.port)
    await bare.connect()
    _, first, count = SDM630_REGISTERS.block(("a_plus", "a_minus", "r_plus", "r_minus"))

    async def theirs() -> None:
        answer = await bare.read_input_registers(first, count=count, device_id=endpoint.meters[0].address)
        assert not answer.isError()

    rows = await race(
        "poll.sdm630_registers",
        "reads/s",
        lambda: _repeat(meter.registers),
        against="poll.pymodbus_bare_read",
        theirs=lambda: _repeat(theirs),
    )
    bare.close()
    await link.close()
    return rows


async def _repeat(read: Callable[[], Awaitable[object]]) -> float:
    for _ in range(READS):
        await read()
    return READS


def _settings() -> Settings:
    return Settings(frame_pause_seconds=0)


def _endpoint(config: FleetConfig, ports: list[int], number: int, *, protocol: str, driver: str) -> Endpoint:
    meter = config.wires[number].meters[0]
    return Endpoint(
        endpoint_id=uuid4(),
        version=1,
        protocol=protocol,
        host="127.0.0.1",
        port=ports[number],
        meters=[
            EndpointMeter(
                meter_id=uuid4(),
                driver=driver,
                address=meter.address,
                serial=meter.serial,
                clock_zone=meter.clock_zone,
            )
        ],
    )


@contextmanager
def _simulators(config: FleetConfig) -> Iterator[list[int]]:
    """Run the meters in a process of their own and give the ports of their wires."""
    with tempfile.TemporaryDirectory() as folder:
        file, ready = Path(folder) / "config.json", Path(folder) / "ready.json"
        file.write_bytes(dump(config))
        process = subprocess.Popen(
            [sys.executable, "-m", "simulators", "--config", str(file), "--ready-file", str(ready)],
            stderr=subprocess.DEVNULL,
        )
        try:
            while not ready.exists():
                assert process.poll() is None
                time.sleep(0.05)
            wires = json.loads(ready.read_text(encoding="utf-8"))["wires"]
            yield [wires[wire.name]["port"] for wire in config.wires]
        finally:
            process.terminate()
            process.wait(10)
