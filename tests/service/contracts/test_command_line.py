"""The command line as an operator uses it: each role a process of its own."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from tests.ports import free_ports
from tests.service.contracts.conftest import TOKEN_KEY
from tests.service.contracts.test_registry import A, contract, registry

from common.migrate import migrate
from contracts.resources import MIGRATIONS


async def start(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "contracts", *arguments),
        env={f"CONTRACTS_{name}": value for name, value in ({"TOKEN_KEY": TOKEN_KEY} | environment).items()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def run(*arguments: str, **environment: str) -> tuple[int | None, str]:
    """Run one command to its end; return its exit code and what it said."""
    process = await start(*arguments, **environment)
    written, told = await process.communicate()
    return process.returncode, (written + told).decode()


@asynccontextmanager
async def serving(*arguments: str, **environment: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    [port] = free_ports(1)
    process = await start(*arguments, HTTP_PORT=str(port), KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1", **environment)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def answers(url: str) -> int:
    async with httpx.AsyncClient() as client, asyncio.timeout(30):
        while True:
            try:
                return (await client.get(url)).status_code
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def test_a_role_refuses_a_database_that_is_older_than_its_code(database: str):
    code, told = await run("worker", DATABASE_URL=database)

    assert code == 1
    newest = max(path.name[:4] for path in MIGRATIONS.glob("[0-9]*.py"))
    wanted = f"the database is at revision None, this code needs {newest}: run the `migrate` role first"
    assert told == f"contracts: {wanted}\n"


async def test_migrating_again_changes_nothing_and_loading_says_how_much_it_changed(database: str, tmp_path: Path):
    for _ in range(2):
        assert (await run("migrate", DATABASE_URL=database))[0] == 0
    file = tmp_path / "registry.json"
    file.write_text(json.dumps(registry(contract(A))))

    told = [await run("load", str(file), DATABASE_URL=database) for _ in range(2)]

    assert [code for code, _ in told] == [0, 0]
    first, second = (json.loads(text.splitlines()[-1]) for _, text in told)
    assert first["event"] == second["event"] == "registry.taken_over"
    assert (first["suppliers"], first["contracts"], first["events"]) == (1, 1, 1)
    assert (second["suppliers"], second["contracts"], second["events"]) == (0, 0, 0)
    assert "secret-word" not in told[0][1] + told[1][1]


async def test_a_faulty_file_is_told_without_a_trace(database: str, tmp_path: Path):
    await migrate(database, MIGRATIONS)
    file = tmp_path / "registry.json"
    file.write_text(json.dumps(registry(contract(A, supplier_code="unknown"))))

    code, told = await run("load", str(file), DATABASE_URL=database)

    assert code == 1
    assert told == "contracts: nothing was taken over:\nsupplier unknown of a contract is not known\n"


async def test_wrong_settings_are_named_without_their_values():
    code, told = await run("api", DATABASE_POOL_SIZE="secret")

    assert code == 2
    assert "CONTRACTS_DATABASE_URL" in told
    assert "CONTRACTS_DATABASE_POOL_SIZE" in told
    assert "secret" not in told


async def test_a_database_that_does_not_answer_is_told_in_one_line():
    [port] = free_ports(1)

    code, told = await run("migrate", DATABASE_URL=f"postgresql+asyncpg://user:secret@127.0.0.1:{port}/x")

    assert code == 1
    assert told.startswith("contracts: the database does not answer")
    assert told.count("\n") == 1
    assert "secret" not in told


async def test_one_process_does_everything_serves_without_the_log_and_ends_in_order(database: str):
    """INVARIANT: any part can be away and the others go on."""
    async with serving(DATABASE_URL=database) as (process, url):
        assert await answers(f"{url}/readyz") == 200
        assert await answers(f"{url}/api/v1/suppliers") == 401

        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            await process.communicate()


async def test_a_worker_answers_no_requests_but_health(database: str):
    await migrate(database, MIGRATIONS)

    async with serving("worker", DATABASE_URL=database) as (_, url):
        assert await answers(f"{url}/livez") == 200
        assert await answers(f"{url}/api/v1/suppliers") == 404
