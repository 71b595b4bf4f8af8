"""Renaming, unlinking, and links that a new password revokes."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.service.contracts.conftest import OPEN, SUPPLIER, Portal

from common.passwords import Passwords
from contracts.domain.contracts import Registry
from contracts.service.registry import take_over
from topics import LINKS

PATH = f"/api/v1/contracts/{OPEN.contract_id}"


async def listed(portal: Portal, user: UUID) -> list[dict[str, Any]]:
    answer = await portal.client.get("/api/v1/contracts", headers=portal.tokens.headers(user))
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def set_password(portal: Portal, passwords: Passwords, password: str) -> None:
    registry = Registry(suppliers=(SUPPLIER,), contracts=(replace(OPEN, password=password),))
    async with portal.engine.begin() as connection:
        await take_over(connection, registry, passwords=passwords, now=datetime.now(UTC))


async def test_a_contract_is_renamed_for_its_user_alone_and_nobody_else_is_told(portal: Portal):
    anna, boris = uuid4(), uuid4()
    await portal.link(anna)
    await portal.link(boris)

    renamed = await portal.client.patch(PATH, json={"name": " Гараж "}, headers=portal.tokens.headers(anna))

    assert (renamed.status_code, renamed.json()["name"]) == (200, "Гараж")
    assert [item["name"] for item in await listed(portal, anna)] == ["Гараж"]
    assert [item["name"] for item in await listed(portal, boris)] == ["Дача"]
    assert len(await portal.events(LINKS.name)) == 2


async def test_an_unlinked_contract_is_gone_for_its_user_and_for_the_other_services(portal: Portal):
    anna, boris = uuid4(), uuid4()
    await portal.link(anna)
    await portal.link(boris)
    headers = portal.tokens.headers(anna)

    answers = [await portal.client.delete(PATH, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 404]
    assert await listed(portal, anna) == []
    assert (await portal.client.get(PATH, headers=headers)).status_code == 404
    events = await portal.events(LINKS.name)
    assert [event["user_ids"] for event in events[1:]] == [[str(anna), str(boris)], [str(boris)]]
    assert (await portal.link(anna)).status_code == 201


async def test_another_password_of_the_supplier_revokes_every_link_and_the_new_one_brings_it_back(
    portal: Portal, passwords: Passwords
):
    """INVARIANT: who knows only a former password of a contract sees nothing of it."""
    anna, boris = uuid4(), uuid4()
    await portal.link(anna)
    await portal.link(boris)

    await set_password(portal, passwords, "another")

    [contract] = await listed(portal, anna)
    assert (contract["state"], contract["state_reason"]) == ("revoked", "password_changed")
    told = (await portal.events(LINKS.name))[-1]
    assert (told["user_ids"], told["number"]) == ([], contract["number"])
    assert [(one["user_id"], one["reason"]) for one in told["revoked"]] == [
        (str(anna), "password_changed"),
        (str(boris), "password_changed"),
    ]
    assert datetime.fromisoformat(told["revoked"][0]["at"]) == datetime.fromisoformat(contract["state_changed_at"])
    balance = await portal.client.get(f"{PATH}/balance", headers=portal.tokens.headers(anna))
    assert balance.status_code == 404

    assert (await portal.link(anna)).status_code == 403, "the former password"
    again = await portal.link(anna, password="another", name="Дача снова")

    assert again.status_code == 201
    assert again.json() == (await listed(portal, anna))[0]
    assert (again.json()["state"], again.json()["state_reason"]) == ("linked", None)
    assert again.json()["linked_at"] == contract["linked_at"]
    told = (await portal.events(LINKS.name))[-1]
    assert told["user_ids"] == [str(anna)]
    assert [one["user_id"] for one in told["revoked"]] == [str(boris)]
    assert (await listed(portal, boris))[0]["state"] == "revoked"


async def test_a_registry_with_the_same_password_leaves_links_alone(portal: Portal, passwords: Passwords):
    anna = uuid4()
    await portal.link(anna)

    await set_password(portal, passwords, OPEN.password)

    assert (await listed(portal, anna))[0]["state"] == "linked"
    assert len(await portal.events(LINKS.name)) == 1


async def test_a_revoked_contract_can_be_renamed_and_taken_off_the_list(portal: Portal, passwords: Passwords):
    anna = uuid4()
    await portal.link(anna)
    await set_password(portal, passwords, "another")
    headers = portal.tokens.headers(anna)

    assert (await portal.client.patch(PATH, json={"name": "Старый"}, headers=headers)).json()["name"] == "Старый"
    assert (await portal.client.delete(PATH, headers=headers)).status_code == 204
    assert await listed(portal, anna) == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"name": "Чужой"}),
        ("DELETE", "", None),
        ("GET", "/balance", None),
        ("GET", "/charges", None),
        ("GET", "/payments", None),
        ("GET", "/invitations", None),
        ("POST", "/invitations", {"email": "a@b.example", "expires_on": "2099-01-01", "language": "ru"}),
        ("DELETE", "/invitations/0193ffff-0000-7000-8000-000000000000", None),
    ],
)
async def test_a_stranger_reaches_no_contract_by_its_id(portal: Portal, method: str, path: str, body: Any):
    """INVARIANT: a consumer reaches only linked contracts; an id alone opens nothing."""
    await portal.link(uuid4())
    headers = portal.tokens.headers(uuid4()) | {"Idempotency-Key": "k"}

    answer = await portal.client.request(method, PATH + path, json=body, headers=headers)
    nobodys = await portal.client.request(method, f"/api/v1/contracts/{uuid4()}{path}", json=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json() | {"request_id": None} == nobodys.json() | {"request_id": None}
    assert len(await portal.events(LINKS.name)) == 1
