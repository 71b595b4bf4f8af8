"""Gateways that misbehave as the test wants: what comes is told, what goes back is the test's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastcrc.crc16 import modbus as crc16

from meter_poller.link import LinkTimes

Answer = list[tuple[float, bytes]]
"""What goes back: seconds to wait, then bytes; the waits add up. `CLOSE` closes the connection."""

CLOSE = b"\x00close"

QUICK_TIMES = LinkTimes(
    connect_timeout_seconds=1.0,
    reply_timeout_seconds=0.25,
    gap_seconds=0.03,
    frame_pause_seconds=0.0,
    settle_seconds=0.15,
)


def with_crc(*data: int) -> bytes:
    raw = bytes(data)
    return raw + crc16(raw).to_bytes(2, "little")


class Gateway:
    """One listening port. Late bytes go to whoever is connected then, as with real transparent gateways."""

    def __init__(self, answer: Callable[[bytes], Answer]) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._writer: asyncio.StreamWriter | None = None
        self._pending: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writer = writer
        while request := await reader.read(512):
            self.requests.append(request)
            task = asyncio.create_task(self._send(self.answer(request)))
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)
        writer.close()

    async def _send(self, answer: Answer) -> None:
        for seconds, data in answer:
            await asyncio.sleep(seconds)
            if self._writer is None or self._writer.is_closing():
                return
            if data == CLOSE:
                self._writer.close()
            else:
                self._writer.write(data)

    def push(self, data: bytes) -> None:
        """Send bytes that nobody asked for."""
        assert self._writer is not None
        self._writer.write(data)


@asynccontextmanager
async def gateway(answer: Callable[[bytes], Answer]) -> AsyncIterator[Gateway]:
    found = Gateway(answer)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        if found._writer is not None:
            found._writer.close()
        for task in tuple(found._pending):
            task.cancel()
        await asyncio.sleep(0.01)
