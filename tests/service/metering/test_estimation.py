"""Gaps that are estimated at the closing hour, published, and replaced when the actual values come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.service.metering.conftest import Portal, registry_file
from tests.service.metering.days import DAY, MINUTE, START, Days
from tests.unit.metering.telemetry import HALF_HOUR, Place, entry

from metering.closing.estimation import Estimator
from metering.closing.ledger import Ledger
from metering.closing.review import Review
from metering.domain.local_days import instant
from metering.domain.registry import Registry
from metering.registry_cache import RegistryCache
from metering.repository import estimates, ledger
from metering.service import load_registry_file
from metering.settings import Settings
from topics.metering import ALARMS, Alarm
from topics.poller import INTERVAL_BLOCKS, JOURNAL_ENTRIES, REGISTER_SNAPSHOTS
from topics.quality import Quality, is_decided
from topics.supplier_days import SupplierDay

GAP = slice(20, 30)


def uneven(load: int, count: int) -> list[int]:
    """Return loads of which no two in a row are equal: a meter that says the same for hours is doubted."""
    return [load + 2 * (number % 2) for number in range(count)]


@dataclass
class Estimated:
    """One point whose days are closed by hand, with estimates."""

    days: Days
    estimator: Estimator

    @property
    def portal(self) -> Portal:
        return self.days.portal

    async def history(self, loads: Sequence[int] = (300, 330, 345)) -> None:
        """Let the working days before DAY come: the 17th, the 16th and the 13th."""
        for load, number in zip(loads, (1, 2, 5), strict=True):
            await self.days.take(uneven(load, 48), start=START - timedelta(days=number))

    async def gap(self, *, polled_at: Any = None) -> None:
        """Let DAY come with ten half hours missing, read past them."""
        values: list[int | None] = [*uneven(500, 48)]
        values[GAP] = [None] * 10
        await self.days.take(values, **({} if polled_at is None else {"polled_at": polled_at}))

    async def closed(self) -> list[SupplierDay]:
        """Come to the closing hour; return what was told of DAY."""
        self.days.clock.instant = max(self.days.clock.instant, DAY.closes_at(6))
        return [day for day in await self.days.told() if day.day == DAY.day]

    async def alarms(self) -> list[Alarm]:
        async with self.portal.engine.connect() as connection:
            rows = await connection.execute(text("select topic, payload from outbox order by id"))
            return [ALARMS.decode(row.payload, ALARMS.headers()) for row in rows if row.topic == ALARMS.name]

    async def kept(self) -> list[Any]:
        async with self.portal.engine.connect() as connection:
            query = text("select * from estimates where start_at >= :start order by start_at, version")
            return list(await connection.execute(query, {"start": START}))

    async def versions(self, number: int) -> list[dict[str, Any]]:
        start = instant(DAY.start_epoch) + number * HALF_HOUR
        path = f"/points/{self.portal.place.point_id}/intervals/history"
        items: list[dict[str, Any]] = (await self.portal.get(path, start=start.isoformat())).json()["items"]
        return items


@pytest.fixture
async def estimated(days: Days, settings: Settings) -> Estimated:
    engine, store = days.portal.engine, days.portal.chain.store.engine
    registry = RegistryCache(settings, engine)
    await registry.refresh()
    estimator = Estimator(settings, engine=engine, store=store, registry=registry)
    review = Review(engine=engine, store=store, fill=estimator)
    days.ledger = Ledger(settings, engine=engine, review=review, registry=registry, clock=days.clock)
    return Estimated(days, estimator)


async def test_a_gap_is_estimated_published_and_replaced_by_the_actual_with_its_delta(estimated: Estimated):
    """INVARIANT: an estimate never stands in the way of the actual value, and nothing of either is lost."""
    await estimated.history()
    await estimated.gap()
    (day,) = await estimated.closed()
    assert (day.revision, day.state, day.slots_estimated, day.slots_missing) == (1, "complete", 10, 0)
    assert [quality.value for quality in day.quality[GAP]] == ["HISTORY"] * 10
    assert day.a_plus_wh[GAP] == uneven(325, 10)
    (kept,) = await estimated.kept()
    assert (kept.method, kept.inputs) == ("E5", {"days": ["2026-03-17", "2026-03-16", "2026-03-13"]})
    assert kept.back_test["days"] == 0
    # A further look finds nothing new.
    assert await estimated.closed() == [day]

    await estimated.days.take(uneven(400, 10), start=START + 20 * HALF_HOUR)
    estimated.days.clock.instant += MINUTE
    corrected = (await estimated.closed())[-1]

    assert (corrected.revision, corrected.slots_estimated, corrected.a_plus_wh[GAP]) == (2, 0, uneven(400, 10))
    assert corrected.sums[0].delta_wh == 10 * (400 - 325)
    (alarm,) = await estimated.alarms()
    assert (alarm.kind, alarm.point_id) == ("estimate_replaced", estimated.portal.place.point_id)
    assert alarm.details == {
        "point": str(estimated.portal.place.point_id),
        "day": "2026-03-18",
        "half_hours": 10,
        "methods": "E5",
        "estimated_wh": 2 * sum(uneven(325, 10)),
        "actual_wh": 2 * sum(uneven(400, 10)),
    }
    assert (await estimated.kept())[0].replaced_at is not None
    now, former = await estimated.versions(20)
    assert (now["quality"], now["source"], former["quality"], former["source"], former["method"]) == (
        *("VALID", "meter", "HISTORY", "estimate", "E5"),
    )
    assert former["inputs"] == kept.inputs
    await estimated.closed()
    assert len(await estimated.alarms()) == 1


async def test_registers_on_both_sides_make_the_sum_of_a_gap_exact(estimated: Estimated):
    await estimated.history()
    await estimated.gap()
    for number, value in ((20, 10_000), (30, 14_001)):
        at = START + number * HALF_HOUR
        await estimated.portal.chain.take(REGISTER_SNAPSHOTS, estimated.portal.place.snapshot(at, ("sum", value)))
    (day,) = await estimated.closed()
    assert [quality.value for quality in day.quality[GAP]] == ["DERIVED"] * 10
    assert sum(value or 0 for value in day.a_plus_wh[GAP]) == 4_001
    assert {kept.method for kept in await estimated.kept()} == {"E3"}


async def test_nothing_was_used_while_the_meter_was_off(estimated: Estimated):
    """The outage from 09:50 to 15:10 covers ten half hours; the meter's clock is an hour behind the point's."""
    await estimated.gap()
    records = (entry("01", "2026-03-01T00:00:00", "2026-03-18T08:50:00"), entry("01", "2026-03-18T14:10:00"))
    await estimated.portal.chain.take(JOURNAL_ENTRIES, estimated.portal.place.journal(*records, polled_at=DAY.ends_at))
    (day,) = await estimated.closed()
    assert [
        (value, quality.value, flags)
        for value, quality, flags in zip(day.a_plus_wh[GAP], day.quality[GAP], day.flags[GAP], strict=True)
    ] == [(0, "VALID", 4)] * 10
    # The actual, whenever it was read, takes the place of the zero.
    await estimated.days.take(uneven(7, 10), start=START + 20 * HALF_HOUR, polled_at=DAY.ends_at)
    estimated.days.clock.instant += MINUTE
    assert (await estimated.closed())[-1].a_plus_wh[GAP] == uneven(7, 10)


async def test_while_a_silent_meter_may_still_bring_its_archive_nothing_is_estimated(estimated: Estimated):
    """E0: asked first. The day closes with its gap; when the archive is given up it goes out again, estimated."""
    await estimated.history()
    await estimated.days.take(uneven(500, 20))
    (day,) = await estimated.closed()
    assert (day.state, day.slots_missing, day.slots_estimated) == ("incomplete", 28, 0)
    estimated.days.clock.instant = DAY.closes_at(6) + timedelta(hours=24)
    async with estimated.portal.engine.begin() as connection:
        now = estimated.days.clock.instant
        due = await estimates.take_due_looks(connection, now=now, limit=10)
        assert (estimated.portal.place.point_id, DAY.day) in due
        await ledger.look_again(connection, due, now=now)
    later = (await estimated.closed())[-1]
    assert (later.revision, later.slots_missing, later.slots_estimated) == (2, 0, 28)


async def test_before_the_closing_hour_nothing_is_estimated(estimated: Estimated):
    await estimated.history()
    await estimated.gap()
    estimated.days.clock.instant = DAY.closes_at(6) - MINUTE
    await estimated.days.told()
    assert await estimated.kept() == []


async def test_a_kill_before_the_values_are_written_gives_the_same_versions(
    estimated: Estimated, monkeypatch: pytest.MonkeyPatch
):
    """INVARIANT: the same inputs give the same estimate with the same key, whatever is killed in between."""
    await estimated.history()
    await estimated.gap()

    async def killed(_engine: Any, values: Sequence[Any], **_: Any) -> None:
        if any(value.start >= DAY.start_epoch for value in values):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("metering.own_values.write_values", killed)
        with pytest.raises(KeyboardInterrupt):
            await estimated.closed()
    before = await estimated.kept()
    assert before
    estimated.days.clock.instant += 5 * MINUTE
    (day,) = await estimated.closed()
    assert [(kept.id, kept.version) for kept in await estimated.kept()] == [(k.id, k.version) for k in before]
    assert set(day.versions[GAP]) <= {kept.version for kept in before}
    assert day.slots_estimated == 10


async def test_registers_that_come_later_better_the_estimate_and_tell_nobody_of_an_actual(estimated: Estimated):
    await estimated.history()
    await estimated.gap()
    await estimated.closed()
    for number, value in ((20, 10_000), (30, 14_001)):
        at = START + number * HALF_HOUR
        await estimated.portal.chain.take(REGISTER_SNAPSHOTS, estimated.portal.place.snapshot(at, ("sum", value)))
    estimated.days.clock.instant += timedelta(hours=6)
    async with estimated.portal.engine.begin() as connection:
        now = estimated.days.clock.instant
        due = await estimates.take_due_looks(connection, now=now, limit=10)
        await ledger.look_again(connection, due, now=now)
    better = (await estimated.closed())[-1]
    assert [quality.value for quality in better.quality[GAP]] == ["DERIVED"] * 10
    assert await estimated.alarms() == []
    first, *_ = await estimated.kept()
    assert first.replaced_at is not None


async def test_an_estimate_rests_on_no_estimate(estimated: Estimated):
    """INVARIANT: neither a like day nor a neighbour is an estimate."""
    await estimated.history()
    await estimated.gap()
    await estimated.closed()
    assert not any(is_decided(kept.version) for kept in await estimated.kept())
    async with estimated.portal.engine.connect() as connection:
        point = estimated.portal.place.point_id
        (kept,) = await estimates.open_estimates(connection, [point], start=DAY.start_epoch, end=DAY.end_epoch)
    assert (kept.quality, kept.start, set(kept.energies.values())) == (
        Quality.HISTORY,
        DAY.start_epoch + 20 * 1_800,
        {(325,) * 4, (327,) * 4},
    )


async def test_a_control_meter_tells_what_the_other_did_not(estimated: Estimated):
    """E1: the file says which point's meter checks which; what it counted is CONTROL."""
    place, other = estimated.portal.place, Place(serial="41888841")
    mine, theirs = (registry_file(each) for each in (place, other))
    control = {
        "id": uuid4(),
        "point_id": place.point_id,
        "control_point_id": other.point_id,
        "valid_from": "2026-01-01T00:00:00+04:00",
    }
    both = registry_file(
        other,
        points=[*mine.points, *theirs.points],
        meters=theirs.meters,
        controls=[control],
    )
    async with estimated.portal.engine.begin() as connection:
        for _ in range(2):
            await load_registry_file(connection, both)
    estimated.portal.chain.registry = Registry.of([place.installed(), other.installed()], {})
    await estimated.gap()
    await estimated.portal.chain.take(INTERVAL_BLOCKS, other.block(uneven(777, 48), start=START, polled_at=DAY.ends_at))
    day = (await estimated.closed())[-1]
    assert [quality.value for quality in day.quality[GAP]] == ["CONTROL"] * 10
    assert day.a_plus_wh[GAP] == uneven(777, 10)
    (kept,) = await estimated.kept()
    assert (kept.method, kept.inputs) == ("E1", {"control_point": str(other.point_id)})


