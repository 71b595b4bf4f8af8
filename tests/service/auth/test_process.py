"""auth as operators run it: its command line and a process of its own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from tests.ports import free_ports
from tests.service.auth.conftest import ANNA, OURS, PASSWORD, SECRET, USERS

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(database: str) -> dict[str, str]:
    return {"PATH": os.defpath, "AUTH_DATABASE_URL": database, "AUTH_KEY_ENCRYPTION_KEY": SECRET} | {
        "AUTH_HTTP_PORT": str(free_ports(1)[0]),
        "AUTH_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    def run_command(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "auth", *arguments]
        return subprocess.run(command, env=environment | changes, capture_output=True, text=True, check=False)

    return run_command


@asynccontextmanager
async def serving(environment: dict[str, str], *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    command = [sys.executable, "-m", "auth", *arguments]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=subprocess.DEVNULL)
    try:
        async with httpx.AsyncClient() as client:
            for _ in range(300):
                assert process.returncode is None
                try:
                    answer = await client.get(f"http://127.0.0.1:{environment['AUTH_HTTP_PORT']}/readyz")
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                    continue
                assert answer.status_code == 200
                break
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_one_process_migrates_serves_and_stops_in_order(environment: dict[str, str], run: Run, tmp_path: Path):
    """The log is away all the time: nobody who signs in notices."""
    users = tmp_path / "users.json"
    users.write_text(json.dumps(USERS))
    async with serving(environment) as process:
        for _ in range(2):
            assert run("load", str(users)).returncode == 0
        assert run("rotate-keys").returncode == 0
        url = f"http://127.0.0.1:{environment['AUTH_HTTP_PORT']}"
        async with httpx.AsyncClient(base_url=url, headers=OURS) as client:
            body = {"email": "anna@example.org", "password": PASSWORD}
            answer = await client.post("/api/v1/sessions", json=body)
            assert answer.status_code == 201
            assert answer.json()["user"]["id"] == str(ANNA)
            metrics = (await client.get("/metrics")).text
            assert 'halfhour_auth_sign_ins_total{outcome="accepted"} 1.0' in metrics
            assert "anna" not in metrics
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) in {0, -signal.SIGTERM}, (
            "ended in order; uvicorn then repeats the signal"
        )


async def test_the_api_does_not_start_on_an_older_database(run: Run):
    failed = run("api")
    assert failed.returncode == 1
    assert "migrate" in failed.stderr


async def test_another_secret_is_told_in_one_line(run: Run, environment: dict[str, str]):
    assert run("migrate").returncode == 0
    async with serving(environment, "api"):
        pass
    other = "another secret that is long enough, too"
    failed = run("api", AUTH_KEY_ENCRYPTION_KEY=other)
    assert failed.returncode != 0
    assert "AUTH_KEY_ENCRYPTION_KEY" in failed.stderr
    assert other not in failed.stderr


async def test_another_key_is_taken_by_one_command_and_the_former_is_not_needed_any_more(
    run: Run, environment: dict[str, str]
):
    assert run("migrate").returncode == 0
    async with serving(environment, "api"):
        pass
    other = {"AUTH_KEY_ENCRYPTION_KEY": "another secret that is long enough, too"}
    former = {"AUTH_FORMER_KEY_ENCRYPTION_KEYS": json.dumps([SECRET])}
    assert run("reseal", **other).returncode == 1
    assert run("reseal", **other, **former).returncode == 0
    assert run("rotate-keys", **other).returncode == 0
    assert run("rotate-keys").returncode == 1, "the former one alone opens nothing"


async def test_a_leaked_key_is_replaced_by_one_command(run: Run, database: str):
    assert run("migrate").returncode == 0
    connection = await asyncpg.connect(database.replace("+asyncpg", ""))
    keys = []
    for command in ("rotate-keys", "rotate-keys", "replace-keys"):
        assert run(command).returncode == 0
        keys.append({row["key_id"] for row in await connection.fetch("select key_id from signing_keys")})
    await connection.close()
    assert [len(one) for one in keys] == [1, 2, 1]
    assert not keys[2] & keys[1]
