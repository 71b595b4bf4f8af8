"""What billing answers about days, what the page says of it, and what is sent again."""

import asyncio
from argparse import ArgumentParser
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.service.metering.conftest import Portal, registry_file
from tests.service.metering.days import DAY, MINUTE, START, Days
from tests.service.metering.workers import DATES, LOADS, answered, operator, receipt
from tests.unit.metering.telemetry import HALF_HOUR, Place

from common.errors import Rejected
from metering.commands.replay import REPLAY
from metering.errors import UnknownPoint
from metering.resources import Resources
from metering.service import load_registry_file
from metering.settings import Settings
from metering.settlement import inbox, replay
from metering.worker import Workers
from topics.inbox import BalanceStatement, SupplierDocument


async def closed(days: Days) -> Any:
    await days.take(LOADS)
    days.clock.instant = DAY.closes_at(6)
    return (await days.told())[-1]


async def test_the_page_shows_a_day_as_it_was_published_and_what_billing_answered(days: Days, worker: Any):
    """INVARIANT: what a consumer sees of a day and what billing received have the same digest and revision."""
    portal = days.portal
    await days.take(LOADS)
    (opened,) = await answered(portal)
    assert (opened["state"], opened["revision"], opened["digest"], opened["receipt"]) == ("open", None, None, None)
    day = await closed(days)
    (seen,) = await answered(portal)
    assert (seen["digest"], seen["revision"], seen["state"], seen["slots_missing"]) == (day.digest, 1, "incomplete", 1)
    assert seen["receipt"] == {"state": "awaited", "used_in_period": None, "received_at": None}
    await inbox.take_document(worker, "demo", receipt(day.point_id, day.digest))
    used = receipt(day.point_id, day.digest, version=2, used_in_period=date(2026, 3, 1))
    await inbox.take_document(worker, "demo", used)
    await inbox.take_document(worker, "demo", receipt(day.point_id, day.digest))
    (seen,) = await answered(portal)
    assert (seen["receipt"]["state"], seen["receipt"]["used_in_period"]) == ("confirmed", "2026-03-01")
    await days.take([600], start=START + 47 * HALF_HOUR)
    await days.told()
    (seen,) = await answered(portal)
    assert (seen["revision"], seen["receipt"]["state"]) == (2, "awaited"), "the correction has not been answered"


async def test_a_wrong_digest_is_kept_shown_and_raises_the_alarm(
    days: Days, worker: Any, capsys: pytest.CaptureFixture[str]
):
    """INVARIANT: a difference between billing's books and ours is never silent."""
    day = await closed(days)
    await inbox.take_document(worker, "demo", receipt(day.point_id, "0" * 64))
    assert (await answered(days.portal))[0]["receipt"]["state"] == "wrong_digest"
    assert "receipt.wrong_digest" in capsys.readouterr().out
    with pytest.raises(Rejected, match="another content"):
        await inbox.take_document(worker, "demo", receipt(day.point_id, day.digest))
    await inbox.take_document(worker, "demo", receipt(day.point_id, day.digest, version=2))
    assert (await answered(days.portal))[0]["receipt"]["state"] == "confirmed"


async def test_a_receipt_of_what_was_never_published_is_refused(days: Days, worker: Any):
    day = await closed(days)
    for supplier, document in (
        ("demo", receipt(day.point_id, day.digest, revision=2)),
        ("demo", receipt(uuid4(), day.digest)),
        ("other", receipt(day.point_id, day.digest)),
    ):
        with pytest.raises(Rejected) as refused:
            await inbox.take_document(worker, supplier, document)
        assert refused.value.code == "unknown_revision"
    balance = BalanceStatement(amount="1.00", currency="RUB", as_of=START)  # type: ignore[arg-type]
    other = SupplierDocument(contract_number="1", document_id="b", version=1, body=balance)
    await inbox.take_document(worker, "demo", other)


async def test_a_text_that_the_database_cannot_hold_is_refused_and_stalls_no_inbox(days: Days, worker: Any):
    """INVARIANT: no document of a supplier stops the reading of its inbox."""
    day = await closed(days)
    with pytest.raises(Rejected) as refused:
        await inbox.take_document(worker, "demo", receipt(day.point_id, "wrong\x00"))
    assert refused.value.code == "invalid_message"


async def test_a_stranger_sees_no_days_and_a_period_must_have_days(days: Days):
    portal = days.portal
    path = f"/points/{portal.place.point_id}/days"
    stranger = portal.tokens.headers(uuid4())
    assert (await portal.get(path, headers=stranger, **DATES)).status_code == 404
    assert (await portal.get(path, start="2026-03-18", end="2026-03-18")).status_code == 422
    assert (await portal.get(path, start="2024-03-18", end="2026-03-18")).json()["code"] == "period_too_long"


async def ask(portal: Portal, headers: dict[str, str], **changes: Any) -> Any:
    body = {"what": "days", "point_ids": None, **DATES, **changes}
    return await portal.client.post(
        "/api/v1/operator/replays", json=body, headers={"Idempotency-Key": uuid4().hex, **headers}
    )


