"""A day of a profile through the gateway against fixed bytes through the same gateway, 16 connections each."""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.bench.rows import Row, race
from tests.e2e.stack import Stack, running_stack

CONNECTIONS = 16
REQUESTS = 480
CLIENTS_ADDRESSES = 16


async def run() -> list[Row]:
    """Measure requests a second of both."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder) / "stack", demo=True) as stack:
        path, token = _profile_of_yesterday(stack)
        return await race(
            "serve.profile_of_a_day",
            "requests/s",
            lambda: _load(stack, path, token),
            against="serve.fixed_bytes",
            theirs=lambda: _load(stack, "/.well-known/jwks.json", token),
        )


def _profile_of_yesterday(stack: Stack) -> tuple[str, str]:
    with stack.sign_in() as client:
        contract = client.get("/api/v1/contracts").raise_for_status().json()["items"][0]
        point = client.get(f"/api/v1/contracts/{contract['id']}/points").raise_for_status().json()["items"][0]
        end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        window = {"start": (end - timedelta(days=1)).isoformat(), "end": end.isoformat(), "channel": "a_plus"}
        return f"/api/v1/points/{point['id']}/profile?{urlencode(window)}", client.headers["Authorization"]


async def _load(stack: Stack, path: str, token: str) -> float:
    await asyncio.gather(*(_connection(stack.portal, path, token, number) for number in range(CONNECTIONS)))
    return float(REQUESTS)


async def _connection(portal: str, path: str, token: str, number: int) -> None:
    # Each connection comes from its own loopback address, as consumers do: the gateway limits by address.
    address = urlsplit(portal)
    source = (f"127.0.0.{2 + number % CLIENTS_ADDRESSES}", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", address.port, local_addr=source)
    request = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: {token}\r\n\r\n".encode()
    try:
        for _ in range(REQUESTS // CONNECTIONS):
            writer.write(request)
            await writer.drain()
            await _answer(reader)
    finally:
        writer.close()
        await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    status = head.split(b" ", 2)[1]
    assert status == b"200", head
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    if lengths:
        return await reader.readexactly(int(lengths[0].split(b":")[1]))
    body = b""
    while size := int((await reader.readline()).strip() or b"0", 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body
