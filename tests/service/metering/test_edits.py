"""What a supplier's staff decides on half hours: two persons above a limit, nothing erased, all of it readable."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from tests.service.metering.conftest import Portal, areas_seen
from tests.unit.metering.telemetry import HALF_HOUR, NOW, START

from common.errors import Busy
from metering import edits
from metering.domain.own_versions import OwnVersion
from metering.domain.registry import Registry
from topics.poller import INTERVAL_BLOCKS
from topics.quality import Quality, decided_version, is_decided

VALUES = (500, 600)


@dataclass
class Desk:
    """Two of the supplier's staff over a point with two half hours of VALUES on the meter's side, ratio 2."""

    portal: Portal
    anna: UUID = field(default_factory=uuid4)
    boris: UUID = field(default_factory=uuid4)

    def headers(self, person: UUID, *, supplier: str = "demo", key: str | None = None) -> dict[str, str]:
        token = self.portal.tokens.headers(person, roles=["operator"], supplier=supplier)
        return {**token, "Idempotency-Key": key or uuid4().hex}

    async def post(self, path: str, body: Any = None, *, person: UUID | None = None, **how: Any) -> httpx.Response:
        headers = self.headers(person or self.anna, **how)
        return await self.portal.client.post(f"/api/v1/operator{path}", json=body, headers=headers)

    async def edit(self, values: Sequence[int], *, start: datetime = START, **how: Any) -> httpx.Response:
        slots = [
            {"start": (start + number * HALF_HOUR).isoformat(), "a_plus_wh": value}
            for number, value in enumerate(values)
        ]
        body = {"slots": slots, "reason": "Акт сверки", "document": "Акт 17"}
        return await self.post(f"/points/{self.portal.place.point_id}/edits", body, **how)

    async def applied(self) -> int:
        return await edits.turn(self.portal.resources, self.portal.chain.steps)

    async def corrected_ratio(self, ratio: int) -> None:
        """Put another ratio into the registry than that of what is stored."""
        async with self.portal.engine.begin() as connection:
            await connection.execute(text("update installations set ratio = :ratio"), {"ratio": ratio})
        await self.portal.resources.registry.refresh()
        self.portal.chain.registry = self.portal.resources.registry.current()

    async def profile(self) -> tuple[list[int | None], list[str]]:
        shown = await self.portal.get(
            f"/points/{self.portal.place.point_id}/profile",
            start=START.isoformat(),
            end=(START + 2 * HALF_HOUR).isoformat(),
        )
        return shown.json()["values"], shown.json()["quality"]

    async def history(self, *, person: UUID | None = None, **parameters: Any) -> list[dict[str, Any]]:
        answer = await self.portal.get(
            f"/points/{self.portal.place.point_id}/intervals/history",
            headers=None if person is None else self.headers(person),
            start=START.isoformat(),
            **parameters,
        )
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@pytest.fixture
async def desk(portal: Portal) -> Desk:
    # 600 half hours more make a month in which ten per cent are 72 kWh and more.
    await portal.chain.take(INTERVAL_BLOCKS, portal.place.block(VALUES))
    block = portal.place.block([600] * 300, start=START - timedelta(days=8), polled_at=START)
    await portal.chain.take(INTERVAL_BLOCKS, block)
    return Desk(portal)


async def test_a_small_edit_stands_at_once_and_no_reading_of_the_meter_undoes_it(desk: Desk):
    """INVARIANT: a correction never erases: the former value, its source and its time stay readable."""
    answer = await desk.edit([700])
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["state"], made["needs_second_person"], made["delta_wh"]) == ("approved", False, 200)
    assert (made["slots"][0]["former_a_plus_wh"], made["slots"][0]["former_quality"]) == (500, "VALID")
    # Reactive energy was not named, so it stays.
    assert made["slots"][0]["r_plus_varh"] == 500
    assert await desk.applied() == 1
    await desk.portal.chain.take(INTERVAL_BLOCKS, desk.portal.place.block(VALUES, polled_at=NOW - HALF_HOUR))
    assert await desk.profile() == ([700, 600], ["EDITED", "VALID"])

    now, newer, first = await desk.history(person=desk.boris)

    assert (now["quality"], now["a_plus_wh"], now["source"], now["method"]) == ("EDITED", 700, "edit", "values")
    assert (now["actor"], now["reason"], now["document"]) == (str(desk.anna), "Акт сверки", "Акт 17")
    assert (first["quality"], first["a_plus_wh"], first["source"]) == ("VALID", 500, "meter")
    assert first["read_at"] == "2026-03-11T12:00:00Z"
    assert newer["read_at"] == "2026-03-20T11:30:00Z"
    assert (await desk.history())[0]["actor"] is None
    assert await desk.applied() == 0


async def test_above_the_limit_another_person_confirms(desk: Desk):
    asked = (await desk.edit([20_000, 20_000])).json()
    assert (asked["state"], asked["needs_second_person"], asked["delta_wh"]) == ("pending", True, 38_900)
    assert await desk.applied() == 0
    assert await desk.profile() == ([500, 600], ["VALID", "VALID"])
    path = f"/edits/{asked['id']}"
    assert (await desk.post(f"{path}/confirm")).json()["code"] == "second_person_needed"
    pending = await desk.portal.get("/operator/edits", headers=desk.headers(desk.boris), state="pending")
    assert [each["id"] for each in pending.json()["items"]] == [asked["id"]]
    confirmed = (await desk.post(f"{path}/confirm", person=desk.boris)).json()
    assert (confirmed["state"], confirmed["decided_by"]) == ("approved", str(desk.boris))
    assert (await desk.post(f"{path}/confirm", person=desk.boris)).json()["code"] == "edit_not_open"
    await desk.applied()
    assert await desk.profile() == ([20_000, 20_000], ["EDITED", "EDITED"])
    (latest, *_) = await desk.history(person=desk.anna)
    assert (latest["actor"], latest["second_person"]) == (str(desk.anna), str(desk.boris))
    shown = await desk.portal.get(f"/operator{path}", headers=desk.headers(desk.anna))
    assert shown.json()["state"] == "applied"
    assert ("operator", "edits") in await areas_seen(desk.portal)


async def test_many_small_edits_of_one_person_count_together(desk: Desk):
    """The month has 300 half hours of 600 Wh in four channels: ten per cent of A+ and A- are 36 kWh."""
    states = []
    for wh in (15_000, 2_000, 15_000):
        made = (await desk.edit([wh])).json()
        states.append(made["state"])
        await desk.applied()
    assert states == ["approved", "approved", "pending"]


async def test_who_asked_withdraws_and_another_refuses(desk: Desk):
    first, second = [(await desk.edit([20_000, 20_000])).json()["id"] for _ in range(2)]
    reason = {"reason": "Ошибка"}
    assert (await desk.post(f"/edits/{first}/refuse")).json()["code"] == "second_person_needed"
    assert (await desk.post(f"/edits/{first}/withdraw", reason, person=desk.boris)).json()["code"] == "not_your_edit"
    assert (await desk.post(f"/edits/{first}/withdraw", reason)).json()["state"] == "withdrawn"
    assert (await desk.post(f"/edits/{second}/refuse", person=desk.boris)).json()["state"] == "refused"
    assert await desk.applied() == 0
    assert await desk.profile() == ([500, 600], ["VALID", "VALID"])


async def test_withdrawing_what_stands_puts_the_former_value_back_as_a_further_version(desk: Desk):
    made = (await desk.edit([700])).json()
    await desk.applied()
    back = (await desk.post(f"/edits/{made['id']}/withdraw", {"reason": "Акт отозван"})).json()
    assert (back["kind"], back["withdraws"], back["state"]) == ("restore", made["id"], "approved")
    await desk.applied()
    assert await desk.profile() == ([500, 600], ["VALID", "VALID"])
    assert [each["method"] for each in await desk.history()] == ["restore", "values", None]
    again = await desk.post(f"/edits/{made['id']}/withdraw", {"reason": "Акт отозван"})
    assert again.json()["code"] == "values_changed"


async def test_questioned_values_are_confirmed_as_they_are_and_no_others(desk: Desk):
    place = desk.portal.place
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
    await desk.portal.chain.steps.own_versions([questioned])
    assert (await desk.profile())[1] == ["QUESTIONED", "VALID"]
    path = f"/points/{place.point_id}/acceptances"
    body = {"starts": [START.isoformat()], "reason": "Проверено на месте"}
    accepted = (await desk.post(path, body)).json()
    assert (accepted["kind"], accepted["state"], accepted["delta_wh"]) == ("accept", "approved", 0)
    await desk.applied()
    assert await desk.profile() == ([500, 600], ["ACCEPTED", "VALID"])
    assert [each["source"] for each in await desk.history()] == ["edit", "rule", "meter"]
    assert (await desk.post(path, body)).json()["code"] == "not_questioned"


async def test_a_value_that_is_confirmed_or_put_back_keeps_its_own_ratio(desk: Desk):
    """INVARIANT: an edit changes no energy but that which it counts against the limits."""
    first = (await desk.edit([700])).json()
    await desk.applied()
    await desk.corrected_ratio(4)
    made = (await desk.edit([900, 1_000])).json()
    assert [(each["a_plus_wh"], each["former_a_plus_wh"]) for each in made["slots"]] == [(900, 700), (1_000, 600)]
    assert (made["slots"][0]["r_plus_varh"], made["delta_wh"]) == (500, 200 + 400)
    await desk.applied()
    back = (await desk.post(f"/edits/{made['id']}/withdraw", {"reason": "Акт отозван"})).json()
    assert back["delta_wh"] == made["delta_wh"]
    await desk.applied()
    assert await desk.profile() == ([700, 600], ["EDITED", "VALID"])
    assert first["state"] == "approved"


async def test_an_edit_whose_meter_no_longer_stood_there_is_refused_and_nothing_of_it_is_stored(desk: Desk):
    """INVARIANT: an edit is in the store whole or not at all."""
    made = (await desk.edit([700, 700])).json()
    async with desk.portal.engine.begin() as connection:
        changed = "update installations set valid_from = :at where point_id = :point"
        at = {"at": START + HALF_HOUR, "point": desk.portal.place.point_id}
        await connection.execute(text(changed), at)
    await desk.applied()
    shown = await desk.portal.get(f"/operator/edits/{made['id']}", headers=desk.headers(desk.anna))
    assert shown.json()["state"] == "refused"
    assert await desk.profile() == ([500, 600], ["VALID", "VALID"])
    assert await desk.applied() == 0


async def test_an_edit_waits_for_a_registry_that_is_not_known_here_yet(desk: Desk):
    await desk.edit([700])
    known, desk.portal.chain.registry = desk.portal.chain.registry, Registry()
    with pytest.raises(Busy):
        await desk.applied()
    desk.portal.chain.newer = known
    assert await desk.applied() == 1
    assert await desk.profile() == ([700, 600], ["EDITED", "VALID"])


async def test_an_edit_of_a_gap_gives_way_to_the_actual_value(desk: Desk):
    start = START + 4 * HALF_HOUR
    made = (await desk.edit([1_000], start=start)).json()
    assert made["slots"][0]["former_quality"] is None
    await desk.applied()
    async with desk.portal.engine.connect() as connection:
        version = await connection.scalar(text("select version from edit_slots"))
    assert not is_decided(version)
    await desk.portal.chain.take(INTERVAL_BLOCKS, desk.portal.place.block([900], start=start, polled_at=NOW))
    shown = await desk.portal.get(
        f"/points/{desk.portal.place.point_id}/profile", start=start.isoformat(), end=(start + HALF_HOUR).isoformat()
    )
    assert (shown.json()["values"], shown.json()["quality"]) == ([900], ["VALID"])
    back = await desk.post(f"/edits/{made['id']}/withdraw", {"reason": "Акт отозван"})
    assert back.json()["code"] == "values_changed"


async def test_a_repeat_with_the_same_key_edits_once(desk: Desk):
    first, second = [await desk.edit([700], key="the same") for _ in range(2)]
    assert first.json() == second.json()
    assert (await desk.edit([701], key="the same")).json()["code"] == "idempotency_key_reused"
    async with desk.portal.engine.connect() as connection:
        assert await connection.scalar(text("select count(*) from edits")) == 1


async def test_what_has_changed_meanwhile_is_not_confirmed(desk: Desk):
    asked = (await desk.edit([20_000, 20_000])).json()
    await desk.portal.chain.take(INTERVAL_BLOCKS, desk.portal.place.block([501, 600], polled_at=NOW))
    refused = await desk.post(f"/edits/{asked['id']}/confirm", person=desk.boris)
    assert (refused.status_code, refused.json()["code"]) == (409, "values_changed")


async def test_strangers_find_nothing(desk: Desk):
    """INVARIANT: an operator reaches the own supplier's points and edits alone."""
    made = (await desk.edit([700])).json()
    assert (await desk.edit([700], supplier="other")).status_code == 404
    for what in ("confirm", "refuse"):
        assert (await desk.post(f"/edits/{made['id']}/{what}", supplier="other")).status_code == 404
    shown = await desk.portal.get(f"/operator/edits/{made['id']}", headers=desk.headers(uuid4(), supplier="other"))
    assert shown.status_code == 404
    assert (await desk.portal.get("/operator/edits")).status_code == 403
    stranger = desk.portal.tokens.headers(uuid4())
    path = f"/points/{desk.portal.place.point_id}/intervals/history"
    assert (await desk.portal.get(path, headers=stranger, start=START.isoformat())).status_code == 404


