"""The list of suppliers, and the pages of both lists."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.service.contracts.conftest import Portal

from common.http.pages import encode_cursor
from contracts.domain.contracts import Supplier
from contracts.repository import contracts


async def test_suppliers_come_by_name_page_by_page(portal: Portal):
    async with portal.engine.begin() as connection:
        for code, name in (("zeta", "Альфа"), ("alpha", "Янтарь"), ("beta", "Альфа")):
            supplier = Supplier(code=code, name=name, phone=None, email=None, site=None)
            await contracts.put_supplier(connection, supplier)
    headers = portal.tokens.headers(uuid4())

    codes: list[str] = []
    params = {"limit": "1"}
    while "cursor" not in params or params["cursor"]:
        page = (await portal.client.get("/api/v1/suppliers", params=params, headers=headers)).json()
        codes += [item["code"] for item in page["items"]]
        params["cursor"] = page["next_cursor"]

    assert codes == ["beta", "zeta", "demo", "alpha"]


async def test_linked_contracts_come_page_by_page(portal: Portal):
    async with portal.engine.begin() as connection:
        await connection.execute(text("update contracts set closed = false"))
    user = uuid4()
    for login in ("login-2", "login-1"):
        assert (await portal.link(user, login=login)).status_code == 201
    headers = portal.tokens.headers(user)

    first = (await portal.client.get("/api/v1/contracts?limit=1", headers=headers)).json()
    params = {"limit": "1", "cursor": first["next_cursor"]}
    second = (await portal.client.get("/api/v1/contracts", params=params, headers=headers)).json()

    assert [page["items"][0]["number"] for page in (first, second)] == ["2", "76385943-232"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("path", ["/api/v1/suppliers", "/api/v1/contracts"])
@pytest.mark.parametrize(
    "cursor",
    [
        "%%%",
        "AAAA",
        encode_cursor("a\0b"),
        encode_cursor("a\0", "b"),
        encode_cursor("2026-01-01", "0193ffff-0000-7000-8000-000000000000"),
    ],
)
async def test_a_cursor_that_was_not_given_out_is_refused(portal: Portal, path: str, cursor: str):
    answer = await portal.client.get(path, params={"cursor": cursor}, headers=portal.tokens.headers(uuid4()))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")
