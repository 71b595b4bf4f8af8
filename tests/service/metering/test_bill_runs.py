"""Bill runs: what is known before a cut-off belongs to the period, what comes later is a correction of the next one."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.service.metering.days import DAY, MINUTE, START, Days
from tests.service.metering.workers import LOADS, answered, operator, receipt
from tests.unit.metering.telemetry import HALF_HOUR

from common import db
from common.errors import Conflict, Rejected
from common.migrate import migrate
from metering.domain.own_versions import OwnVersion
from metering.resources import MIGRATIONS
from metering.settings import Settings
from metering.settlement import billed, inbox
from metering.store.days import write_values
from topics.inbox import BillRun, SupplierDocument
from topics.quality import Quality, billed_version, decided_version, persons_version

FORMER = (
    """
    insert into ledger_days (point_id, day, ends_at, revision) select :point, '2026-03-18', now(), 2
    """,
    """
    insert into ledger_revisions (point_id, day, revision, digest, state, reason, closed_at, slots_expected,
        slots_received, slots_valid, slots_estimated, slots_missing, sums_wh, register_differences_wh, residuals_wh,
        tolerances_wh, verdict)
    select :point, '2026-03-18', n, 'd', 'complete', 'closed', now(), 48, 48, 48, 0, 0, '{}', '{}', '{}', '{}', 'agrees'
    from generate_series(1, 2) as n
    """,
    """
    insert into ledger_receipts (point_id, day, revision, version, digest, state, used_in_period, received_at)
    select :point, '2026-03-18', n, 1, 'd', 'confirmed', '2026-03-01', now() from generate_series(1, 2) as n
    """,
)
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


def bill_run(cut_off_at: datetime, *, period: date = MARCH, version: int = 1, **changes: Any) -> SupplierDocument:
    body = BillRun(period=period, cut_off_at=cut_off_at, annulled=changes.pop("annulled", False))
    content: dict[str, Any] = {"contract_number": "*", "document_id": "run", "version": version, "body": body}
    return SupplierDocument(**content | changes)


async def closed(days: Days) -> Any:
    await days.take(LOADS)
    days.clock.instant = DAY.closes_at(6)
    return (await days.told())[-1]


async def test_what_comes_after_the_cut_off_lands_in_the_next_open_period(days: Days, worker: Any):
    """INVARIANT: a bill's period is cut off once: a later revision says which period it corrects and where it lands."""
    first = await closed(days)
    assert (first.lands_in_period, first.corrects_period) == (MARCH, None)
    cut_off = days.clock.instant + timedelta(hours=1)
    await inbox.take_document(worker, "demo", bill_run(cut_off))
    await inbox.take_document(worker, "demo", bill_run(cut_off))
    await inbox.take_document(worker, "other", bill_run(cut_off - timedelta(days=9)))
    await days.take([501], polled_at=DAY.ends_at + MINUTE)
    before = (await days.told())[-1]
    assert (before.revision, before.lands_in_period, before.change) == (2, MARCH, "measured")
    days.clock.instant = cut_off
    await days.take([600], start=START + 47 * HALF_HOUR)
    late = (await days.told())[-1]
    assert (late.revision, late.reason, late.change) == (3, "late", "late")
    assert (late.lands_in_period, late.corrects_period) == (APRIL, MARCH)
    a_plus = late.sums[0]
    assert (a_plus.previous_wh, a_plus.sum_wh, a_plus.delta_wh) == (sum(LOADS) + 1, sum(LOADS) + 601, 600)
    await inbox.take_document(worker, "demo", bill_run(cut_off + 2 * MINUTE, period=APRIL))
    days.clock.instant = cut_off + timedelta(hours=1)
    await days.take([601], start=START + 47 * HALF_HOUR, polled_at=DAY.ends_at + MINUTE)
    later = (await days.told())[-1]
    assert (later.lands_in_period, later.corrects_period) == (MAY, MARCH)
    answer = await days.portal.get(
        f"/points/{days.portal.place.point_id}/days",
        start=DAY.day.isoformat(),
        end=(DAY.day + timedelta(days=1)).isoformat(),
    )
    (shown,) = answer.json()["items"]
    assert (shown["lands_in_period"], shown["corrects_period"], shown["change"]) == (
        "2026-05-01",
        "2026-03-01",
        "measured",
    )


