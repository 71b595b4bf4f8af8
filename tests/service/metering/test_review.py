"""Telemetry in, verdicts and qualities out, over the real engine and database."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.service.metering.conftest import areas_seen
from tests.service.metering.days import DAY, MINUTE, START, Days
from tests.unit.metering.telemetry import HALF_HOUR, entry

from metering.commands.limit import LIMIT
from metering.settings import Settings
from metering.store.days import read_slots, write_values
from topics.poller import JOURNAL_ENTRIES, REGISTER_SNAPSHOTS
from topics.quality import Quality, is_decided
from topics.supplier import supplier_intervals

STUCK = [400, 410] * 15 + [500] * 18


async def verdicts(days: Days) -> list[tuple[Any, ...]]:
    """Rule, part, state, value and limit of every verdict, in order."""
    async with days.portal.engine.connect() as connection:
        rows = await connection.execute(
            text("select rule, part, state, value, limit_value from verdicts order by day, rule, part, starts_at")
        )
        return [tuple(row) for row in rows]


async def changes(days: Days) -> int:
    async with days.portal.engine.connect() as connection:
        return int((await connection.execute(text("select count(*) from verdict_changes"))).scalar_one())


async def test_a_stuck_value_is_questioned_told_and_withdrawn_when_the_meter_is_read_again(days: Days):
    await days.take(STUCK)
    days.clock.instant = DAY.closes_at(6)
    (day,) = await days.told()
    assert await verdicts(days) == [("V12", "a_plus", "open", 18, 12)]
    assert day.quality == ["VALID"] * 30 + ["QUESTIONED"] * 18
    assert (day.slots_valid, day.a_plus_wh) == (30, STUCK), "a questioned value is told as it was measured"
    assert [is_decided(version) for version in day.versions] == [False] * 30 + [True] * 18

    await days.take(STUCK, polled_at=DAY.ends_at + MINUTE)
    assert len(await days.told()) == 1, "no repeat of the telemetry undoes what was decided"

    read_again = [500 + slot for slot in range(18)]
    await days.take(read_again, start=START + 30 * HALF_HOUR, polled_at=DAY.ends_at + 2 * MINUTE)
    corrected = (await days.told())[-1]
    assert (corrected.revision, corrected.a_plus_wh[30:]) == (2, read_again)
    assert set(corrected.quality) == {"VALID"}
    assert [state for _, _, state, *_ in await verdicts(days)] == ["withdrawn"]
    assert await changes(days) == 2


async def test_what_is_decided_goes_to_the_supplier_with_its_version(days: Days):
    await days.take(STUCK)
    days.clock.instant = DAY.closes_at(6)
    (day,) = await days.told()
    topic = supplier_intervals("demo")
    async with days.portal.engine.connect() as connection:
        rows = await connection.execute(text("select payload from outbox where topic = :topic"), {"topic": topic.name})
        (message,) = [topic.decode(row.payload, topic.headers()) for row in rows]
    assert (message.start, message.versions) == (START + 30 * HALF_HOUR, day.versions[30:])


async def test_the_same_telemetry_in_any_order_and_number_gives_the_same_verdicts(days: Days):
    """INVARIANT: the same telemetry any number of times, in any order, gives the same verdicts and qualities."""
    place = days.portal.place
    back = [(START, 10_000), (START + timedelta(hours=12), 9_000), (DAY.ends_at, 34_000)]
    for _ in range(2):
        for at, value in reversed(back):
            await days.portal.chain.take(REGISTER_SNAPSHOTS, place.snapshot(at, ("sum", value), drift_seconds=0.0))
        for first in (24, 0):
            await days.take(STUCK[first : first + 24], start=START + first * HALF_HOUR)
        days.clock.instant = max(days.clock.instant + 2 * MINUTE, DAY.closes_at(6))
        await days.told()
    found = await days.told()
    assert len(found) == 1
    assert await verdicts(days) == [
        ("V12", "a_plus", "open", 18, 12),
        ("V14", "a_plus", "open", -1_000, 0),
        ("V15", "a_plus", "open", 24_000 - sum(STUCK), 25),
    ]
    assert set(found[0].quality) == {"QUESTIONED"}
    assert await changes(days) == 3


async def test_what_the_journal_tells_of_a_closed_day_is_judged_when_it_comes(days: Days):
    """The meter was off from 10:00 to 14:00 by its clock, two half hours of which the telemetry says energy."""
    await days.take([300 + 10 * (slot % 7) for slot in range(48)])
    days.clock.instant = DAY.closes_at(6)
    await days.told()
    assert await verdicts(days) == []

    off = [entry("01", "2026-03-17T08:00:00", "2026-03-18T10:00:00"), entry("01", "2026-03-18T14:00:00")]
    for _ in range(2):
        await days.portal.chain.take(JOURNAL_ENTRIES, days.portal.place.journal(*off, polled_at=DAY.ends_at))
        days.clock.instant += 2 * MINUTE
        found = await days.told()
    assert [day.revision for day in found] == [1, 2]
    assert found[1].quality.count(Quality.QUESTIONED) == 8
    assert await verdicts(days) == [
        ("V18", "a_plus.meter_off", "open", sum(300 + 10 * (slot % 7) for slot in range(22, 30)), 0),
        ("V19", "power", "open", 8, 0),
    ]


async def test_an_entry_that_closes_takes_back_what_its_being_open_said_of_later_days(days: Days):
    """The cover was opened the day before, and by the entry when it is complete shut again at once."""
    await days.take([300 + 10 * (slot % 7) for slot in range(48)])
    opened = "2026-03-16T10:00:00"
    place, take = days.portal.place, days.portal.chain.take
    await take(JOURNAL_ENTRIES, place.journal(entry("12", opened), polled_at=DAY.ends_at))
    days.clock.instant = DAY.closes_at(6)
    await days.told()
    assert [rule for rule, _, state, *_ in await verdicts(days) if state == "open"] == ["V19"]

    shut = entry("12", opened, "2026-03-16T10:05:00")
    await take(JOURNAL_ENTRIES, place.journal(shut, polled_at=DAY.ends_at + MINUTE))
    days.clock.instant += 2 * MINUTE
    await days.told()
    assert [rule for rule, _, state, *_ in await verdicts(days) if state == "open"] == []


async def test_an_impossible_value_is_a_gap_with_a_verdict_until_another_comes(days: Days):
    good = [300 + 10 * (slot % 7) for slot in range(48)]
    bad = [*good[:5], 30_000, *good[6:]]
    await days.take(bad)
    days.clock.instant = DAY.closes_at(6)
    (day,) = await days.told()
    assert (day.slots_missing, day.quality[5]) == (1, "GAP")
    channels = ("a_minus", "a_plus", "r_minus", "r_plus")
    expected = [("V06", "", "open", 1, 0), *(("V09", channel, "open", 30_000, 22_770) for channel in channels)]
    assert await verdicts(days) == expected
    await days.take(bad)
    assert len(await days.told()) == 1
    assert await verdicts(days) == expected
    await days.take(good)
    assert (await days.told())[-1].slots_missing == 0
    assert {state for _, _, state, *_ in await verdicts(days)} == {"withdrawn"}
    await days.take(bad)
    await days.told()
    assert {state for _, _, state, *_ in await verdicts(days)} == {"withdrawn"}


async def test_open_verdicts_are_listed_for_the_operator_and_those_of_a_point_for_its_consumer(days: Days):
    portal = days.portal
    await days.take(STUCK)
    days.clock.instant = DAY.closes_at(6)
    await days.told()
    operator = portal.tokens.headers(uuid4(), roles=["operator"], supplier="demo")
    page = (await portal.get("/operator/verdicts", headers=operator, rule="V12", day=DAY.day.isoformat())).json()
    assert page["as_of"] == "2026-03-20T12:00:00Z"
    (item,) = page["items"]
    assert (item["point_id"], item["rule"], item["value"], item["limit"]) == (str(portal.place.point_id), "V12", 18, 12)
    assert (item["slots"][0], len(item["slots"]), page["next_cursor"]) == ("2026-03-18T11:00:00Z", 18, None)
    assert await areas_seen(portal) == {("operator", "verdicts")}
    others: list[dict[str, Any]] = [{"rule": "V11"}, {"state": "confirmed"}, {"severity": "gap"}, {"day": "2026-03-17"}]
    for other in others:
        assert (await portal.get("/operator/verdicts", headers=operator, **other)).json()["items"] == []
    stranger = portal.tokens.headers(uuid4(), roles=["operator"], supplier="other")
    assert (await portal.get("/operator/verdicts", headers=stranger)).json()["items"] == []
    assert (await portal.get("/operator/verdicts")).status_code == 403
    path = f"/points/{portal.place.point_id}/verdicts"
    dates: dict[str, Any] = {"start": "2026-03-18", "end": "2026-03-19"}
    (seen,) = (await portal.get(path, **dates)).json()["items"]
    assert {name: item[name] for name in seen} == seen


async def test_a_page_of_verdicts_goes_on_where_the_one_before_ended(days: Days):
    await days.take([400, 410, *([500] * 12), 400, 410, *([600] * 12), *([400, 410] * 10)])
    days.clock.instant = DAY.closes_at(6)
    await days.told()
    operator = days.portal.tokens.headers(uuid4(), roles=["operator"], supplier="demo")
    first = (await days.portal.get("/operator/verdicts", headers=operator, limit=1)).json()
    rest = await days.portal.get("/operator/verdicts", headers=operator, limit=1, cursor=first["next_cursor"])
    starts = [item["starts_at"] for page in (first, rest.json()) for item in page["items"]]
    assert starts == ["2026-03-18T04:00:00Z", "2026-03-17T21:00:00Z"]
    assert rest.json()["next_cursor"] is None
    assert (await days.portal.get("/operator/verdicts", headers=operator, cursor="x")).status_code == 422


async def test_a_reading_that_comes_after_a_day_was_closed_is_judged(days: Days):
    """The clock was six minutes slow at midnight, of which the reading told when the day had long been closed."""
    await days.take([300 + 10 * (slot % 7) for slot in range(48)])
    days.clock.instant = DAY.closes_at(6)
    await days.told()
    late = days.portal.place.snapshot(DAY.ends_at - MINUTE, ("sum", 1_000), drift_seconds=-360.0)
    for _ in range(2):
        await days.portal.chain.take(REGISTER_SNAPSHOTS, late)
        days.clock.instant += 2 * MINUTE
        found = await days.told()
    assert [day.slots_valid for day in found] == [48, 0]
    assert await verdicts(days) == [("V08", "drift", "open", -360, 300)]


async def test_a_limit_is_set_from_a_day_on_and_asked_for_with_the_day(days: Days, settings: Settings):
    parser = ArgumentParser()
    LIMIT.add_arguments(parser)
    chosen = ["V12.half_hours", "20", "--from", DAY.day.isoformat(), "--supplier", "demo", "--source", "order 7"]
    for _ in range(2):
        await LIMIT.run(settings, parser.parse_args(chosen))
    await days.take(STUCK)
    days.clock.instant = max(DAY.closes_at(6), datetime.now(UTC))
    assert (await days.told())[0].slots_valid == 48
    assert "V12" not in {rule for rule, *_ in await verdicts(days)}


async def test_what_is_found_on_one_day_has_a_later_one_looked_at_again(days: Days):
    """Both days end and begin with the same load, but the first one came last."""
    tomorrow = DAY.ends_at
    ending, beginning = [400, 410] * 20 + [500] * 8, [500] * 6 + [400, 410] * 21
    days.clock.instant = DAY.closes_at(6) + timedelta(days=1)
    await days.take(beginning, start=tomorrow, polled_at=tomorrow + timedelta(days=1))
    days.clock.instant += 2 * MINUTE
    assert [day.slots_valid for day in await days.told()] == [48]
    await days.take(ending)
    days.clock.instant += 2 * MINUTE
    await days.told()
    await days.told()
    assert await verdicts(days) == [("V12", "a_plus", "open", 14, 12)]
    assert [(day.revision, day.slots_valid) for day in await days.told()] == [(1, 48), (1, 48), (2, 42)]


class KilledError(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("written", [False, True])
async def test_what_is_decided_is_stored_before_the_supplier_hears_of_it(
    days: Days, monkeypatch: pytest.MonkeyPatch, written: bool
):
    """INVARIANT: the supplier is told of each decision once, in the version that the store has, whatever is killed."""

    async def killed(*arguments: Any, **options: Any) -> int:
        if written:
            await write_values(*arguments, **options)
        raise KilledError

    await days.take(STUCK)
    days.clock.instant = DAY.closes_at(6)
    with monkeypatch.context() as patched:
        patched.setattr("metering.own_values.write_values", killed)
        with pytest.raises(KilledError):
            await days.told()
    assert await days.told_versions() == []

    days.clock.instant += MINUTE
    (day,) = await days.told()
    decided = {DAY.slots[number]: day.versions[number] for number in range(30, 48)}
    assert await days.told_versions() == sorted(decided.items())
    days.clock.instant += MINUTE
    await days.told()
    assert await days.told_versions() == sorted(decided.items())
    slots = await read_slots(days.portal.chain.store.engine, [day.point_id], start_epoch=0, end_epoch=2**31)
    stored = {start: slot.version for start, slot in slots[day.point_id].items() if is_decided(slot.version)}
    assert stored == decided
