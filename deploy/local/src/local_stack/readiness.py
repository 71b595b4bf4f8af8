"""How to tell that a process is ready: its port answers, its address answers 200, or its own question says yes."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

HOST: Final = "127.0.0.1"
_ASK_EVERY_SECONDS: Final = 0.2
_ANSWER_WITHIN_SECONDS: Final = 5.0

Ready = int | str | Callable[[], Awaitable[bool]]
"""A port on 127.0.0.1, an http address, or a question."""


async def wait_until_ready(ready: Ready) -> None:
    """Ask until the answer is yes. Never gives up: the caller sets the limit."""
    while not await is_ready(ready):
        await asyncio.sleep(_ASK_EVERY_SECONDS)


async def is_ready(ready: Ready) -> bool:
    """Ask once. A refused connection, a late answer or a broken one is a no."""
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_SECONDS):
            if isinstance(ready, int):
                return await _port_answers(ready)
            if isinstance(ready, str):
                return await _address_answers(ready)
            return await ready()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False


async def _port_answers(port: int) -> bool:
    _, writer = await asyncio.open_connection(HOST, port)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _address_answers(url: str) -> bool:
    # A bare request over a socket: the start must not wait for an HTTP library to be imported.
    address, _, path = url.removeprefix("http://").partition("/")
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        status = await reader.readline()
        return status.split(b" ")[1:2] == [b"200"]
    finally:
        writer.close()
