"""Days that close, are corrected and are told to the supplier, over the real engine and database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.service.metering.conftest import registry_file
from tests.service.metering.days import DAY, MINUTE, START, Days
from tests.service.metering.workers import DATES, operator
from tests.unit.metering.telemetry import HALF_HOUR, Place

from metering.service import load_registry_file
from metering.settlement import replay
from topics.poller import REGISTER_SNAPSHOTS
from topics.supplier_days import day_digest


async def test_a_complete_day_closes_when_the_registers_after_it_are_there(days: Days):
    """INVARIANT: for each closed day sum, register difference, tolerance and verdict are stored and published."""
    place = days.portal.place
    await days.take([500] * 48)
    assert await days.told() == []
    for at, value in ((START, 10_000), (DAY.ends_at, 34_000)):
        await days.portal.chain.take(REGISTER_SNAPSHOTS, place.snapshot(at, ("sum", value)))
    days.clock.instant += MINUTE
    (day,) = await days.told()
    assert (day.point_id, day.day, day.revision, day.state, day.reason) == (
        *(place.point_id, DAY.day, 1, "complete", "closed"),
    )
    assert (day.sums[0].sum_wh, day.sums[0].residual_wh, day.verdict) == (24_000, 0, "agrees")
    assert day.digest == day_digest(day)
    async with days.portal.engine.connect() as connection:
        stored = (await connection.execute(text("select * from ledger_revisions"))).mappings().one()
    assert (stored["digest"], stored["verdict"], stored["residuals_wh"][0]) == (day.digest, "agrees", 0)


async def test_a_reading_that_comes_after_the_closing_is_the_next_revision_and_is_replayed_as_it_was_said(
    days: Days, worker: Any
):
    """INVARIANT: no verdict of a closed day changes in silence."""
    place = days.portal.place
    await days.take([500, 510] * 24)
    await days.portal.chain.take(REGISTER_SNAPSHOTS, place.snapshot(START, ("sum", 10_000)))
    days.clock.instant = DAY.closes_at(6)
    (first,) = await days.told()
    assert (first.verdict, first.former_registers) == ("no_registers", None)
    for _ in range(2):
        await days.portal.chain.take(REGISTER_SNAPSHOTS, place.snapshot(DAY.ends_at, ("sum", 34_245)))
        days.clock.instant += 2 * MINUTE
        second = (await days.told())[-1]
    assert (second.revision, second.change, second.verdict) == (2, "registers", "agrees")
    assert (second.previous_digest, second.sums[0].residual_wh, second.sums[0].delta_wh) == (first.digest, 5, 0)
    assert second.former_registers is not None
    assert second.former_registers.verdict == "no_registers"
    await worker.registry.refresh()
    assert (await ask_days(days)).status_code == 202
    assert await replay.step(worker)
    assert worker.publisher.messages == [second]


async def test_a_day_waits_for_the_half_hour_in_which_its_last_reading_was_taken(days: Days):
    """Until that is known the reading may differ by as much as is physically possible: that would judge nothing."""
    place, after = days.portal.place, DAY.ends_at + MINUTE
    await days.take([500, 510] * 24)
    for at, value in ((START, 10_000), (after, 34_260)):
        await days.portal.chain.take(REGISTER_SNAPSHOTS, place.snapshot(at, ("sum", value)))
    days.clock.instant += 2 * MINUTE
    assert await days.told() == []
    days.clock.instant = DAY.ends_at + HALF_HOUR
    await days.take([600], start=DAY.ends_at, polled_at=days.clock.instant)
    days.clock.instant += MINUTE
    (day,) = await days.told()
    assert (day.revision, day.verdict, day.sums[0].tolerance_wh) == (1, "agrees", 25 + 600)
    await days.take([700], start=DAY.ends_at, polled_at=days.clock.instant)
    days.clock.instant += MINUTE
    corrected = (await days.told())[-1]
    assert (corrected.revision, corrected.change, corrected.sums[0].tolerance_wh) == (2, "registers", 25 + 700)


async def test_an_incomplete_day_closes_at_six_of_the_next_and_says_what_is_missing(days: Days):
    await days.take([500] * 40)
    days.clock.instant = DAY.closes_at(6) - MINUTE
    assert await days.told() == []
    days.clock.instant = DAY.closes_at(6)
    (day,) = await days.told()
    assert (day.state, day.slots_missing, day.verdict) == ("incomplete", 8, "no_registers")


async def test_late_half_hours_give_the_next_revision_and_repeats_give_none(days: Days):
    """INVARIANT: each change of a closed day is told once, whatever is repeated and in whatever order."""
    await days.take([500] * 40)
    days.clock.instant = DAY.closes_at(6)
    first = (await days.told())[0]
    for _ in range(2):
        await days.take([600] * 8, start=START + 40 * HALF_HOUR)
        await days.take([500] * 40)
    found = await days.told()
    await days.take([500] * 40 + [600] * 8)
    assert await days.told() == found
    assert [(day.revision, day.reason, day.previous_digest) for day in found] == [
        (1, "closed", None),
        (2, "late", first.digest),
    ]
    assert found[1].sums[0].delta_wh == 8 * 600
    # Read again later from the meter: a newer version of the same value says nothing new.
    await days.take([500] * 40, polled_at=DAY.ends_at + 2 * MINUTE)
    assert await days.told() == found
    await days.take([501], polled_at=DAY.ends_at + 3 * MINUTE)
    corrected = (await days.told())[-1]
    assert (corrected.revision, corrected.reason, corrected.sums[0].delta_wh) == (3, "changed", 1)


async def test_a_kill_before_the_commit_repeats_the_revision_and_after_it_does_not(
    days: Days, monkeypatch: pytest.MonkeyPatch
):
    """INVARIANT: a kill at any moment neither loses nor doubles a revision."""
    await days.take([500, 510] * 24)
    days.clock.instant = DAY.closes_at(6)

    async def killed(*_: Any) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr("metering.closing.ledger.outbox.add_all", killed)
        with pytest.raises(asyncio.CancelledError):
            await days.ledger.turn()
    assert [day.revision for day in await days.told()] == [1]
    assert [day.revision for day in await days.told()] == [1]


async def test_what_comes_while_a_day_is_being_closed_is_not_forgotten(days: Days, monkeypatch: pytest.MonkeyPatch):
    await days.take([500] * 40)
    days.clock.instant = DAY.closes_at(6)
    look_at = days.ledger._look_at

    async def interrupted(*arguments: Any) -> Any:
        looks = await look_at(*arguments)
        await days.take([600] * 8, start=START + 40 * HALF_HOUR)
        return looks

    with monkeypatch.context() as patched:
        patched.setattr(days.ledger, "_look_at", interrupted)
        assert await days.told() == [], "what was read is no longer what is stored"
    (day,) = await days.told()
    assert (day.revision, day.state) == (1, "complete")


async def test_after_a_pause_every_day_is_closed_also_those_of_which_nothing_came(days: Days):
    """INVARIANT: from a point's first day on no day is left out, whether or not anything came."""
    await days.take([500] * 48)
    days.clock.instant = DAY.closes_at(6) + timedelta(days=3)
    found = await days.told()
    assert [(day.day, day.slots_received) for day in found] == [
        (DAY.day + timedelta(days=number), 0 if number else 48) for number in range(4)
    ]
    assert {day.quality[0] for day in found[1:]} == {"GAP"}
    assert await days.told() == found