async def test_a_cut_off_that_contradicts_what_was_told_is_refused(days: Days, worker: Any):
    """INVARIANT: to which period a revision belongs is told once and stays true."""
    told_at = DAY.closes_at(6)
    await closed(days)
    with pytest.raises(Conflict) as refused:
        await inbox.take_document(worker, "demo", bill_run(told_at))
    assert refused.value.code == "cut_off_passed"
    await inbox.take_document(worker, "demo", bill_run(told_at + MINUTE))
    days.clock.instant = told_at + 2 * MINUTE
    await days.take([600], start=START + 47 * HALF_HOUR)
    assert (await days.told())[-1].corrects_period == MARCH
    hour_later = bill_run(told_at + timedelta(hours=1), version=2)
    for document in (hour_later, bill_run(told_at + MINUTE, version=2, annulled=True)):
        with pytest.raises(Conflict):
            await inbox.take_document(worker, "demo", document)
    await inbox.take_document(worker, "demo", bill_run(told_at + timedelta(seconds=90), version=2))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"period": date(2026, 3, 2)}, "invalid_period"),
        ({"period": date(1999, 3, 1)}, "invalid_period"),
        ({"contract_number": "1"}, "not_of_all_contracts"),
        ({"cut_off_at": datetime(1, 1, 1, tzinfo=UTC)}, "invalid_instant"),
    ],
)
async def test_a_bill_run_that_cannot_be_is_refused(worker: Any, changes: dict[str, Any], code: str):
    content = {"cut_off_at": DAY.ends_at} | changes
    with pytest.raises(Rejected) as refused:
        await inbox.take_document(worker, "demo", bill_run(**content))
    assert refused.value.code == code


async def test_one_version_with_another_content_is_refused_and_an_older_one_changes_nothing(days: Days, worker: Any):
    await inbox.take_document(worker, "demo", bill_run(DAY.ends_at, version=2))
    await inbox.take_document(worker, "demo", bill_run(DAY.ends_at + MINUTE, version=1))
    with pytest.raises(Rejected, match="another content"):
        await inbox.take_document(worker, "demo", bill_run(DAY.ends_at + MINUTE, version=2))
    async with days.portal.engine.connect() as connection:
        assert (await connection.execute(text("select version, cut_off_at from bill_runs"))).all() == [(2, DAY.ends_at)]


async def test_an_operator_announces_moves_and_sees_the_own_suppliers_bill_runs(days: Days):
    """INVARIANT: an operator reaches the own supplier's bill runs alone."""
    portal = days.portal
    headers = operator(portal)

    async def announce(cut_off_at: str | None, key: str) -> Any:
        body = {"period": "2026-03-01", "cut_off_at": cut_off_at}
        url = "/api/v1/operator/bill-runs"
        return await portal.client.post(url, json=body, headers=headers | {"Idempotency-Key": key})

    first = await announce("2026-04-03T20:00:00Z", "one")
    assert (first.status_code, first.json()["version"]) == (201, 1)
    assert (await announce("2026-04-03T20:00:00Z", "one")).json() == first.json()
    assert (await announce("2026-04-04T20:00:00Z", "two")).json()["version"] == 2
    assert (await announce(None, "three")).json()["cut_off_at"] is None
    assert (await announce("0001-01-01T00:00:00+14:00", "four")).json()["code"] == "invalid_instant"
    listed = (await portal.client.get("/api/v1/operator/bill-runs", headers=headers)).json()
    assert [(each["period"], each["version"]) for each in listed["items"]] == [("2026-03-01", 3)]
    others = await portal.client.get("/api/v1/operator/bill-runs", headers=operator(portal, "other"))
    assert others.json() == {"items": [], "next_cursor": None}
    consumer = portal.tokens.headers(portal.consumer_id)
    assert (await portal.client.get("/api/v1/operator/bill-runs", headers=consumer)).status_code == 403


async def test_what_a_bill_used_is_marked_revenue_and_only_a_decision_changes_it(days: Days, worker: Any):
    """INVARIANT: a half hour of a closed bill is not replaced by telemetry; the values stay, and billing is told."""
    day = await closed(days)
    await inbox.take_document(worker, "demo", receipt(day.point_id, day.digest, used_in_period=MARCH))
    assert await billed.step(worker)
    assert not await billed.step(worker)
    days.clock.instant += MINUTE
    told = (await days.told())[-1]
    assert (told.revision, told.change, told.sums[0].delta_wh) == (2, "billed", 0)
    assert {each.value for each in told.quality} == {"REVENUE", "GAP"}
    assert [version for _, version in await days.told_versions()] == told.versions[:47]
    await inbox.take_document(worker, "demo", receipt(day.point_id, told.digest, revision=2, used_in_period=MARCH))
    assert await billed.step(worker)
    await days.take([700, 710] * 24, polled_at=DAY.ends_at + 5 * MINUTE)
    late = (await days.told())[-1]
    assert (late.revision, late.change, late.sums[0].delta_wh) == (3, "late", 710), "only the gap could be filled"
    assert decided_version(days.clock.instant, over=day.versions[0]) < late.versions[0]
    assert persons_version(START, over=late.versions[0]) > late.versions[0]
    (shown,) = await answered(days.portal)
    assert (shown["receipt"]["state"], shown["billed"]) == ("awaited", {"revision": 2, "period": "2026-03-01"})