@pytest.mark.parametrize(
    ("slots", "code"),
    [
        ([{"start": "2026-03-10T12:01:00Z", "a_plus_wh": 1}], "edit_impossible"),
        ([{"start": "2026-03-10T12:00:00Z"}], "edit_impossible"),
        ([{"start": "2026-03-20T12:00:00Z", "a_plus_wh": 1}], "edit_impossible"),
        ([{"start": "2020-01-01T12:00:00Z", "a_plus_wh": 1}], "not_installed"),
        ([{"start": "2026-03-10T12:00:00Z", "a_plus_wh": 22_771}], "above_physical_limit"),
        (
            [{"start": "2026-03-10T12:00:00Z", "a_plus_wh": 1}, {"start": "2026-02-10T12:00:00Z", "a_plus_wh": 1}],
            "several_months",
        ),
    ],
)
async def test_what_cannot_be_is_refused_by_name(desk: Desk, slots: Any, code: str):
    answer = await desk.post(f"/points/{desk.portal.place.point_id}/edits", {"slots": slots, "reason": "Акт"})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_history_can_be_seen_as_it_was_known(desk: Desk):
    desk.portal.chain.clock.instant = NOW + timedelta(hours=1)
    await desk.edit([700])
    await desk.applied()
    assert [each["quality"] for each in await desk.history(as_of=NOW.isoformat())] == ["VALID"]
    assert [each["quality"] for each in await desk.history()] == ["EDITED", "VALID"]


async def test_a_profile_can_be_seen_as_it_was_known(desk: Desk):
    """INVARIANT: a correction never erases: any past answer can be had again."""
    desk.portal.chain.clock.instant = NOW + timedelta(hours=1)
    await desk.edit([700])
    await desk.applied()
    period: dict[str, Any] = {"start": START.isoformat(), "end": (START + 2 * HALF_HOUR).isoformat()}
    path = f"/points/{desk.portal.place.point_id}/profile"
    seen = [
        (await desk.portal.get(path, **period, known_at=at.isoformat())).json()
        for at in (START, NOW, NOW + timedelta(hours=1))
    ]
    assert [each["values"] for each in seen] == [[None, None], [500, 600], [700, 600]]
    assert [each["gaps"] for each in seen] == [[], [], []]
