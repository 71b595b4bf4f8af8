"""Telemetry in, verdicts and qualities out, over the real engine and database."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from tests.service.metering.days import DAY, MINUTE, START, Days
from tests.unit.metering.telemetry import HALF_HOUR

from topics.poller import REGISTER_SNAPSHOTS
from topics.quality import is_decided
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
