"""A hand-written reader of serial frames over TCP, as plain as a test can have it."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

from fastcrc import crc16

ANSWER_SECONDS = 20.0
SILENCE_SECONDS = 0.15


class SerialClient:
    """One TCP connection to a gateway; requests go out with their CRC, answers are checked."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await hang_up(self._writer)

    def send(self, frame: bytes) -> None:
        self._writer.write(frame)

    async def receive(self, seconds: float = ANSWER_SECONDS) -> bytes:
        """Return what arrives in one piece; empty if nothing does."""
        try:
            return await asyncio.wait_for(self._reader.read(512), seconds)
        except TimeoutError:
            return b""

    async def receive_bytes(self, count: int) -> bytes:
        """Return exactly so many bytes, in however many pieces they come. Raises TimeoutError."""
        return await asyncio.wait_for(self._reader.readexactly(count), ANSWER_SECONDS)

    async def ask(self, address: int, request: str) -> bytes:
        """Return the data of a right answer."""
        self.send(frame(address, request))
        answer = await self.receive()
        assert crc16.modbus(answer) == 0, answer.hex()
        assert answer[0] == address
        return answer[1:-2]

    async def is_silent(self, address: int, request: str) -> bool:
        self.send(frame(address, request))
        return await self.receive(SILENCE_SECONDS) == b""


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection that the other side may have dropped."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def frame(address: int, request: str) -> bytes:
    body = bytes((address,)) + bytes.fromhex(request)
    return body + crc16.modbus(body).to_bytes(2, "little")
