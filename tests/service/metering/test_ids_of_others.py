"""Points, contracts and edits of others answer as those that do not exist."""

from datetime import timedelta
from uuid import uuid4

from tests.service.ids_of_others import nobody_else_reaches
from tests.service.metering.conftest import Portal
from tests.service.metering.days import DAY, Days
from tests.service.metering.workers import DATES, LOADS, operator
from tests.unit.metering.telemetry import HALF_HOUR, NOW, START

from metering.domain.own_versions import OwnVersion
from metering.repository import copies
from topics.contracts import Contract
from topics.poller import INTERVAL_BLOCKS
from topics.quality import Quality, decided_version


async def test_a_stranger_reaches_nothing_of_the_owners(portal: Portal):
    """INVARIANT: an id that is not the caller's answers as one that does not exist."""
    place = portal.place
    point = str(place.point_id)
    anna = portal.tokens.headers(uuid4(), roles=["operator"], supplier="demo")
    await portal.chain.take(INTERVAL_BLOCKS, place.block((500, 600)))
    questioned = OwnVersion(
        point_id=place.point_id,
        meter_id=place.meter_id,
        start=int(START.timestamp()),
        energies=(500, 500, 500, 500),
        ratio=place.ratio,
        quality=Quality.QUESTIONED,
        flags=0,
        version=decided_version(NOW - HALF_HOUR),
    )
    await portal.chain.steps.own_versions([questioned])
    slots = [{"start": (START + HALF_HOUR).isoformat(), "a_plus_wh": 20_000}]
    values = {"slots": slots, "reason": "Акт сверки"}
    path = f"/api/v1/operator/points/{point}/edits"
    edit = await portal.client.post(path, json=values, headers=anna | {"Idempotency-Key": uuid4().hex})
    assert edit.json()["state"] == "pending", edit.text
    outage = {"starts_local": "2026-12-03T09:00", "ends_local": "2026-12-03T13:00", "reason": "Замена опоры"}
    outage |= {"contract_number": "76385943-232"}
    outage_id = str(uuid4())
    announced = await portal.client.put(f"/api/v1/operator/planned-outages/{outage_id}", json=outage, headers=anna)
    assert announced.json()["news"], announced.text
    strange_staff = portal.tokens.headers(uuid4(), roles=["operator"], supplier="other")
    day = START.date()
    await nobody_else_reaches(
        "metering",
        portal.client,
        {
            "point_id": point,
            "contract_id": str(place.contract_id),
            "edit_id": edit.json()["id"],
            "outage_id": outage_id,
        },
        consumer=portal.tokens.headers(portal.consumer_id),
        strangers={"a consumer": portal.tokens.headers(uuid4()), "staff of another supplier": strange_staff},
        staff=anna,
        strange_staff=strange_staff,
        bodies={
            "create_edit": values,
            "announce_outage": outage,
            "accept_values": {"starts": [START.isoformat()], "reason": "Проверено на месте"},
            "create_replay": {
                "what": "days",
                "point_ids": [point],
                "start": day.isoformat(),
                "end": (day + timedelta(days=1)).isoformat(),
            },
        },
        ids_are_own={"announce_outage"},
        day=START.replace(hour=0),
    )
    for listed in ("edits", "verdicts"):
        answer = await portal.get(f"/operator/{listed}", headers=strange_staff, point_id=point)
        assert answer.json()["items"] == [], listed


async def test_staff_sees_nothing_of_a_point_whose_contract_has_gone_to_another_supplier(days: Days):
    """INVARIANT: an operator reaches only points of the own supplier, by the registry and by the contract."""
    portal, point = days.portal, str(days.portal.place.point_id)
    await days.take(LOADS)
    days.clock.instant = DAY.closes_at(6)
    assert len(await days.told()) == 1
    values = {"slots": [{"start": DATES["start"] + "T00:00:00+04:00", "a_plus_wh": 501}], "reason": "Акт сверки"}
    key = {"Idempotency-Key": uuid4().hex}
    path = f"/api/v1/operator/points/{point}/edits"
    edit = await portal.client.post(path, json=values, headers=operator(portal) | key)
    assert edit.status_code == 201, edit.text
    asked = {
        "edits": {},
        "verdicts": {},
        "receipts": {},
        "completeness": DATES,
        "completeness/points": {"day": DATES["start"], "gaps_only": "false"},
    }

    async def listed(supplier: str) -> dict[str, int]:
        answers = {
            what: await portal.get(f"/operator/{what}", headers=operator(portal, supplier), **parameters)
            for what, parameters in asked.items()
        }
        return {what: len(answer.json()["items"]) for what, answer in answers.items()}

    assert all((await listed("demo")).values())
    async with portal.engine.begin() as connection:
        contract = Contract(
            contract_id=portal.place.contract_id, version=2, supplier_code="other", number="76385943-232"
        )
        await copies.keep_contract(connection, contract)
    nothing = dict.fromkeys(asked, 0)
    assert (await listed("demo"), await listed("other")) == (nothing, nothing)
    for supplier in ("demo", "other"):
        body = {"what": "days", "point_ids": [point], **DATES}
        headers = operator(portal, supplier)
        for answer in (
            await portal.get(f"/operator/edits/{edit.json()['id']}", headers=headers),
            await portal.client.post(
                "/api/v1/operator/replays", json=body, headers=headers | {"Idempotency-Key": uuid4().hex}
            ),
        ):
            assert answer.status_code == 404, answer.text
