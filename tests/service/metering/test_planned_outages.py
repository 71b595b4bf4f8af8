"""Planned outages from the supplier's inbox and from its staff, to the consumer's page and to whoever tells of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.service.metering.conftest import Portal
from tests.service.metering.days import DAY
from tests.service.metering.test_watches import alarms
from tests.service.metering.workers import operator
from tests.unit.metering.telemetry import NOW, entry

from common.errors import Rejected
from metering.settlement import inbox
from topics.inbox import PlannedOutage, SupplierDocument
from topics.poller import JOURNAL_ENTRIES

NUMBER = "76385943-232"
HOUR = timedelta(hours=1)
TOMORROW = (NOW + timedelta(days=1)).replace(hour=5, minute=0, second=0, microsecond=0)


def works(*, version: int = 1, contract: str = NUMBER, **changes: Any) -> SupplierDocument:
    content: dict[str, Any] = {"starts_at": TOMORROW, "ends_at": TOMORROW + HOUR, "reason": "Замена опоры"}
    body = PlannedOutage(**content | changes)
    return SupplierDocument(contract_number=contract, document_id="works-1", version=version, body=body)


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
    for document, code in (
        (works(reason="Другая"), "version_differs"),
        (works(version=2, contract="*"), "no_scope"),
        (works(version=2, ends_at=TOMORROW), "invalid_period"),
        (works(version=2, reason="\x00"), "invalid_message"),
    ):
        with pytest.raises(Rejected) as refused:
            await take(portal, document)
        assert refused.value.code == code


async def test_those_whose_point_is_no_longer_meant_are_told_that_it_is_off(portal: Portal):
    number = str(portal.place.point_id)
    await take(portal, works(contract="*", points=[number, "another"]))
    await take(portal, works(version=2, contract="*", points=["another"]))
    assert await seen(portal) == []
    assert [each.kind for each in await alarms(portal)] == ["outage_planned", "outage_cancelled"]


async def test_the_outages_of_another_supplier_are_not_of_this_point(portal: Portal):
    await take(portal, works(), supplier="other")
    await take(portal, works(version=2, contract="*", points=[str(portal.place.point_id)]), supplier="other")
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
    for supplier, refusal in (("demo", (422, "no_points")), ("other", (404, "outage_not_found"))):
        answer = await portal.client.put(path, json=body, headers=operator(portal, supplier))
        assert (answer.status_code, answer.json()["code"]) == refusal


async def test_a_seen_outage_says_which_planned_one_it_falls_into(portal: Portal):
    records = (entry("01", "2026-03-01T10:00:00", "2026-03-18T12:00:00"), entry("01", "2026-03-18T12:30:00"))
    await portal.chain.take(JOURNAL_ENTRIES, portal.place.journal(*records, polled_at=DAY.ends_at))
    noon = datetime(2026, 3, 18, 9, tzinfo=UTC)
    await take(portal, works(starts_at=noon - HOUR, ends_at=noon + HOUR))
    answer = await portal.get(f"/points/{portal.place.point_id}/power-quality", start="2026-03-18", end="2026-03-19")
    (planned,), (outage,) = answer.json()["outages_planned"], answer.json()["outages_seen"]
    assert (outage["planned_id"], outage["planned_during"]) == (planned["id"], "whole")
    elsewhere = await portal.get(f"/points/{portal.place.point_id}/power-quality", start="2026-03-19", end="2026-03-20")
    assert elsewhere.json()["outages_planned"] == []
