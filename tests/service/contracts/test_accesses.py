"""Who looked at a contract's data: noted with what is shown, told to its users and to nobody else."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from tests.service.contracts.conftest import OPEN, Portal
from tests.service.contracts.test_operators import OPERATOR, call, issue
from tests.service.contracts.test_sharing import share

from contracts.repository import accesses
from topics.accesses import DataAccess

PATH = f"/api/v1/contracts/{OPEN.contract_id}"
HOUR = datetime(2026, 3, 10, 12, tzinfo=UTC)


async def seen(portal: Portal, user: UUID, **parameters: Any) -> list[dict[str, Any]]:
    answer = await portal.client.get(f"{PATH}/accesses", params=parameters, headers=portal.tokens.headers(user))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def what(items: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(item["reader"], item["area"], item["times"]) for item in items]


async def test_every_look_of_the_suppliers_staff_is_shown_to_who_has_linked_the_contract(portal: Portal):
    """INVARIANT: whatever staff sees of a contract, its users can see that it was seen, by whom, what and when."""
    anna = uuid4()
    await portal.link(anna)
    await call(portal, "GET", "/contracts")
    for _ in range(2):
        await call(portal, "GET", f"/contracts/{OPEN.contract_id}")
    await call(portal, "PATCH", f"/contracts/{OPEN.contract_id}", json={"closed": False})
    await issue(portal, OPEN.contract_id)
    other = await call(portal, "GET", f"/contracts/{OPEN.contract_id}", supplier="other")
    credential = (await issue(portal, OPEN.contract_id)).json()["items"][0]
    await portal.link(anna, password=credential["password"])

    items = await seen(portal, anna)

    assert other.status_code == 404
    assert sorted(what(items)) == [
        ("operator", "contract", 3),
        ("operator", "contract-list", 1),
        ("operator", "credentials", 2),
    ]
    assert items == sorted(items, key=lambda item: item["first_at"], reverse=True)
    assert items[0] == {
        "id": items[0]["id"],
        "reader": "operator",
        "reader_id": str(OPERATOR),
        "own": False,
        "supplier": {"code": "demo", "name": "Демо Энерго"},
        "invitation_id": None,
        "area": items[0]["area"],
        "first_at": items[0]["first_at"],
        "last_at": items[0]["last_at"],
        "times": items[0]["times"],
    }


async def test_a_list_that_fails_or_shows_nothing_notes_nothing(portal: Portal):
    anna = uuid4()
    await portal.link(anna)

    await call(portal, "GET", "/contracts", params={"number": "no such"})
    await call(portal, "GET", "/contracts", params={"limit": 0})
    await issue(portal, OPEN.contract_id, uuid4())

    assert await seen(portal, anna) == []


async def test_owners_are_not_noted_guests_and_programs_are(portal: Portal):
    anna, guest = uuid4(), uuid4()
    await portal.link(anna)
    invitation = await share(portal, anna, guest)
    key = uuid4()
    program = portal.tokens.headers(anna, contracts=[str(OPEN.contract_id)], sid=str(key))
    for headers in (portal.tokens.headers(anna), portal.tokens.headers(guest), program):
        for area in ("balance", "charges", "payments"):
            assert (await portal.client.get(f"{PATH}/{area}", headers=headers)).status_code == 200
        for entry in ("/api/v1/contracts", PATH):  # the own list is no look
            assert (await portal.client.get(entry, headers=headers)).status_code == 200

    items = await seen(portal, anna)

    assert sorted(what(items)) == [
        (reader, area, 1) for reader in ("api_key", "guest") for area in ("balance", "charges", "payments")
    ]
    by_reader = {item["reader"]: item for item in items}
    assert (by_reader["guest"]["reader_id"], by_reader["guest"]["own"]) == (str(guest), False)
    assert by_reader["guest"]["invitation_id"] == invitation["id"]
    assert (by_reader["api_key"]["reader_id"], by_reader["api_key"]["own"]) == (str(key), True)


async def test_a_guest_sees_the_staffs_looks_and_the_own(portal: Portal):
    anna, guest, other = uuid4(), uuid4(), uuid4()
    await portal.link(anna)
    await share(portal, anna, guest)
    await share(portal, anna, other)
    await portal.client.get(f"{PATH}/balance", headers=portal.tokens.headers(other))
    await portal.client.get(f"{PATH}/balance", headers=portal.tokens.headers(guest))
    await call(portal, "GET", f"/contracts/{OPEN.contract_id}")

    own = await seen(portal, guest)

    assert sorted(what(own)) == [("guest", "accesses", 1), ("guest", "balance", 1), ("operator", "contract", 1)]
    assert {item["reader_id"] for item in own} == {str(guest), str(OPERATOR)}


async def test_staff_that_has_linked_the_contract_itself_is_noted_all_the_same(portal: Portal):
    """INVARIANT: an operator who draws a password and links the contract does not leave the log that way."""
    anna = uuid4()
    await portal.link(anna)
    await portal.link(OPERATOR)
    headers = portal.tokens.headers(OPERATOR, roles=["operator"], supplier="demo")

    await portal.client.get(f"{PATH}/balance", headers=headers)

    assert what(await seen(portal, anna)) == [("operator", "balance", 1)]


@pytest.mark.parametrize("claims", [{}, {"roles": ["operator"], "supplier": "demo"}, {"contracts": []}])
async def test_who_has_not_linked_the_contract_does_not_see_who_looked(portal: Portal, claims: dict[str, Any]):
    """INVARIANT: the log of looks is for the users of the contract alone; an id opens nothing."""
    await portal.link(uuid4())
    await call(portal, "GET", f"/contracts/{OPEN.contract_id}")

    answer = await portal.client.get(f"{PATH}/accesses", headers=portal.tokens.headers(uuid4(), **claims))

    assert answer.status_code == (403 if "contracts" in claims else 404)


def told(**changes: Any) -> DataAccess:
    content: dict[str, Any] = {
        "contract_id": OPEN.contract_id,
        "reader": "operator",
        "reader_id": OPERATOR,
        "user_id": OPERATOR,
        "supplier_code": "demo",
        "area": "profile",
        "hour": HOUR,
        "first_at": HOUR + timedelta(minutes=5),
        "last_at": HOUR + timedelta(minutes=5),
        "times": 1,
    }
    return DataAccess(**content | changes)


async def test_what_others_tell_counts_once_in_any_order(portal: Portal):
    anna = uuid4()
    await portal.link(anna)
    first, whole = told(), told(last_at=HOUR + timedelta(minutes=50), times=14)
    for message in (whole, first, whole, first):
        async with portal.engine.begin() as connection:
            await accesses.keep(connection, "metering", message)

    [item] = await seen(portal, anna)

    assert (item["area"], item["times"]) == ("profile", 14)
    assert (item["first_at"], item["last_at"]) == ("2026-03-10T12:05:00Z", "2026-03-10T12:50:00Z")


async def test_looks_come_in_pages_newest_first(portal: Portal):
    anna = uuid4()
    await portal.link(anna)
    async with portal.engine.begin() as connection:
        for hour in range(7):
            at = HOUR + timedelta(hours=hour // 2)  # two of each instant: the id decides
            message = told(hour=at, first_at=at, last_at=at, reader_id=uuid4())
            await accesses.keep(connection, "metering", message)
    ids: list[str] = []
    moments: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = await portal.client.get(
            f"{PATH}/accesses", params={"limit": 2} | cursor, headers=portal.tokens.headers(anna)
        )
        ids += [item["id"] for item in answer.json()["items"]]
        moments += [item["first_at"] for item in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            break
        cursor = {"cursor": answer.json()["next_cursor"]}

    assert len(ids) == len(set(ids)) == 7
    assert moments == sorted(moments, reverse=True)


NO_SPACE = """
create function no_space() returns trigger language plpgsql as
$$ begin raise exception 'no space left' using errcode = '53100'; end $$
"""


async def test_a_look_that_cannot_be_noted_is_not_answered(portal: Portal):
    """INVARIANT: staff sees nothing of which no trace stays."""
    async with portal.engine.begin() as connection:
        await connection.execute(text(NO_SPACE))
        await connection.execute(text("create trigger no_space before insert on accesses execute function no_space()"))

    answers = [await call(portal, "GET", path) for path in ("/contracts", f"/contracts/{OPEN.contract_id}")]
    sheet = await issue(portal, OPEN.contract_id)

    assert [answer.status_code for answer in (*answers, sheet)] == [503] * 3
    assert not any(OPEN.login in answer.text for answer in (*answers, sheet))
