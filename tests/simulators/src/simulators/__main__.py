"""python -m simulators --config FILE [--ready-file FILE]: runs meters until SIGTERM or SIGINT.

The clock comes from CLOCK_SPEED, CLOCK_ANCHOR_AT and CLOCK_START_AT. The ready file appears, whole, when
every port is open, and names the ports.
"""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import msgspec

from common.clock import clock_from_settings
from common.logging import configure_logging
from simulators.config import FleetConfig, read_config
from simulators.fleet import Fleet


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulators", description="Run simulated meters.")
    parser.add_argument("--config", type=Path, required=True, help="JSON file with wires and meters")
    parser.add_argument("--ready-file", type=Path, help="written when all ports are open")
    arguments = parser.parse_args()
    configure_logging("simulators")
    try:
        config = read_config(arguments.config)
        if arguments.ready_file is not None:
            arguments.ready_file.unlink(missing_ok=True)
        asyncio.run(_run(config, arguments.ready_file))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"simulators: {error}\n")
        return 1
    return 0


async def _run(config: FleetConfig, ready_file: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Fleet(config, clock_from_settings()) as fleet:
        if ready_file is not None:
            _write_whole(ready_file, _ports(fleet))
        await stop.wait()


def _ports(fleet: Fleet) -> bytes:
    wires = {name: {"host": wire.host, "port": wire.port} for name, wire in fleet.wires.items()}
    control = None if fleet.control is None else fleet.control.port
    return msgspec.json.encode({"wires": wires, "control_port": control})


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())
