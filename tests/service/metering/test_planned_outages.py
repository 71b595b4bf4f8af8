"""Planned outages from the supplier's inbox and from its staff, to the consumer's page and to whoever tells of them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import text
from tests.service.metering.conftest import Portal, registry_file
from tests.service.metering.days import DAY
from tests.service.metering.test_watches import alarms
from tests.service.metering.workers import operator
from tests.unit.metering.telemetry import NOW, Place, entry

from common.clock import FixedClock
from common.errors import Rejected
from metering import service
from metering.repository import copies
from metering.repository import planned_outages as repository
from metering.settlement import inbox
from metering.settlement.planned_outages import id_of
from topics.contracts import Contract
from topics.inbox import PlannedOutage, SupplierDocument
from topics.poller import JOURNAL_ENTRIES

NUMBER = "76385943-232"
HOUR = timedelta(hours=1)
TOMORROW = (NOW + timedelta(days=1)).replace(hour=5, minute=0, second=0, microsecond=0)


def works(*, version: int = 1, contract: str = NUMBER, **changes: Any) -> SupplierDocument:
    content: dict[str, Any] = {"starts_at": TOMORROW, "ends_at": TOMORROW + HOUR, "reason": "Замена опоры"}
    body = PlannedOutage(**content | changes)
    return SupplierDocument(contract_number=contract, document_id="works-1", version=version, body=body)


async def neighbour(portal: Portal, *, supplier: str = "demo") -> Place:
    """Another point, of a contract of its own."""
    place = Place(supplier=supplier, serial=uuid4().hex[:8])
    contract = Contract(contract_id=place.contract_id, version=1, supplier_code=supplier, number=f"n-{supplier}")
    async with portal.engine.begin() as connection:
        await service.load_registry_file(connection, registry_file(place))
        await copies.keep_contract(connection, contract)
    return place


async def take(portal: Portal, document: SupplierDocument, *, supplier: str = "demo") -> None:
    await inbox.take_document(portal.resources, supplier, document)


async def seen(portal: Portal) -> list[dict[str, Any]]:
    answer = await portal.get(f"/points/{portal.place.point_id}/planned-outages")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_the_newest_version_counts_in_any_order_and_each_is_told_once(portal: Portal):
    """INVARIANT: announcements any number of times, in any order, give the same page; what is old tells nobody."""
    moved = works(version=2, ends_at=TOMORROW + 2 * HOUR)
    for document in (works(), works(), moved, works(), moved):
        await take(portal, document)
    (item,) = await seen(portal)
    assert (item["reason"], item["cancelled"]) == ("Замена опоры", False)
    assert datetime.fromisoformat(item["ends_at"]) == TOMORROW + 2 * HOUR
    told = await alarms(portal)
    assert [each.kind for each in told] == ["outage_planned", "outage_moved"]
    assert told[0].details | {"outage_id": None} == {
        "outage_id": None,
        "point": str(portal.place.point_id),
        "starts_at": TOMORROW.isoformat(),
        "ends_at": (TOMORROW + HOUR).isoformat(),
        "time_zone": "Europe/Samara",
        "reason": "Замена опоры",
    }
    await take(portal, works(version=3, annulled=True))
    assert [each["cancelled"] for each in await seen(portal)] == [True]
    assert [each.kind for each in await alarms(portal)][2:] == ["outage_cancelled"]


async def test_what_cannot_be_is_refused_by_its_reason_and_what_is_over_tells_nobody(portal: Portal):
    await take(portal, works(starts_at=NOW - 2 * HOUR, ends_at=NOW - HOUR))
    assert (await seen(portal), await alarms(portal)) == ([], [])
    await take(portal, works(version=2, contract="*", address="nowhere", annulled=True))
    for document, code in (
        (works(version=2, reason="Другая"), "version_differs"),
        (works(version=3, contract="*"), "no_scope"),
        (works(version=3, contract="*", address="nowhere"), "no_points"),
        (works(version=3, ends_at=TOMORROW), "invalid_period"),
        (works(version=3, reason="\x00"), "invalid_message"),
    ):
        with pytest.raises(Rejected) as refused:
            await take(portal, document)
        assert refused.value.code == code


async def test_those_whose_point_is_no_longer_meant_are_told_that_it_is_off(portal: Portal):
    number, another = str(portal.place.point_id), str((await neighbour(portal)).point_id)
    await take(portal, works(contract="*", points=[number]))
    await take(portal, works(version=2, contract="*", points=[another]))
    assert await seen(portal) == []
    assert [each.kind for each in await alarms(portal)] == ["outage_planned", "outage_planned", "outage_cancelled"]


async def test_neither_a_closed_contract_nor_a_point_whose_meter_is_gone_is_told(portal: Portal):
    other = await neighbour(portal)
    points = [str(portal.place.point_id), str(other.point_id)]
    async with portal.engine.begin() as connection:
        gone = text("update installations set valid_to = :at where point_id = :point")
        await connection.execute(gone, {"at": NOW, "point": other.point_id})
    await take(portal, works(contract="*", points=points))
    assert [each.point_id for each in await alarms(portal)] == [portal.place.point_id]
    async with portal.engine.begin() as connection:
        await connection.execute(text("update contracts set closed = true"))
    with pytest.raises(Rejected) as refused:
        await take(portal, works(version=2, contract="*", points=points, reason="Другая"))
    assert refused.value.code == "no_points"


async def test_the_outages_of_another_supplier_are_not_of_this_point(portal: Portal):
    for document in (works(), works(contract="*", points=[str(portal.place.point_id)])):
        with pytest.raises(Rejected) as refused:
            await take(portal, document, supplier="other")
        assert refused.value.code == "no_points"
    assert (await seen(portal), await alarms(portal)) == ([], [])


async def test_an_operator_tries_announces_and_calls_off_by_the_clock_of_the_points(portal: Portal):
    path, headers = f"/api/v1/operator/planned-outages/{uuid4()}", operator(portal)
    local = TOMORROW + 4 * HOUR
    body = {
        "contract_number": NUMBER,
        "starts_local": local.strftime("%Y-%m-%dT%H:%M"),
        "ends_local": (local + HOUR).strftime("%Y-%m-%dT%H:%M"),
        "reason": "Замена опоры",
    }

    async def put(**parameters: Any) -> dict[str, Any]:
        answer = await portal.client.put(path, json=body, headers=headers, params=parameters)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    trial = await put(dry_run=True)
    assert (trial["news"], trial["points"], trial["contracts"], trial["dry_run"]) == (True, 1, 1, True)
    assert (await seen(portal), await alarms(portal)) == ([], [])
    assert [(await put())["news"] for _ in range(2)] == [True, False]
    (item,) = await seen(portal)
    assert datetime.fromisoformat(item["starts_at"]) == TOMORROW
    off = [await portal.client.delete(path, headers=headers) for _ in range(2)]
    assert [each.json()["outage"]["version"] for each in off] == [2, 2]
    again = await portal.client.put(path, json=body, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "outage_cancelled")
    assert [each.kind for each in await alarms(portal)] == ["outage_planned", "outage_cancelled"]
    listed = (await portal.get("/operator/planned-outages", headers=headers)).json()["items"]
    assert [(each["contract_number"], each["cancelled"], each["time_zone"]) for each in listed] == [
        (NUMBER, True, "Europe/Samara")
    ]


async def test_staff_reaches_its_own_suppliers_outages_alone(portal: Portal):
    await take(portal, works())
    (item,) = await seen(portal)
    path, theirs = f"/api/v1/operator/planned-outages/{item['id']}", operator(portal, "other")
    assert (await portal.client.delete(path, headers=theirs)).status_code == 404
    assert (await portal.get("/operator/planned-outages", headers=theirs)).json()["items"] == []
    body = {"starts_local": "2026-12-03T09:00", "ends_local": "2026-12-03T10:00", "reason": "x", "address": "nowhere"}
    for supplier in ("demo", "other"):
        answer = await portal.client.put(path, json=body, headers=operator(portal, supplier))
        assert (answer.status_code, answer.json()["code"]) == (422, "no_points")


async def test_an_id_or_a_document_of_others_is_in_nobodys_way(portal: Portal):
    """INVARIANT: what another supplier or the own staff keeps under the same id or document id refuses no document."""
    theirs = await neighbour(portal, supplier="other")
    body = {"starts_local": "2026-12-03T09:00", "ends_local": "2026-12-03T10:00", "reason": "x"}
    path = f"/api/v1/operator/planned-outages/{id_of('demo', 'works-1')}"
    put = {"point_numbers": [str(theirs.point_id)]}
    squatted = await portal.client.put(path, json=body | put, headers=operator(portal, "other"))
    assert squatted.status_code == 200, squatted.text
    await take(portal, works())
    (item,) = await seen(portal)
    assert item["reason"] == "Замена опоры"
    own = uuid4()
    announced = await portal.client.put(
        f"/api/v1/operator/planned-outages/{own}", json=body | {"contract_number": NUMBER}, headers=operator(portal)
    )
    document_id = announced.json()["outage"]["document_id"]
    await take(portal, msgspec.structs.replace(works(), document_id=document_id))
    assert len(await seen(portal)) == 3


async def test_billing_calls_off_what_staff_has_moved_twice(portal: Portal):
    await take(portal, works())
    (item,) = await seen(portal)
    path = f"/api/v1/operator/planned-outages/{item['id']}"
    body = {"contract_number": NUMBER, "starts_local": "2026-12-03T09:00", "reason": "x"}
    for hour in (10, 11):
        moved = body | {"ends_local": f"2026-12-03T{hour}:00"}
        answer = await portal.client.put(path, json=moved, headers=operator(portal))
        assert answer.json()["news"], answer.text
    await take(portal, works())
    assert [each["reason"] for each in await seen(portal)] == ["x"]
    await take(portal, works(version=2, annulled=True))
    assert [each["cancelled"] for each in await seen(portal)] == [True]
    assert [each.kind for each in await alarms(portal)] == [
        "outage_planned",
        "outage_moved",
        "outage_moved",
        "outage_cancelled",
    ]


async def test_calling_off_waits_for_a_move_and_keeps_it_and_other_suppliers_wait_for_neither(portal: Portal):
    await take(portal, works())
    (item,) = await seen(portal)
    theirs = await neighbour(portal, supplier="other")
    path = f"/api/v1/operator/planned-outages/{item['id']}"
    async with portal.engine.begin() as connection:
        former = await repository.locked(connection, "demo", UUID(item["id"]))
        assert former is not None
        off = asyncio.create_task(portal.client.delete(path, headers=operator(portal)))
        waiting = text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
        while not off.done() and not await connection.scalar(waiting):
            await asyncio.sleep(0)
        await take(portal, works(contract="*", points=[str(theirs.point_id)]), supplier="other")
        await repository.put(connection, replace(former, ends_at=TOMORROW + 5 * HOUR))
    assert (await off).json()["outage"]["cancelled"]
    (item,) = await seen(portal)
    assert (datetime.fromisoformat(item["ends_at"]), item["cancelled"]) == (TOMORROW + 5 * HOUR, True)


async def test_a_points_outages_come_in_pages(portal: Portal):
    for day in range(3):
        starts_at = TOMORROW + day * 24 * HOUR
        await take(
            portal,
            msgspec.structs.replace(works(starts_at=starts_at, ends_at=starts_at + HOUR), document_id=f"works-{day}"),
        )
    path, starts, cursor = f"/points/{portal.place.point_id}/planned-outages", [], None
    while True:
        answer = await portal.get(path, limit=2, **({} if cursor is None else {"cursor": cursor}))
        starts.append([datetime.fromisoformat(each["starts_at"]) for each in answer.json()["items"]])
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
    assert starts == [[TOMORROW, TOMORROW + 24 * HOUR], [TOMORROW + 48 * HOUR]]


async def test_a_seen_outage_says_which_planned_one_it_falls_into(portal: Portal):
    records = (entry("01", "2026-03-01T10:00:00", "2026-03-18T12:00:00"), entry("01", "2026-03-18T12:30:00"))
    await portal.chain.take(JOURNAL_ENTRIES, portal.place.journal(*records, polled_at=DAY.ends_at))
    noon = datetime(2026, 3, 18, 9, tzinfo=UTC)
    assert isinstance(portal.resources.clock, FixedClock)
    portal.resources.clock.instant = noon - 2 * HOUR
    await take(portal, works(starts_at=noon - HOUR, ends_at=noon + HOUR))
    answer = await portal.get(f"/points/{portal.place.point_id}/power-quality", start="2026-03-18", end="2026-03-19")
    (planned,), (outage,) = answer.json()["outages_planned"], answer.json()["outages_seen"]
    assert (outage["planned_id"], outage["planned_during"]) == (planned["id"], "whole")
    elsewhere = await portal.get(f"/points/{portal.place.point_id}/power-quality", start="2026-03-19", end="2026-03-20")
    assert elsewhere.json()["outages_planned"] == []
