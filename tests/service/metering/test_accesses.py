"""Who looks at what metering shows: noted before the answer, told to contracts, and nothing for those whose it is."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import text
from tests.service.api_document import example, secured
from tests.service.metering.conftest import Portal
from tests.unit.metering.telemetry import START

from common.accesses import tell_due
from common.http.auth import Caller
from metering.repository import copies
from topics import METERING_ACCESSES
from topics.accesses import DataAccess, told
from topics.contracts import ContractLinks

PERIOD: dict[str, Any] = {"start": START.isoformat(), "end": (START + timedelta(days=1)).isoformat()}
DAYS: dict[str, Any] = {"start": START.date().isoformat(), "end": (START + timedelta(days=1)).date().isoformat()}


@pytest.fixture
def operator() -> UUID:
    return uuid4()


def staff(portal: Portal, operator: UUID) -> dict[str, str]:
    return portal.tokens.headers(operator, roles=["operator"], supplier=portal.place.supplier)


async def noted(portal: Portal) -> list[tuple[str, str, int]]:
    """Return reader, area and times of what has been noted."""
    async with portal.engine.connect() as connection:
        rows = await connection.execute(text("select reader, area, times from data_accesses order by area, reader"))
        return [(row.reader, row.area, row.times) for row in rows]


async def tell(portal: Portal, *, now: datetime | None = None) -> list[DataAccess]:
    """Put what is due into the outbox; return what is new there."""
    await tell_due(portal.engine, METERING_ACCESSES, told, now=now or datetime.now(UTC))
    async with portal.engine.begin() as connection:
        rows = await connection.execute(
            text("delete from outbox where topic = :topic returning payload"), {"topic": METERING_ACCESSES.name}
        )
        return [METERING_ACCESSES.decode(bytes(row.payload), METERING_ACCESSES.headers()) for row in rows]


def reads() -> list[str]:
    """Return the paths of the API's document that show what belongs to a point or a contract."""
    return sorted(
        path
        for path, method, _ in secured("metering")
        if method == "get" and ("{point_id}" in path or "{contract_id}" in path)
    )


def parameters(path: str) -> dict[str, Any]:
    """Return a value for each query parameter that must be there."""
    (operation,) = (operation for one, method, operation in secured("metering") if (one, method) == (path, "get"))
    wanted = [given for given in operation.get("parameters", []) if given["in"] == "query" and given["required"]]
    days = DAYS if any(given["schema"].get("format") == "date" for given in wanted) else PERIOD
    return {given["name"]: days.get(given["name"]) or example(given["schema"]) for given in wanted}


@pytest.mark.parametrize("path", reads())
async def test_every_read_of_the_suppliers_staff_is_noted(portal: Portal, operator: UUID, path: str):
    """INVARIANT: staff sees nothing of a consumer without a trace, whichever operation of the API shows it."""
    place = portal.place
    filled = path.replace("{point_id}", str(place.point_id)).replace("{contract_id}", str(place.contract_id))

    answer = await portal.get(filled.removeprefix("/api/v1"), headers=staff(portal, operator), **parameters(path))

    assert answer.status_code in {200, 404, 422}, answer.text
    [(reader, area, times)] = await noted(portal)
    assert (reader, times) == ("operator", 1)
    assert area == [word for word in path.split("/") if not word.startswith("{")][-1]


async def test_whose_data_they_are_leaves_no_trace(portal: Portal):
    for path in ("", "/profile", "/readings"):
        await portal.get(f"/points/{portal.place.point_id}{path}", **(PERIOD if path == "/profile" else {}))
    await portal.get(f"/contracts/{portal.place.contract_id}/points")

    assert await noted(portal) == []


async def test_what_a_stranger_is_refused_is_no_look(portal: Portal):
    for headers in (
        portal.tokens.headers(uuid4()),
        portal.tokens.headers(uuid4(), roles=["operator"], supplier="other"),
        portal.tokens.headers(portal.consumer_id, contracts=[str(uuid4())]),
    ):
        for path in (f"/points/{portal.place.point_id}", f"/contracts/{portal.place.contract_id}/points"):
            assert (await portal.get(path, headers=headers)).status_code == 404

    assert await noted(portal) == []


