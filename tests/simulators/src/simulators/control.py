"""A port on which another process switches faults: one JSON line in, one JSON line back.

{"serial": "41888840", "fault": "silence", "requests": 3, "delay_seconds": 0} -> {"error": null}.
For tests on this machine only; it has no access check.
"""

import asyncio
from collections.abc import Mapping

import msgspec
import structlog
from msgspec import Struct

from simulators.config import ControlConfig
from simulators.faults import Fault
from simulators.wire import Meter

log = structlog.get_logger(__name__)


class Command(Struct, frozen=True, forbid_unknown_fields=True):
    """Fields as of FaultSwitch.set."""

    serial: str
    fault: Fault
    requests: int | None = None
    delay_seconds: float = 0.0


class Reply(Struct, frozen=True):
    """error: None, or why the command was refused."""

    error: str | None


class Control:
    """Serves commands to the meters it was given."""

    def __init__(self, config: ControlConfig, meters: Mapping[str, Meter]) -> None:
        self._host = config.host
        self.port = config.port
        self._meters = meters
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Listen; afterwards `port` is the real one. Raises OSError if the port is taken."""
        self._server = await asyncio.start_server(self._serve, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is None:
            return
        self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while line := await reader.readline():
                writer.write(msgspec.json.encode(self._obey(line)) + b"\n")
                await writer.drain()
        except ConnectionError:
            log.info("control.disconnected")
        finally:
            self._writers.discard(writer)
            writer.close()

    def _obey(self, line: bytes) -> Reply:
        try:
            command = msgspec.json.decode(line, type=Command)
        except msgspec.MsgspecError as error:
            return Reply(str(error))
        meter = self._meters.get(command.serial)
        if meter is None:
            return Reply(f"no meter {command.serial}")
        meter.faults.set(command.fault, requests=command.requests, delay_seconds=command.delay_seconds)
        return Reply(None)