async def test_the_law_stands_in_where_nothing_was_measured_by_the_rule_of_the_supplier(estimated: Estimated):
    """E7: without readings of three months a household gets the norm, by the rule that holds on the day."""
    rule = {
        "consumer_kind": "household",
        "valid_from": "2024-01-01",
        "norm_wh_per_month": 321_000,
        "document": "ПП 354, п. 59, 60",
    }
    former = {**rule, "valid_from": "2020-01-01", "valid_to": "2024-01-01", "norm_wh_per_month": 1}
    async with estimated.portal.engine.begin() as connection:
        await load_registry_file(
            connection,
            registry_file(estimated.portal.place, substitutions=[rule, former], endpoints=[], installations=[]),
        )
    await estimated.days.take([500], start=START - timedelta(minutes=30))
    await estimated.days.take([500], start=START + timedelta(days=1), polled_at=DAY.ends_at + timedelta(minutes=30))
    day = (await estimated.closed())[-1]
    told = [(value, quality.value) for value, quality in zip(day.a_plus_wh, day.quality, strict=True)]
    # 07:00 of a working day is 48 thousandths of 32,100 in March, 10 Wh each.
    assert told[14:16] == [(240, "LEGAL")] * 2
    assert {kept.parameters["document"] for kept in await estimated.kept() if kept.method == "E7"} == {
        "ПП 354, п. 59, 60"
    }
