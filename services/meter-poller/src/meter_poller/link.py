"""One wire behind a transparent TCP gateway: one connection, one exchange at a time, one pause between frames.

A reply is matched by address, length and check sum alone, since the Mercury protocol does not echo the
command (maker's description 12.2020, 1.3). So bytes that come outside of an exchange are dropped, and after
any fault the connection is closed and the next one waits for silence first: a late answer must never be
taken for the answer to another request.
"""

import asyncio
from dataclasses import dataclass
from time import monotonic

from fastcrc.crc16 import modbus as crc16

from meter_poller.errors import (
    BadCrc,
    BadReply,
    ConnectionLost,
    ConnectionRefused,
    NoReply,
    WireDown,
    WrongAddress,
)
from meter_poller.metrics import EXCHANGE_SECONDS, LATE_BYTES

ANY_ADDRESS = 0
STATUS_LENGTH = 4
MAX_SETTLINGS = 5


@dataclass(frozen=True, kw_only=True)
class LinkTimes:
    """Real seconds; see the settings of the same names."""

    connect_timeout_seconds: float
    reply_timeout_seconds: float
    gap_seconds: float
    frame_pause_seconds: float
    settle_seconds: float


class Link:
    """The connection to one wire. `generation` grows with each new connection: meters begin anew then."""

    def __init__(self, host: str, port: int, times: LinkTimes) -> None:
        self._host = host
        self._port = port
        self._times = times
        self._lock = asyncio.Lock()
        self._receiver: _Receiver | None = None
        self._faulty = False
        self._idle_since = 0.0
        self.generation = 0

    @property
    def is_open(self) -> bool:
        return self._receiver is not None and not self._receiver.lost

    async def exchange(self, request: bytes, reply_length: int) -> bytes:
        """Send one frame and return the whole reply frame, check sum included and checked.

        The reply has `reply_length` bytes, or the four of a status reply. Raises WireDown without a
        connection, another ReadingFailed for a reply that is late, short, long, garbled or another meter's;
        the connection is closed then, as it is when the caller is cancelled.
        """
        async with self._lock:
            try:
                receiver = await self._open()
                await asyncio.sleep(max(0.0, self._idle_since + self._times.frame_pause_seconds - monotonic()))
                LATE_BYTES.inc(receiver.drop())
                began = monotonic()
                receiver.send(request)
                frame = await self._receive(receiver, reply_length)
                _check(frame, address=request[0], reply_length=reply_length)
            except BaseException:
                self._faulty = True
                self._disconnect()
                raise
            self._idle_since = monotonic()
            EXCHANGE_SECONDS.labels(protocol="mercury-tcp").observe(self._idle_since - began)
            return frame

    async def close(self) -> None:
        """Close the connection. A repeat is harmless; the next exchange opens a new one."""
        async with self._lock:
            self._disconnect()

    def _disconnect(self) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.abort()

    async def _open(self) -> "_Receiver":
        if self._receiver is not None and self._receiver.lost:
            self._disconnect()
        if self._receiver is None:
            self._receiver = await self._connect_patiently()
            self.generation += 1
            if self._faulty:
                await self._settle(self._receiver)
                self._faulty = False
        return self._receiver

    async def _connect_patiently(self) -> "_Receiver":
        """Connect; after a fault try twice, since gateways of one connection need a moment to free it."""
        try:
            return await self._connect()
        except WireDown:
            if not self._faulty:
                raise
        await asyncio.sleep(self._times.settle_seconds)
        return await self._connect()

    async def _connect(self) -> "_Receiver":
        try:
            async with asyncio.timeout(self._times.connect_timeout_seconds):
                _, receiver = await asyncio.get_running_loop().create_connection(_Receiver, self._host, self._port)
        except ConnectionRefusedError as error:
            raise ConnectionRefused(f"{self._host}:{self._port} refused the connection") from error
        except (OSError, TimeoutError) as error:
            raise WireDown(f"{self._host}:{self._port} cannot be reached: {error!r}") from error
        return receiver

    async def _settle(self, receiver: "_Receiver") -> None:
        """Wait until nothing has come for `settle_seconds`: the gateway may still hold a late answer."""
        for _ in range(MAX_SETTLINGS):
            await asyncio.sleep(self._times.settle_seconds)
            dropped = receiver.drop()
            LATE_BYTES.inc(dropped)
            if not dropped:
                return
        raise BadReply("the wire does not fall silent")

    async def _receive(self, receiver: "_Receiver", reply_length: int) -> bytes:
        deadline = asyncio.get_running_loop().time() + self._times.reply_timeout_seconds
        while True:
            if len(receiver.buffer) >= reply_length:
                return bytes(receiver.buffer)
            wait_until = deadline
            complete = len(receiver.buffer) == STATUS_LENGTH and has_good_crc(receiver.buffer)
            if complete:
                wait_until = min(deadline, asyncio.get_running_loop().time() + self._times.gap_seconds)
            try:
                async with asyncio.timeout_at(wait_until):
                    await receiver.more()
            except TimeoutError:
                if complete:
                    return bytes(receiver.buffer)
                got = len(receiver.buffer)
                raise NoReply(f"{got} of {reply_length} bytes came in time") from None


class _Receiver(asyncio.Protocol):
    """Collects what comes. No stream reader, since dropping late bytes must be exact."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.lost = False
        self._arrived = asyncio.Event()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a TCP transport writes

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self._arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.lost = True
        self._arrived.set()

    def send(self, data: bytes) -> None:
        if self._transport is None or self.lost:
            raise ConnectionLost("the connection is closed")
        self._transport.write(data)

    async def more(self) -> None:
        """Return when more bytes have come. Raises ConnectionLost when none can."""
        self._arrived.clear()
        if not self.lost:
            await self._arrived.wait()
        if self.lost:
            raise ConnectionLost("the gateway closed the connection")

    def drop(self) -> int:
        """Forget what has come and return how many bytes it was."""
        dropped = len(self.buffer)
        self.buffer.clear()
        self._arrived.clear()
        return dropped

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def has_good_crc(frame: bytes | bytearray) -> bool:
    """Tell whether the last two bytes are the check sum of the others, low byte first."""
    return len(frame) > 2 and crc16(bytes(frame[:-2])) == int.from_bytes(frame[-2:], "little")  # noqa: PLR2004


def _check(frame: bytes, *, address: int, reply_length: int) -> None:
    if len(frame) not in {reply_length, STATUS_LENGTH}:
        raise BadReply(f"the reply has {len(frame)} bytes instead of {reply_length}")
    if not has_good_crc(frame):
        raise BadCrc("the check sum of the reply is wrong")
    if frame[0] != address and address != ANY_ADDRESS:
        raise WrongAddress(f"address {frame[0]} answered instead of {address}")
