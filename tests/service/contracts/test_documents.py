"""Documents from files, where a supplier's system does not write the inbox: all of a file or nothing."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.service.contracts.conftest import OPEN, Portal
from tests.service.contracts.test_inbox import balance, bill, get, ledger, payment
from tests.service.contracts.test_operators import call

from contracts.errors import InvalidRegistry
from contracts.load import load
from contracts.settings import Settings

DEMO = json.loads(Path("deploy/local/demo/contracts.json").read_text(encoding="utf-8"))


async def send_list(portal: Portal, content: Any, *, dry_run: bool = False, supplier: str = "demo") -> httpx.Response:
    path = f"/document-imports?dry_run={str(dry_run).lower()}"
    return await call(portal, "POST", path, json=content, supplier=supplier)


@pytest.fixture
async def anna(portal: Portal) -> UUID:
    user = uuid4()
    assert (await portal.link(user)).status_code == 201
    return user


async def test_a_list_of_documents_is_taken_over_once_and_a_dry_run_takes_nothing(portal: Portal, anna: UUID):
    documents = [balance(1, "-7.00"), bill(1, "7.00", "7.00"), payment("p1", 1, "3.00")]

    dry = await send_list(portal, documents, dry_run=True)
    assert dry.json() == {"dry_run": True, "documents": 3, "errors": []}
    assert await ledger(portal) == [[], [], [], []]

    for _ in range(2):
        assert (await send_list(portal, documents)).json() == {"dry_run": False, "documents": 3, "errors": []}
    assert (await get(portal, anna, "balance"))["balance"]["amount"] == "-7.00"
    assert [len(rows) for rows in await ledger(portal)] == [1, 1, 1, 1]


async def test_one_bad_document_keeps_the_whole_list_out_and_all_faults_are_told(portal: Portal):
    documents = [balance(1, "-7.00"), bill(1, "7.00", "6.00"), payment("p1", 1, "3.00", number="unknown")]

    answer = await send_list(portal, documents)

    assert [(fault["position"], fault["code"]) for fault in answer.json()["errors"]] == [
        (1, "lines_do_not_add_up"),
        (2, "unknown_contract"),
    ]
    assert await ledger(portal) == [[], [], [], []]


async def test_staff_writes_documents_of_the_own_supplier_only(portal: Portal):
    """INVARIANT: an operator reaches only the own supplier's data."""
    answer = await send_list(portal, [balance(1, "-7.00")], supplier="other")

    assert [fault["code"] for fault in answer.json()["errors"]] == ["unknown_contract"]
    assert await ledger(portal) == [[], [], [], []]


@pytest.mark.parametrize("content", [{}, [{}], [balance(1, "seven")], [balance(1, "-7.00")] * 2_001, "text"])
async def test_what_is_no_list_of_documents_is_refused(portal: Portal, content: Any):
    answer = await send_list(portal, content)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_documents")


async def test_the_demo_file_carries_documents_and_a_repeat_changes_nothing(
    settings: Settings, portal: Portal, tmp_path: Path
):
    [contract] = DEMO["contracts"]
    linked = {"id": str(OPEN.contract_id), "number": OPEN.number, "login": OPEN.login, "password": OPEN.password}
    file = tmp_path / "contracts.json"
    file.write_text(json.dumps(DEMO | {"contracts": [contract | linked]}))

    await load(settings, file)
    once = await ledger(portal)
    await load(settings, file)

    assert all(once)
    assert await ledger(portal) == once


async def test_a_registry_file_with_a_bad_document_is_refused_whole(settings: Settings, portal: Portal, tmp_path: Path):
    file = tmp_path / "contracts.json"
    good = {"code": "new", "name": "Новый"}
    file.write_text(json.dumps({"suppliers": [good], "documents": {"demo": [bill(1, "7.00", "6.00")]}}))

    with pytest.raises(InvalidRegistry, match="do not add up"):
        await load(settings, file)

    suppliers = await portal.client.get("/api/v1/suppliers", headers=portal.tokens.headers(uuid4()))
    assert [one["code"] for one in suppliers.json()["items"]] == ["demo"]
