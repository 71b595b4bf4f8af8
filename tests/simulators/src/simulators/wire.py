"""One listening TCP port with the meters behind it: receives, asks the addressed meter, answers in time.

Owns connections, the half-duplex order of a wire and its timing, and applies the meters' faults. Knows no
command of any meter. A frame's end on a serial wire is a right CRC at once, or silence.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Protocol

import structlog

from simulators.config import Timing, WireProtocol
from simulators.faults import Fault, FaultSwitch
from simulators.framing import (
    NotModbus,
    Request,
    serial_answer,
    serial_request,
    tcp_answer,
    tcp_requests,
)
from simulators.noise import pick

log = structlog.get_logger(__name__)

_FRAME_END_SECONDS = 0.05
_LONGEST_FRAME = 512
_BYTE_SECONDS = 10 / 9600
_FASTEST_ANSWER_MS = 20
_ANSWER_SPAN_MS = 131
_NO_SUCH_UNIT = 0x0B
_SERIAL_OVERHEAD = 3


class Meter(Protocol):
    """What a wire needs of a meter. any_address: the address at which every meter answers, if it has one."""

    serial: str
    address: int
    any_address: int | None
    faults: FaultSwitch

    def answer(self, request: bytes, *, to_any: bool) -> bytes | None: ...


class Wire:
    """A gateway's port. open() and close() may each be called once."""

    def __init__(
        self,
        *,
        name: str,
        host: str,
        port: int,
        protocol: WireProtocol,
        timing: Timing,
        meters: Iterable[Meter],
    ) -> None:
        self.name = name
        self.host = host
        self.port = port
        self._is_tcp = protocol == "modbus-tcp"
        self._timing = timing
        self._meters = {meter.address: meter for meter in meters}
        self._free_at = 0.0
        self._waiting: deque[tuple[_Connection, bytes]] = deque()
        self._answers = 0
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()

    async def open(self) -> None:
        """Listen; afterwards `port` is the real one. Raises OSError if the port is taken."""
        loop = asyncio.get_running_loop()
        kind = _TcpConnection if self._is_tcp else _SerialConnection
        self._server = await loop.create_server(lambda: kind(self), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.drop()
        if self._server is not None:
            await self._server.wait_closed()

    def joined(self, connection: "_Connection") -> None:
        self._connections.add(connection)

    def left(self, connection: "_Connection") -> None:
        self._connections.discard(connection)

    def handle(self, request: Request, connection: "_Connection") -> None:
        """Answer one request on the connection that it came from."""
        connection.send_held()
        meter = self._addressed(request.address)
        if meter is None:
            if self._is_tcp:
                refusal = bytes((request.body[0] | 0x80, _NO_SUCH_UNIT))
                connection.send(tcp_answer(request, refusal, Fault.NONE))
            return
        fault = meter.faults.take()
        to_any = request.address == meter.any_address
        body = meter.answer(request.body, to_any=to_any)
        if body is None or fault is Fault.SILENCE:
            return
        frame = tcp_answer(request, body, fault) if self._is_tcp else serial_answer(request.address, body, fault)
        if fault is Fault.LATE:
            connection.hold(frame)
            return
        delay = meter.faults.delay_seconds if fault is Fault.DELAY else 0.0
        self._send_in_turn(delay + self._sending_seconds(request, frame), connection, frame)

    def _addressed(self, address: int) -> Meter | None:
        """Return who answers. To the common address of several meters all would, and garble each other."""
        if address in self._meters:
            return self._meters[address]
        if len(self._meters) == 1:
            (only,) = self._meters.values()
            return only if only.any_address == address else None
        return None

    def _sending_seconds(self, request: Request, frame: bytes) -> float:
        """Return real seconds that the meter thinks and that both frames take on the wire."""
        if self._timing == "instant":
            return 0.0
        self._answers += 1
        thinking = (_FASTEST_ANSWER_MS + pick(_ANSWER_SPAN_MS, self._answers)) / 1000
        return thinking + (len(request.body) + _SERIAL_OVERHEAD + len(frame)) * _BYTE_SECONDS

    def _send_in_turn(self, seconds: float, connection: "_Connection", frame: bytes) -> None:
        """Send after the wire has been busy that long with this answer, and never before an earlier one."""
        if not seconds and not self._waiting:
            connection.send(frame)
            return
        loop = asyncio.get_running_loop()
        self._free_at = max(self._free_at, loop.time()) + seconds
        self._waiting.append((connection, frame))
        # Timers of one instant run in any order: each takes the eldest answer, whosever timer it is.
        loop.call_at(self._free_at, self._send_eldest)

    def _send_eldest(self) -> None:
        connection, frame = self._waiting.popleft()
        connection.send(frame)


class _Connection(asyncio.Protocol):
    """A client of a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._held: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(transport)
        self._transport = transport
        self._wire.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._transport = None
        self._wire.left(self)

    def send(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    def hold(self, frame: bytes) -> None:
        """Keep a late answer until the next request."""
        self._held.append(frame)

    def send_held(self) -> None:
        for frame in self._held:
            self.send(frame)
        self._held.clear()

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class _SerialConnection(_Connection):
    """Frames with CRC. Bytes that never become a right frame are forgotten after a silence."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self._silence: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        self._buffer += data
        request = serial_request(bytes(self._buffer))
        if request is not None:
            self._buffer.clear()
            self._wire.handle(request, self)
        elif len(self._buffer) > _LONGEST_FRAME:
            self._buffer.clear()
        else:
            loop = asyncio.get_running_loop()
            self._silence = loop.call_later(_FRAME_END_SECONDS, self._buffer.clear)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._silence is not None:
            self._silence.cancel()
        super().connection_lost(exc)


class _TcpConnection(_Connection):
    """Modbus TCP: frames tell their length."""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            requests = tcp_requests(self._buffer)
        except NotModbus:
            log.warning("connection.refused", wire=self._wire.name)
            self.drop()
            return
        for request in requests:
            self._wire.handle(request, self)
