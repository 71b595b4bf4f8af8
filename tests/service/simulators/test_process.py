"""The process: a thousand meters, ready file, fast clock, prompt stop, restart."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.service.simulators.clients import SerialClient

from common.clock import FixedClock
from simulators.config import FleetConfig, dump
from simulators.fleet import Fleet
from simulators.sample import many_config, sample_config

OPEN = "01 01 01 01 01 01 01 01"
METERS = 1000


@contextmanager
def running(config: FleetConfig, folder: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
    """Run the process; give it and the content of its ready file."""
    path, ready = folder / "simulators.json", folder / "ready.json"
    path.write_bytes(dump(config))
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "simulators", "--config", str(path), "--ready-file", str(ready)]
    inherited = dict(os.environ)  # noqa: TID251  # the child needs the path of this one
    process = subprocess.Popen(command, env=inherited | environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process, msgspec.json.decode(ready.read_bytes())
    finally:
        process.kill()
        process.wait()


def resident_megabytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1024


async def serial_and_registers(port: int) -> tuple[bytes, bytes]:
    async with SerialClient(port) as client:
        await client.ask(1, OPEN)
        return await client.ask(1, "08 00"), await client.ask(1, "05 00 00")


def test_one_process_holds_a_thousand_meters(tmp_path: Path) -> None:
    began = time.monotonic()
    with running(many_config(METERS), tmp_path) as (process, ready):
        ports = [wire["port"] for wire in ready["wires"].values()]
        assert len(set(ports)) == METERS
        opened_seconds = time.monotonic() - began

        async def read_all() -> list[tuple[bytes, bytes]]:
            limit = asyncio.Semaphore(50)

            async def read(port: int) -> tuple[bytes, bytes]:
                async with limit:
                    return await serial_and_registers(port)

            return await asyncio.gather(*(read(port) for port in ports))

        answers = asyncio.run(read_all())
        print(
            f"{METERS} meters: open after {opened_seconds:.1f} s, all read after "
            f"{time.monotonic() - began:.1f} s, {resident_megabytes(process.pid)} MB"
        )
        assert all(len(registers) == 16 for _, registers in answers)
        assert len({serial for serial, _ in answers}) == METERS
        assert resident_megabytes(process.pid) < 250


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_process_at_once(tmp_path: Path, number: signal.Signals) -> None:
    with running(sample_config(control_port=0), tmp_path) as (process, ready):
        assert ready["control_port"]
        port = ready["wires"]["mercury-gateway"]["port"]

        async def while_connected() -> None:
            async with SerialClient(port):
                process.send_signal(number)
                await asyncio.to_thread(process.wait, 10)

        asyncio.run(while_connected())
        assert process.returncode == 0


def test_days_can_pass_faster_and_a_restart_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    anchor_at, start_at = datetime.now(UTC), datetime(2026, 8, 1, tzinfo=UTC)
    clock = {
        "CLOCK_SPEED": "3600",
        "CLOCK_ANCHOR_AT": anchor_at.isoformat(),
        "CLOCK_START_AT": start_at.isoformat(),
    }
    config = many_config(1, register_step_seconds=1800)
    truth = Fleet(config, FixedClock(start_at)).truth("50000000")
    for _ in range(2):
        with running(config, tmp_path, **clock) as (_, ready):
            _, shown = asyncio.run(serial_and_registers(ready["wires"]["wire-1"]["port"]))
            passed = (datetime.now(UTC) - anchor_at) * 3600
            value = shown[1] << 24 | shown[0] << 16 | shown[3] << 8 | shown[2]
            borders = (start_at + passed - timedelta(minutes=30 * back) for back in range(5))
            assert value in {truth.registers(border).total.a_plus_wh for border in borders}


def test_a_wrong_file_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "simulators.json"
    path.write_text('{"wires": [{"name": "x", "protocol": "dlms", "meters": []}]}')
    command = [sys.executable, "-m", "simulators", "--config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "simulators: Invalid enum value 'dlms' - at `$.wires[0].protocol`\n"