async def test_who_asks_in_one_statement_is_answered_by_his_own_rights(portal: Portal, operator: UUID):
    """INVARIANT: what is worked out for several callers at once is shared by none of them."""
    guest, place = uuid4(), portal.place
    links = ContractLinks(
        contract_id=place.contract_id,
        version=2,
        supplier_code=place.supplier,
        user_ids=[portal.consumer_id, guest],
        read_only_user_ids=[guest],
    )
    async with portal.engine.begin() as connection:
        await copies.keep_links(connection, links)
    callers = [
        Caller(user_id=user_id, roles=frozenset({role}), supplier=supplier, login_id=uuid4())
        for user_id, role, supplier in (
            (uuid4(), "consumer", None),
            (portal.consumer_id, "consumer", None),
            (uuid4(), "operator", "other"),
            (guest, "consumer", None),
            (operator, "operator", place.supplier),
        )
    ]
    days: dict[str, Any] = {"first_on": START.date(), "end_on": START.date() + timedelta(days=1)}
    seen = portal.resources.seen_points
    found = await asyncio.gather(
        *(seen.find(point, caller, **days) for caller in callers for point in (place.point_id, uuid4()))
    )
    assert found[1::2] == [None] * len(callers), "a point that nobody has"
    rights = [one and (one.id, one.staff, one.guest) for one in found[::2]]
    ours = place.point_id
    assert rights == [None, (ours, False, False), None, (ours, False, True), (ours, True, False)]


async def test_guests_programs_and_staff_with_a_link_are_told_apart(portal: Portal, operator: UUID):
    guest, key = uuid4(), uuid4()
    place = portal.place
    links = ContractLinks(
        contract_id=place.contract_id,
        version=2,
        supplier_code=place.supplier,
        user_ids=[portal.consumer_id, guest, operator],
        read_only_user_ids=[guest],
    )
    async with portal.engine.begin() as connection:
        await copies.keep_links(connection, links)
    program = portal.tokens.headers(portal.consumer_id, contracts=[str(place.contract_id)], sid=str(key))
    for headers in (portal.tokens.headers(guest), program, staff(portal, operator)):
        assert (await portal.get(f"/points/{place.point_id}", headers=headers)).status_code == 200

    found = {one.reader: one for one in await tell(portal)}

    assert {name: (one.reader_id, one.user_id, one.supplier_code) for name, one in found.items()} == {
        "guest": (guest, guest, None),
        "api_key": (key, portal.consumer_id, None),
        "operator": (operator, operator, place.supplier),
    }


async def test_a_busy_operator_is_told_at_once_and_once_more_when_the_hour_is_over(portal: Portal, operator: UUID):
    """INVARIANT: of one reader, contract, area and hour two events are told at most, and the number is right."""
    for _ in range(5):
        await portal.get(f"/points/{portal.place.point_id}/readings", headers=staff(portal, operator))
    first = await tell(portal)
    for _ in range(9):
        await portal.get(f"/points/{portal.place.point_id}/readings", headers=staff(portal, operator))
    meanwhile = await tell(portal)

    later = datetime.now(UTC) + timedelta(hours=2)
    last, nothing = await tell(portal, now=later), await tell(portal, now=later)

    assert [(one.area, one.times) for one in first] == [("readings", 5)]
    assert (meanwhile, nothing) == ([], [])
    assert [msgspec.structs.replace(one, times=5, last_at=first[0].last_at) for one in last] == first
    assert last[0].times == 14
    assert first[0].hour <= first[0].first_at <= last[0].last_at
    await tell(portal, now=later + timedelta(days=2))
    assert await noted(portal) == []


async def test_a_look_that_cannot_be_noted_is_not_answered(portal: Portal, operator: UUID):
    """INVARIANT: what leaves no trace is not shown; those whose data they are see them all the same."""
    path = f"/points/{portal.place.point_id}"
    async with portal.engine.begin() as connection:
        await connection.execute(
            text(
                "create function no_space() returns trigger language plpgsql as"
                " $$ begin raise exception 'no space left' using errcode = '53100'; end $$"
            )
        )
        await connection.execute(
            text("create trigger no_space before insert on data_accesses execute function no_space()")
        )

    assert (await portal.get(path, headers=staff(portal, operator))).status_code == 503
    assert (await portal.get(path)).status_code == 200
