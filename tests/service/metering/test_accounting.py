"""What a supplier's operator sees of the ledger: what billing has not confirmed, and how complete the days are."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.service.metering.conftest import Portal, areas_seen
from tests.service.metering.days import DAY, MINUTE, START, Days
from tests.service.metering.workers import DATES, LOADS, operator, receipt
from tests.unit.metering.telemetry import HALF_HOUR

from metering import service
from metering.registry_file import RegistryFile
from metering.repository import accounting
from metering.settlement import inbox
from topics.metering import ALARMS


async def ask(portal: Portal, what: str, supplier: str = "demo", **parameters: Any) -> Any:
    headers = operator(portal, supplier)
    answer = await portal.client.get(f"/api/v1/operator/{what}", params=parameters, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def states(portal: Portal) -> dict[str, int]:
    names = ("open", "awaited", "wrong_digest", "confirmed", "used")
    return {name: len((await ask(portal, "receipts", state=name))["items"]) for name in names}


async def test_an_operator_sees_what_billing_has_not_confirmed(days: Days, worker: Any):
    """INVARIANT: a revision is open until billing confirms it, and a correction opens its day again."""
    portal = days.portal
    await days.take(LOADS)
    days.clock.instant = DAY.closes_at(6)
    day = (await days.told())[-1]
    portal.client._transport.app.state.resources.clock.instant = DAY.closes_at(7)  # type: ignore[attr-defined]
    (item,) = (await ask(portal, "receipts"))["items"]
    assert (item["point_number"], item["revision"], item["state"], item["age_seconds"]) == (
        *(str(portal.place.point_id), 1, "awaited", 3_600),
    )
    of_others = await ask(portal, "receipts", supplier="other")
    assert of_others == {"as_of": "2026-03-19T03:00:00Z", "items": [], "next_cursor": None}
    await inbox.take_document(worker, "demo", receipt(day.point_id, "0" * 64))
    assert await states(portal) == {"open": 1, "awaited": 0, "wrong_digest": 1, "confirmed": 0, "used": 0}
    await inbox.take_document(worker, "demo", receipt(day.point_id, day.digest, version=2))
    assert await states(portal) == {"open": 0, "awaited": 0, "wrong_digest": 0, "confirmed": 1, "used": 0}
    used = receipt(day.point_id, day.digest, version=3, used_in_period=date(2026, 3, 1))
    await inbox.take_document(worker, "demo", used)
    assert (await states(portal))["used"] == 1
    await days.take([600], start=START + 47 * HALF_HOUR)
    await days.told()
    assert (await states(portal))["open"] == 1
    async with portal.engine.connect() as connection:
        assert (await accounting.count_open(connection))["demo"][0] == 1
    await inbox.take_document(worker, "demo", receipt(day.point_id, day.digest, version=4))
    assert (await states(portal))["open"] == 1, "a receipt of a former revision closes nothing"


async def test_a_wrong_digest_is_told_as_an_alarm_once(days: Days, worker: Any):
    """INVARIANT: a difference between billing's books and ours is never silent."""
    await days.take([*LOADS, 510])
    days.clock.instant = DAY.closes_at(6)
    day = (await days.told())[-1]
    for _ in range(2):
        await inbox.take_document(worker, "demo", receipt(day.point_id, "0" * 64))
    async with days.portal.engine.connect() as connection:
        rows = (await connection.execute(text("select topic, payload from outbox order by id"))).all()
    (alarm,) = (ALARMS.decode(row.payload, ALARMS.headers()) for row in rows if row.topic == ALARMS.name)
    assert (alarm.kind, alarm.point_id, alarm.supplier_code) == ("wrong_digest", day.point_id, "demo")
    assert (alarm.details["published"], alarm.details["received"]) == (day.digest, "0" * 64)


async def test_an_operator_sees_how_complete_the_days_are_and_where_the_gaps_are(days: Days):
    portal = days.portal
    await days.take(LOADS[:40])
    days.clock.instant = DAY.closes_at(6) + timedelta(days=1)
    await days.told()
    period = {"start": DATES["start"], "end": (DAY.day + timedelta(days=2)).isoformat()}
    first = await ask(portal, "completeness", **period, limit=1)
    second = await ask(portal, "completeness", **period, limit=1, cursor=first["next_cursor"])
    assert first["as_of"] == "2026-03-20T12:00:00Z"
    (empty,), (partly,) = first["items"], second["items"]
    assert (empty["slots_expected"], empty["slots_missing"]) == (48, 48)
    assert (partly["day"], partly["points"], partly["points_incomplete"], partly["slots_missing"]) == (
        *(DATES["start"], 1, 1, 8),
    )
    assert second["next_cursor"] is None
    (point,) = (await ask(portal, "completeness/points", day=DATES["start"]))["items"]
    assert (point["point_number"], point["slots_missing"], point["state"]) == (
        *(str(portal.place.point_id), 8, "incomplete"),
    )
    await days.take(LOADS[:8], start=START + 40 * HALF_HOUR)
    await days.told()
    assert (await ask(portal, "completeness/points", day=DATES["start"]))["items"] == []
    every = await ask(portal, "completeness/points", day=DATES["start"], gaps_only="false")
    assert [each["slots_valid"] for each in every["items"]] == [48]
    assert await areas_seen(portal) == {("operator", "completeness")}
    for what in ("completeness", "completeness/points"):
        assert (await ask(portal, what, supplier="other", day=DATES["start"], **period))["items"] == []


@pytest.mark.parametrize("cursor", ["W10", "WyIyMDI2LTEzLTAxIl0", "WyJ4IiwieSIsInoiXQ", "Wzks"])
async def test_a_cursor_that_we_did_not_give_out_is_refused(days: Days, cursor: str):
    portal, headers = days.portal, operator(days.portal)
    for path in ("receipts", "bill-runs", "completeness", "completeness/points"):
        parameters = {**DATES, "day": DATES["start"], "cursor": cursor}
        answer = await portal.client.get(f"/api/v1/operator/{path}", params=parameters, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_a_suppliers_own_hour_closes_its_days(days: Days):
    """The newest closing hour that is valid from the day or before counts; another supplier's does not."""
    hours = [{"valid_from": "2026-01-01", "hour": 3}, {"valid_from": DATES["start"], "hour": 9}]
    hours.append({"valid_from": DATES["end"], "hour": 0})
    async with days.portal.engine.begin() as connection:
        content = RegistryFile.model_validate({"supplier_code": "demo", "closing_hours": hours})
        await service.load_registry_file(connection, content)
    await days.ledger._registry.refresh()
    await days.take(LOADS)
    days.clock.instant = DAY.closes_at(9) - MINUTE
    assert await days.told() == []
    days.clock.instant = DAY.closes_at(9)
    assert [day.day for day in await days.told()] == [DAY.day]