async def installed_until(days: Days, valid_to: Any) -> None:
    """Load the registry file again with another end of the installation, and let the worker read it."""
    portal = days.portal
    async with portal.engine.begin() as connection:
        row = (await connection.execute(text("select id from installations"))).one()
        (installation,) = registry_file(portal.place).installations
        moved = installation.model_copy(update={"id": row.id, "valid_to": valid_to})
        content = registry_file(portal.place).model_copy(update={"installations": [moved]})
        await load_registry_file(connection, content, now=days.clock.instant)
    await days.ledger._registry.refresh()
    days.clock.instant += 3 * MINUTE


async def test_a_published_day_of_which_the_registry_takes_the_meter_away_is_withdrawn_and_comes_back(
    days: Days, worker: Any
):
    """INVARIANT: what is out of a day is never left standing when the registry says that no meter was there."""
    await days.take([500, 510] * 24)
    days.clock.instant = DAY.closes_at(6)
    (first,) = await days.told()

    await installed_until(days, START)
    withdrawn = (await days.told())[-1]
    assert (withdrawn.revision, withdrawn.reason, withdrawn.change) == (2, "changed", "withdrawn")
    assert (set(withdrawn.quality), withdrawn.slots_expected, withdrawn.slots_received) == ({"GAP"}, 0, 0)
    assert withdrawn.previous_digest == first.digest
    assert withdrawn.contract_id == first.contract_id

    await worker.registry.refresh()
    assert (await ask_days(days)).status_code == 202
    assert await replay.step(worker)
    assert worker.publisher.messages == [withdrawn]

    await installed_until(days, None)
    again = (await days.told())[-1]
    assert (again.revision, again.digest) == (3, first.digest)


async def ask_days(days: Days) -> Any:
    body = {"what": "days", "point_ids": None, **DATES}
    headers = operator(days.portal) | {"Idempotency-Key": "withdrawn"}
    return await days.portal.client.post("/api/v1/operator/replays", json=body, headers=headers)


async def test_a_load_that_moves_no_installation_has_no_day_looked_at(days: Days):
    await days.take([500, 510] * 24)
    days.clock.instant = DAY.closes_at(6)
    await days.told()
    await installed_until(days, None)
    async with days.portal.engine.connect() as connection:
        due = await connection.execute(text("select count(*) from ledger_days where due_at is not null"))
        assert due.scalar_one() == 0


async def test_a_day_that_fails_is_put_off_and_told_of_and_the_others_are_closed(
    days: Days, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """INVARIANT: one bad day keeps no other from being closed."""
    bad = Place(serial="2")
    async with days.portal.engine.begin() as connection:
        await load_registry_file(connection, registry_file(bad), now=days.clock.instant)
        ends = {"point": bad.point_id, "day": DAY.day, "ends": DAY.ends_at}
        await connection.execute(
            text("insert into ledger_days (point_id, day, ends_at, due_at) values (:point, :day, :ends, :ends)"), ends
        )
    await days.ledger._registry.refresh()
    await days.take([500, 510] * 24)
    look = days.ledger._look

    def fail(registry: Any, day: Any, due: Any, *rest: Any) -> Any:
        if due.point_id == bad.point_id:
            raise ValueError("a bad day")
        return look(registry, day, due, *rest)

    monkeypatch.setattr(days.ledger, "_look", fail)
    days.clock.instant = DAY.closes_at(6)
    (told,) = await days.told()
    assert told.point_id == days.portal.place.point_id
    assert "ledger_day.failed" in capsys.readouterr().out
    async with days.portal.engine.connect() as connection:
        (due,) = (await connection.execute(text("select due_at from ledger_days where due_at is not null"))).one()
    assert due == days.clock.instant + timedelta(hours=1)

    monkeypatch.setattr(days.ledger, "_look", look)
    days.clock.instant += timedelta(hours=1)
    assert [each.point_id for each in await days.told()] == [told.point_id, bad.point_id]
