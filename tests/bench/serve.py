"""Reads through the gateway at 16 connections over a year of many meters, against fixed bytes and the plain query."""

import asyncio
import json
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import asyncpg
from tests.bench.big_store import end_of_store, point_id
from tests.bench.rows import Row
from tests.e2e.stack import Stack, running_stack

CONNECTIONS = 16
REQUESTS = 320
ROUNDS = 5
# 17,856 half hours a meter: with 5,600 there are 100 million rows.
METERS = 5_600
SHOWN_POINTS = 64
# What is cold may not run into the gateway's patience on a busy machine.
WARM_CONNECTIONS = 4
ZONE = "Europe/Moscow"
FIXED = "/.well-known/jwks.json"
POINT = """
insert into points (id, supplier_code, contract_id, number, name, resource, time_zone)
select id, 'demo', $2, id::text, 'Bench', 'electricity', $3 from unnest($1::uuid[]) as ids (id)
"""
CLOSE = """
insert into ledger_days (point_id, day, ends_at, due_at, revision)
select id, day, day + interval '21 hours', null, 1 from unnest($1::uuid[]) as ids (id)
cross join generate_series($2::date, $3::date, interval '1 day') as days (day)
"""
_addresses = count()


@dataclass(frozen=True)
class Load:
    """What a load came to."""

    rate: float
    seconds: Sequence[float]

    def percentile(self, share: float) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * share)]


async def run(meters: int = METERS) -> list[Row]:
    """Measure. The plain query runs in a process of its own before the stack: one process at a time has the store."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "stack"
        plain = await _filled(root / "clickhouse", meters)
        with running_stack(root, demo=True) as stack:
            token = await _prepare(stack, root, min(meters, SHOWN_POINTS))
            return await _measure(stack, token, plain, min(meters, SHOWN_POINTS))


async def _filled(folder: Path, meters: int) -> dict[str, float]:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    command = (sys.executable, "-m", "tests.bench.big_store", str(folder), str(meters))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    found: dict[str, float] = json.loads(told.splitlines()[-1])
    return found


async def _prepare(stack: Stack, root: Path, points: int) -> str:
    """Register points of the demo contract and close their days but today's; return the consumer's token."""
    url = _database_url(root)
    with stack.sign_in() as client:
        contract = client.get("/api/v1/contracts").raise_for_status().json()["items"][0]["id"]
        token = client.headers["Authorization"]
    ids = [point_id(number) for number in range(points)]
    today = end_of_store(datetime.now(UTC)).date()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(POINT, ids, contract, ZONE)
        await connection.execute(CLOSE, ids, today - timedelta(days=366), today - timedelta(days=1))
    finally:
        await connection.close()
    return str(token)


def _database_url(root: Path) -> str:
    lines = (root / "env" / "metering.env").read_text(encoding="utf-8").splitlines()
    (value,) = (line.partition("=")[2] for line in lines if line.startswith("METERING_DATABASE_URL="))
    return shlex.split(value)[0].replace("postgresql+asyncpg://", "postgresql://")


async def _measure(stack: Stack, token: str, plain: dict[str, float], points: int) -> list[Row]:
    now = end_of_store(datetime.now(UTC))
    today = (now + timedelta(hours=3)).replace(hour=0, minute=0) - timedelta(hours=3)
    month = (today - timedelta(days=31), today)

    def asks(window: tuple[datetime, datetime], **more: str) -> Callable[[int], str]:
        query = {"start": window[0].isoformat(), "end": window[1].isoformat(), **more}
        return lambda number: f"/api/v1/points/{point_id(number % points)}/profile?{urlencode(query)}"

    loads: dict[str, Callable[[], Awaitable[Load]]] = {
        "fixed": lambda: _load(stack, token, lambda _: FIXED),
        "month": lambda: _load(stack, token, asks(month)),
        "fresh": lambda: _load(stack, token, asks((today, today + timedelta(days=1)), annotations="false")),
        "noted": lambda: _load(stack, token, asks((today, today + timedelta(days=1)))),
    }
    for path in (asks(month), asks((today, today + timedelta(days=1)))):
        await _load(stack, token, path, connections=WARM_CONNECTIONS, requests=points)
    rounds = [{name: await load() for name, load in loads.items()} for _ in range(ROUNDS)]
    year = asks((today - timedelta(days=365), today), annotations="false")
    years = sorted([await _one(stack, token, year(number)) for number in range(10, 21)])
    return _rows(rounds, plain, years)


def _rows(rounds: Sequence[dict[str, Load]], plain: dict[str, float], years: Sequence[float]) -> list[Row]:
    def median(pick: Callable[[dict[str, Load]], float]) -> float:
        return statistics.median(map(pick, rounds))

    def spread(name: str) -> float:
        return median(lambda each: each[name].percentile(0.99) / each[name].percentile(0.5))

    rows = [
        Row("serve.rows_in_store", plain["rows"], "rows", None, None),
        Row("serve.fixed_bytes", median(lambda each: each["fixed"].rate), "requests/s", None, None),
        Row("serve.plain_query", plain["plain_rate"], "queries/s", None, None),
    ]
    closed = median(lambda each: each["month"].rate / each["fixed"].rate)
    rows.append(
        Row("serve.closed_month", median(lambda each: each["month"].rate), "requests/s", "serve.fixed_bytes", closed)
    )
    for name, load in (("serve.fresh_day", "fresh"), ("serve.fresh_day_annotated", "noted")):
        rate = median(lambda each, load=load: each[load].rate)  # type: ignore[misc]
        rows.append(Row(name, rate, "requests/s", "serve.plain_query", rate / plain["plain_rate"]))
    rows += [Row(f"serve.{name}_p99", spread(name), "x its p50", None, None) for name in ("month", "fresh")]
    return [*rows, Row("serve.year_of_half_hours", years[len(years) // 2] * 1_000, "ms", None, None)]


async def _load(
    stack: Stack,
    token: str,
    path: Callable[[int], str],
    *,
    connections: int = CONNECTIONS,
    requests: int = REQUESTS,
) -> Load:
    taken: list[float] = []
    began = time.perf_counter()
    shares = [range(first, requests, connections) for first in range(connections)]
    await asyncio.gather(*(_connection(stack.portal, token, path, share, taken) for share in shares))
    return Load(len(taken) / (time.perf_counter() - began), taken)


async def _one(stack: Stack, token: str, path: str) -> float:
    taken: list[float] = []
    await _connection(stack.portal, token, lambda _: path, range(1), taken)
    return taken[0]


async def _connection(portal: str, token: str, path: Callable[[int], str], numbers: range, taken: list[float]) -> None:
    # Each connection comes from a loopback address of its own, as consumers do: the gateway limits by address.
    number = next(_addresses)
    address = urlsplit(portal)
    source = (f"127.{1 + number // 62_500 % 250}.{number // 250 % 250}.{2 + number % 250}", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", address.port, local_addr=source)
    try:
        for each in numbers:
            began = time.perf_counter()
            head = f"GET {path(each)} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: {token}\r\n\r\n"
            writer.write(head.encode())
            await _answer(reader)
            taken.append(time.perf_counter() - began)
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