async def test_what_a_rule_or_a_person_decided_is_marked_too_when_a_bill_used_it(days: Days, worker: Any):
    """INVARIANT: REVENUE is what a closed bill used, whoever decided on it; what is still questioned is not."""
    await days.take([500] * 48)
    days.clock.instant = DAY.closes_at(6)
    (questioned,) = await days.told()
    assert set(questioned.quality) == {"QUESTIONED"}
    place, now = days.portal.place, days.clock.instant
    accepted, edited, good = (
        OwnVersion(
            point_id=place.point_id,
            meter_id=place.meter_id,
            start=DAY.slots[number],
            energies=(500, 500, 500, 500),
            ratio=1,
            quality=quality,
            flags=0,
            version=make(now, over=questioned.versions[number]),
        )
        for number, quality, make in (
            *((0, Quality.ACCEPTED, persons_version), (1, Quality.EDITED, persons_version)),
            (2, Quality.VALID, decided_version),
        )
    )
    values = [accepted, edited, good]
    await days.portal.chain.steps.own_versions(values)
    days.clock.instant += MINUTE
    billed_day = (await days.told())[-1]
    used = receipt(place.point_id, billed_day.digest, revision=billed_day.revision, used_in_period=MARCH)
    await inbox.take_document(worker, "demo", used)
    assert await billed.step(worker)
    days.clock.instant += MINUTE
    told = (await days.told())[-1]
    assert (told.revision, told.change) == (3, "billed")
    assert told.quality[:4] == ["REVENUE"] * 2 + ["QUESTIONED"] * 2, "the rule questions the third again"
    assert told.versions[:2] == [billed_version(each.version) for each in values[:2]]


@pytest.mark.parametrize("written", [False, True])
async def test_a_kill_while_billed_half_hours_are_marked_loses_and_doubles_nothing(
    days: Days, worker: Any, monkeypatch: pytest.MonkeyPatch, written: bool
):
    """INVARIANT: what is marked as REVENUE are the values that were billed, each is told once, in one revision."""
    day = await closed(days)
    await inbox.take_document(worker, "demo", receipt(day.point_id, day.digest, used_in_period=MARCH))

    async def killed(*arguments: Any, **options: Any) -> int:
        if written:
            await write_values(*arguments, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("metering.own_values.write_values", killed)
        with pytest.raises(KeyboardInterrupt):
            await billed.step(worker)
    assert await days.told_versions() == []
    await days.take([600], start=START + 47 * HALF_HOUR)
    assert not await billed.step(worker)
    told = (await days.told())[-1]
    assert (told.revision, told.quality) == (2, ["REVENUE"] * 47 + ["VALID"]), "the late half hour was in no bill"
    assert [version for _, version in await days.told_versions()] == told.versions[:47]
    days.clock.instant += MINUTE
    assert len(await days.told()) == 2
    assert len(await days.told_versions()) == 47


async def test_a_day_that_changed_since_it_was_billed_is_not_marked(days: Days, worker: Any):
    day = await closed(days)
    await days.take([501], polled_at=DAY.ends_at + MINUTE)
    await days.told()
    await inbox.take_document(worker, "demo", receipt(day.point_id, day.digest, used_in_period=MARCH))
    assert await billed.step(worker)
    days.clock.instant += MINUTE
    assert (await days.told())[-1].revision == 2
    assert await days.told_versions() == []


async def test_what_was_billed_before_there_were_bill_runs_gets_its_period_and_is_marked(
    new_database: Any, tmp_path: Path
):
    for file in sorted(MIGRATIONS.glob("00*.py")):
        if file.name < "0020":
            (tmp_path / file.name).write_text(file.read_text())
    url, point = await new_database(), uuid4()
    await migrate(url, tmp_path)
    async with db.open_engine(Settings.model_validate({"database_url": url})) as engine:
        async with engine.begin() as connection:
            for statement in FORMER:
                await connection.execute(text(statement), {"point": point})
        await migrate(url, MIGRATIONS)
        async with engine.connect() as connection:
            landed = await connection.execute(text("select distinct lands_in_period from ledger_revisions"))
            assert landed.scalars().all() == [MARCH]
            marked = await connection.execute(text("select revision from ledger_receipts where to_be_marked"))
            assert marked.scalars().all() == [2]
