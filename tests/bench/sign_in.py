"""Signing in through the gateway against bare argon2id with the same parameters; 16 connections, and the p99."""

import asyncio
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from tests.bench.rows import Row, race
from tests.e2e.stack import Stack, running_stack

from auth.settings import Settings

CONNECTIONS = 16
SIGN_INS = 80
HEADERS = {"X-Requested-With": "halfhour"}


async def run() -> list[Row]:
    """Measure sign-ins a second, and how long the slowest hundredth takes."""
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder) / "stack", demo=True) as stack:
        rows = await race(
            "sign_in.whole",
            "sign-ins/s",
            lambda: _sign_ins(stack, seconds),
            against="sign_in.argon2_alone",
            theirs=_checks,
            rounds=3,
        )
    slowest = sorted(seconds)[int(len(seconds) * 0.99)]
    return [*rows, Row("sign_in.p99", slowest * 1000, "ms", None, None)]


async def _sign_ins(stack: Stack, seconds: list[float]) -> float:
    person = next(person for person in stack.ready["people"] if person["role"] == "consumer")
    pair = {"email": person["email"], "password": person["password"]}
    await asyncio.gather(*(_connection(stack.portal, pair, number, seconds) for number in range(CONNECTIONS)))
    return float(SIGN_INS)


async def _connection(portal: str, pair: dict[str, Any], number: int, seconds: list[float]) -> None:
    # Each connection comes from its own loopback address, as people do: gateway and auth limit by address.
    transport = httpx.AsyncHTTPTransport(local_address=f"127.0.1.{2 + number}")
    async with httpx.AsyncClient(base_url=portal, transport=transport, headers=HEADERS, timeout=60) as client:
        for _ in range(SIGN_INS // CONNECTIONS):
            began = time.perf_counter()
            answer = await client.post("/api/v1/sessions", json=pair)
            assert answer.status_code == 201, answer.text
            seconds.append(time.perf_counter() - began)


async def _checks() -> float:
    settings = Settings.model_construct()
    hasher = PasswordHasher(time_cost=settings.argon2_time_cost, memory_cost=settings.argon2_memory_kib, parallelism=1)
    stored = hasher.hash("a password of the benchmark")
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(settings.argon2_threads) as threads:
        checks = (
            loop.run_in_executor(threads, hasher.verify, stored, "a password of the benchmark") for _ in range(SIGN_INS)
        )
        await asyncio.gather(*checks)
    return float(SIGN_INS)
