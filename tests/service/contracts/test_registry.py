"""Registry files: taken over whole or not at all, any number of times, faults all at once."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from common import db
from contracts.errors import InvalidRegistry
from contracts.load import load
from contracts.settings import Settings

A = "00000000-0000-4000-8000-00000000000a"
B = "00000000-0000-4000-8000-00000000000b"


def contract(identifier: str, **changes: Any) -> dict[str, Any]:
    named = {"number": f"n-{identifier[-1]}", "login": f"l-{identifier[-1]}"}
    return {"id": identifier, "supplier_code": "demo", "password": "secret-word"} | named | changes


def registry(*contracts: dict[str, Any]) -> dict[str, Any]:
    return {"suppliers": [{"code": "demo", "name": "Демо Энерго"}], "contracts": list(contracts)}


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    async with db.open_engine(settings) as engine:
        yield engine


async def take_over(settings: Settings, folder: Path, content: dict[str, Any]) -> None:
    file = folder / "registry.json"
    file.write_text(json.dumps(content))
    await load(settings, file)


async def events(engine: AsyncEngine) -> list[tuple[str, int, str, bool]]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("select convert_from(payload, 'UTF8')::json from outbox order by id"))
        return [(e["contract_id"], e["version"], e["number"], e["closed"]) for e in rows.scalars()]


async def test_a_repeat_changes_nothing_and_tells_nobody(settings: Settings, engine: AsyncEngine, tmp_path: Path):
    """INVARIANT: loading the same registry any number of times gives the same store and the same events."""
    content = registry(contract(A), contract(B))
    await take_over(settings, tmp_path, content)
    async with engine.connect() as connection:
        before = (await connection.execute(text("select * from contracts order by id"))).all()

    await take_over(settings, tmp_path, content)

    async with engine.connect() as connection:
        after = (await connection.execute(text("select * from contracts order by id"))).all()
    assert before == after
    assert await events(engine) == [(A, 1, "n-a", False), (B, 1, "n-b", False)]


async def test_only_what_others_see_makes_an_event(settings: Settings, engine: AsyncEngine, tmp_path: Path):
    await take_over(settings, tmp_path, registry(contract(A), contract(B)))

    await take_over(
        settings, tmp_path, registry(contract(A, login="new", password="another"), contract(B, closed=True))
    )

    assert (await events(engine))[2:] == [(B, 2, "n-b", True)]


async def test_logins_may_change_places(settings: Settings, engine: AsyncEngine, tmp_path: Path):
    await take_over(settings, tmp_path, registry(contract(A), contract(B)))

    await take_over(settings, tmp_path, registry(contract(A, login="l-b"), contract(B, login="l-a")))

    async with engine.connect() as connection:
        logins = (await connection.execute(text("select login from contracts order by id"))).scalars().all()
    assert logins == ["l-b", "l-a"]


async def test_faults_of_form_come_all_at_once_without_values(settings: Settings, tmp_path: Path):
    content = registry(contract("no-uuid"), contract(B, colour="red", number="")) | {
        "suppliers": [{"code": "Demo!", "name": "Демо"}]
    }

    with pytest.raises(InvalidRegistry) as caught:
        await take_over(settings, tmp_path, content)

    lines = caught.value.detail.splitlines()[1:]
    assert [line.split(":")[0] for line in lines] == [
        "suppliers.0.code",
        "contracts.0.id",
        "contracts.1.number",
        "contracts.1.colour",
    ]
    assert "secret-word" not in caught.value.detail


async def test_faults_of_sense_come_all_at_once_and_change_nothing(
    settings: Settings, engine: AsyncEngine, tmp_path: Path
):
    await take_over(settings, tmp_path, registry(contract(A)))
    other = "00000000-0000-4000-8000-00000000000c"

    with pytest.raises(InvalidRegistry) as caught:
        await take_over(
            settings,
            tmp_path,
            registry(
                contract(B, login="l-a"),
                contract(B, number="other"),
                contract(other, supplier_code="unknown"),
            ),
        )

    assert caught.value.detail.splitlines()[1:] == [
        f"contract {B} comes twice",
        "supplier unknown of a contract is not known",
        f"login or number of contract {A} of supplier demo is given to another",
    ]
    assert len(await events(engine)) == 1


async def test_a_contract_never_moves_to_another_supplier(settings: Settings, tmp_path: Path):
    await take_over(settings, tmp_path, registry(contract(A)))
    moved = registry(contract(A, supplier_code="other"))
    moved["suppliers"].append({"code": "other", "name": "Другой"})

    with pytest.raises(InvalidRegistry, match=f"contract {A} belongs to supplier demo, not other"):
        await take_over(settings, tmp_path, moved)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b"[]"])
async def test_a_file_that_is_no_registry_is_refused(settings: Settings, tmp_path: Path, content: bytes):
    file = tmp_path / "registry.json"
    file.write_bytes(content)

    with pytest.raises(InvalidRegistry):
        await load(settings, file)


async def test_a_missing_file_is_told(settings: Settings, tmp_path: Path):
    with pytest.raises(InvalidRegistry, match="No such file"):
        await load(settings, tmp_path / "none.json")