@pytest.mark.parametrize("what", ["intervals", "days"])
async def test_a_replay_sends_what_is_stored_as_it_was_sent(days: Days, worker: Any, what: str):
    """INVARIANT: half hours and days that are sent again are those that were sent."""
    portal = days.portal
    day = await closed(days)
    answer = await ask(portal, operator(portal), what=what, point_ids=[str(portal.place.point_id)])
    assert answer.status_code == 202
    assert await replay.step(worker)
    assert not await replay.step(worker)
    (message,) = worker.publisher.messages
    if what == "days":
        assert message == day
    else:
        (sent,) = portal.chain.log.supplied()
        assert message == sent
    (listed,) = (await portal.client.get("/api/v1/operator/replays", headers=operator(portal))).json()["items"]
    assert (listed["messages_sent"], listed["done_until"]) == (1, DATES["end"])
    assert listed["finished_at"] is not None


async def test_a_day_that_is_no_longer_as_published_is_corrected_and_not_replayed(days: Days, worker: Any):
    day = await closed(days)
    async with days.portal.engine.begin() as connection:
        await connection.execute(text("update ledger_revisions set digest = repeat('0', 64)"))
    await ask(days.portal, operator(days.portal))
    assert await replay.step(worker)
    assert worker.publisher.messages == []
    days.clock.instant += MINUTE
    assert [each.revision for each in await days.told()] == [1, 2]
    assert (await days.told())[-1].digest == day.digest


async def test_a_replay_of_a_supplier_without_topics_waits_and_stops_nobody_elses(days: Days, worker: Any):
    """INVARIANT: nobody waits for another supplier's topics."""
    day = await closed(days)
    known = worker.registry.current()
    worker.registry._registry = replace(known, without_streams=frozenset({"other"}))
    assert (await ask(days.portal, operator(days.portal, "other"))).status_code == 202
    assert (await ask(days.portal, operator(days.portal))).status_code == 202
    while await replay.step(worker):
        pass
    assert worker.publisher.messages == [day]
    done = "select supplier_code, finished_at is not null from replays order by supplier_code"
    async with days.portal.engine.connect() as connection:
        assert [tuple(row) for row in await connection.execute(text(done))] == [("demo", True), ("other", False)]

    worker.registry._registry = known
    assert await replay.step(worker), "once the topics are there it goes on"


async def test_a_supplier_whose_topic_takes_nothing_holds_up_no_other(days: Days, worker: Any):
    """INVARIANT: nobody waits for another supplier's topics, be they slow or not there."""
    day = await closed(days)
    slow = Place(supplier="other", serial="slow")
    async with days.portal.engine.begin() as connection:
        await load_registry_file(connection, registry_file(slow))
    await worker.registry.refresh()
    assert (await ask(days.portal, operator(days.portal, "other"), what="intervals")).status_code == 202
    assert (await ask(days.portal, operator(days.portal))).status_code == 202
    waited, sent = asyncio.Event(), asyncio.get_running_loop().create_future()

    class Log:
        async def send(self, topic: Any, messages: Any) -> None:
            if topic.name.startswith("supplier-other-"):
                waited.set()
                await asyncio.Event().wait()
            sent.set_result(list(messages))

    @asynccontextmanager
    async def own(given: Any) -> Any:
        yield SimpleNamespace(**vars(given) | {"publisher": Log()})

    running = asyncio.create_task(replay.run(worker, own))
    try:
        async with asyncio.timeout(30):
            await waited.wait()
            assert await sent == [day]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_failed_replay_does_not_stop_the_producer_of_the_pipelines(days: Days, monkeypatch: pytest.MonkeyPatch):
    resources = days.portal.resources
    ran: list[Resources] = []

    async def run(given: Resources, own: Any) -> None:
        async with own(given) as mine:
            ran.append(mine)

    monkeypatch.setattr(replay, "run", run)
    await Workers(stuck_after_seconds=60).replays(resources)
    (own,) = ran
    assert own.publisher is not resources.publisher


async def test_only_an_operator_may_ask_for_own_points_and_for_so_much(days: Days):
    """INVARIANT: a consumer asks for no replay, an operator only for the own supplier's points."""
    portal = days.portal
    consumer = portal.tokens.headers(portal.consumer_id)
    assert (await ask(portal, consumer)).status_code == 403
    foreign = await ask(portal, operator(portal, "other"), point_ids=[str(portal.place.point_id)])
    assert foreign.status_code == 404
    assert (await ask(portal, operator(portal), point_ids=[str(Place().point_id)])).status_code == 404
    assert (await ask(portal, operator(portal), start="2025-01-01")).status_code == 422
    for _ in range(3):
        assert (await ask(portal, operator(portal))).status_code == 202
    assert (await ask(portal, operator(portal))).json()["code"] == "replays_running"
    listed = await portal.client.get("/api/v1/operator/replays", headers=operator(portal, "other"))
    assert listed.json()["items"] == []


async def test_the_same_request_twice_is_one_replay(days: Days):
    portal = days.portal
    headers = operator(portal) | {"Idempotency-Key": "one"}
    first, second = await ask(portal, headers), await ask(portal, headers)
    assert first.json() == second.json()


async def test_the_command_asks_for_a_replay_and_leaves_the_sending_to_the_worker(
    days: Days, worker: Any, settings: Settings
):
    day = await closed(days)
    arguments = ["days", "--supplier", "demo", "--start", DATES["start"], "--end", DATES["end"]]
    parser = ArgumentParser()
    REPLAY.add_arguments(parser)
    await REPLAY.run(settings, parser.parse_args([*arguments, "--point", str(day.point_id)]))
    assert await replay.step(worker)
    assert worker.publisher.messages == [day]
    async with days.portal.engine.connect() as connection:
        assert (await connection.scalar(text("select asked_by from replays"))) is None
    with pytest.raises(UnknownPoint):
        await REPLAY.run(settings, parser.parse_args([*arguments, "--point", str(uuid4())]))
