"""The daily ledger on real parts: what is published, shown, booked and sent again is one, and what is not is seen."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from tests.e2e import billing, fast_days
from tests.e2e.running import Running

from common.kafka.publisher import Publisher
from common.settings import KafkaSettings
from local_stack.paths import REPOSITORY
from topics import supplier_inbox
from topics.inbox import DayReceipt, SupplierDocument

pytestmark = [pytest.mark.stack, pytest.mark.paced, pytest.mark.timeout(900)]

ZONE = ZoneInfo("Europe/Samara")
CONSUMER = REPOSITORY / "docs" / "guides" / "billing" / "ledger_consumer.py"
POINTS = (fast_days.MERCURY_POINT_ID, fast_days.EASTRON_POINT_ID)
ONE_DAY = timedelta(days=1)
COMES_WITHIN_SECONDS = 60
T = TypeVar("T")


def local(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).astimezone(UTC)


def until(ask: Callable[[], T], right: Callable[[T], bool]) -> T:
    deadline = time.monotonic() + COMES_WITHIN_SECONDS
    while not right(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.5)
    return answer


def published(running: Running, day: date) -> dict[UUID, list[dict[str, Any]]]:
    """Return by point every revision of a day on the supplier's topic, in order."""
    found: dict[UUID, list[dict[str, Any]]] = {point: [] for point in POINTS}
    for value in billing.read_values(running.stack.ready["suppliers"]["demo"], "supplier-demo-days-v1"):
        message = json.loads(value)
        if message["day"] == day.isoformat():
            found[UUID(message["point_id"])].append(message)
    return found


def shown(running: Running, point: UUID, day: date) -> dict[str, Any]:
    """Return the day as the consumer sees it."""
    with running.stack.sign_in() as client:
        period = {"start": day.isoformat(), "end": (day + ONE_DAY).isoformat()}
        answer = client.get(f"/api/v1/points/{point}/days", params=period)
        answer.raise_for_status()
        (item,) = answer.json()["items"]
        return dict(item)


def receipt_of(running: Running, point: UUID, day: date, *, other_than: str) -> dict[str, Any]:
    """Return the receipt that the consumer sees, once it is in another state."""
    return until(lambda: dict(shown(running, point, day)["receipt"]), lambda receipt: receipt["state"] != other_than)


def profile(running: Running, point: UUID, day: date, channel: str) -> dict[str, Any]:
    with running.stack.sign_in() as client:
        period = {"start": local(day, 0).isoformat(), "end": local(day + ONE_DAY, 0).isoformat(), "channel": channel}
        answer = client.get(f"/api/v1/points/{point}/profile", params=period)
        answer.raise_for_status()
        return dict(answer.json())


def consumer(running: Running, books: Path, *options: str) -> "subprocess.Popen[bytes]":
    """Start the guide's consumer with the supplier's credential."""
    inherited = dict(os.environ)  # noqa: TID251 -- passed on whole, nothing of it is read
    return subprocess.Popen(
        [sys.executable, str(CONSUMER), "demo", str(books), *options],
        env=inherited | running.stack.ready["suppliers"]["demo"],
    )


def read_to_the_end(running: Running, books: Path) -> None:
    assert consumer(running, books, "--once").wait(120) == 0


def rows(books: Path, statement: str, *parameters: Any) -> list[Any]:
    with sqlite3.connect(books) as connection:
        return connection.execute(statement, parameters).fetchall()


def booked(books: Path, day: date) -> tuple[list[Any], list[Any]]:
    """Return the half hours and the days of one local day as booked."""
    period = (local(day, 0).timestamp(), local(day + ONE_DAY, 0).timestamp())
    slots = rows(books, "select * from slots where start >= ? and start < ? order by point, start", *period)
    columns = "point, day, revision, digest, first, last, told"
    days = rows(books, f"select {columns} from newest where day = ? order by point", day.isoformat())  # noqa: S608
    return slots, days


def ask_for_replay(running: Running, what: str, day: date) -> None:
    """Have one day sent again and wait until it has been."""
    with running.stack.sign_in("operator") as client:
        body = {"what": what, "point_ids": None, "start": day.isoformat(), "end": (day + ONE_DAY).isoformat()}
        answer = client.post("/api/v1/operator/replays", json=body, headers={"Idempotency-Key": uuid4().hex})
        answer.raise_for_status()

        def replay() -> dict[str, Any]:
            items = client.get("/api/v1/operator/replays").json()["items"]
            return next(dict(item) for item in items if item["id"] == answer.json()["id"])

        found = until(replay, lambda item: item["finished_at"] is not None)
    assert found["messages_sent"] >= len(POINTS)


@pytest.fixture(scope="module")
def closed_day(running: Running) -> date:
    """The first whole day of both points: it closes while the main path is tested, which comes first."""
    day = running.ready_at.astimezone(ZONE).date() + ONE_DAY
    running.wait_until(local(day + ONE_DAY, 6) + timedelta(minutes=30))
    until(lambda: published(running, day), lambda found: all(found.values()))
    return day


@pytest.fixture(scope="module")
def books(running: Running, closed_day: date, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The books of a consumer that was killed again and again while it read the closed day."""
    assert closed_day
    kept = tmp_path_factory.mktemp("books") / "books.sqlite"
    for seconds in (0.6, 0.9, 1.2):
        process = consumer(running, kept)
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    read_to_the_end(running, kept)
    return kept


def test_a_closed_day_is_one_in_message_page_store_and_books(running: Running, closed_day: date, books: Path):
    """INVARIANT: what is seen, what is stored and what billing received for a day have one digest and revision.

    The consumer of the guide was killed with -9 while it read, and its books are whole all the same.
    """
    until(lambda: published(running, closed_day), lambda found: all(found.values()))
    for point, revisions in published(running, closed_day).items():
        day = revisions[-1]
        assert (day["digest"], day["revision"]) == (billing.digest(day), len(revisions))
        assert (day["slots_expected"], day["slots_missing"], day["state"]) == (48, 0, "complete")
        seen = shown(running, point, closed_day)
        assert (seen["digest"], seen["revision"]) == (day["digest"], day["revision"])
        for channel, column in (("a_plus", "a_plus_wh"), ("r_plus", "r_plus_varh")):
            stored = profile(running, point, closed_day, channel)
            assert (stored["values"], stored["quality"]) == (day[column], day["quality"])
        ((answered,),) = rows(
            books, "select answered from newest where point = ? and day = ?", str(point), closed_day.isoformat()
        )
        assert answered == day["digest"], "billing's own half hours give the same digest"
        assert receipt_of(running, point, closed_day, other_than="awaited")["state"] == "confirmed"


def test_the_verdict_of_a_day_is_that_of_its_registers(running: Running, closed_day: date):
    """INVARIANT: sum, register difference, tolerance and verdict of a closed day are published.

    These meters count right; where a reading came too late for its border there is no verdict at all.
    """
    verdicts = set()
    for revisions in published(running, closed_day).values():
        day = revisions[-1]
        a_plus = day["sums"][0]
        assert a_plus["sum_wh"] == sum(day["a_plus_wh"])
        if day["verdict"] != "no_registers":
            assert a_plus["residual_wh"] == a_plus["register_difference_wh"] - a_plus["sum_wh"]
            assert abs(a_plus["residual_wh"]) <= a_plus["tolerance_wh"]
        verdicts.add(day["verdict"])
    assert "agrees" in verdicts
    assert "differs" not in verdicts


def test_a_replay_alone_fills_books_that_kept_no_more_than_their_place(
    running: Running, closed_day: date, books: Path, tmp_path: Path
):
    """INVARIANT: from ledger and replay alone a receiver ends bit-equal to one that heard everything."""
    empty = tmp_path / "empty.sqlite"
    shutil.copy(books, empty)
    with sqlite3.connect(empty) as connection:
        connection.execute("delete from slots")
        connection.execute("delete from days")
    ask_for_replay(running, "intervals", closed_day)
    ask_for_replay(running, "days", closed_day)
    read_to_the_end(running, empty)
    read_to_the_end(running, books)
    slots, days = booked(empty, closed_day)
    assert (len(slots), len(days)) == (2 * 48, 2)
    assert (slots, days) == booked(books, closed_day)
    answers = rows(empty, "select digest, answered from newest where day = ?", closed_day.isoformat())
    assert all(own == answered for own, answered in answers)


def test_a_consumer_that_begins_with_nothing_ends_with_the_same_books(
    running: Running, closed_day: date, books: Path, tmp_path: Path
):
    """INVARIANT: who has no books and no place reads the topics from their beginning, and ends bit-equal."""
    new = tmp_path / "new.sqlite"
    read_to_the_end(running, new)
    assert booked(new, closed_day) == booked(books, closed_day)
    every = "select point, day, answered is digest from newest where day <= ?"
    answers = rows(new, every, closed_day.isoformat())
    assert len(answers) >= len(POINTS)
    assert all(right for *_, right in answers)


def cut_off(running: Running, day: date) -> None:
    """Announce, as the supplier's operator, that the bills of the day's month use what is known by now."""
    with running.stack.sign_in("operator") as client:
        body = {"period": day.replace(day=1).isoformat(), "cut_off_at": running.clock.now().isoformat()}
        headers = {"Idempotency-Key": uuid4().hex}
        client.post("/api/v1/operator/bill-runs", json=body, headers=headers).raise_for_status()


def test_half_hours_that_come_late_give_the_next_revision_and_land_behind_the_cut_off(running: Running):
    """INVARIANT: what comes after a day was closed is told as a correction of it, never in silence.

    The month's bills are cut off between the two, so the correction says that it lands in a later period.
    """
    day = (running.clock.now() + timedelta(hours=6)).astimezone(ZONE).date()
    running.wait_until(local(day, 18))
    poller = running.stack.pid("meter-poller")
    os.kill(poller, signal.SIGSTOP)
    try:
        running.wait_until(local(day + ONE_DAY, 7))
        until(lambda: published(running, day)[fast_days.MERCURY_POINT_ID], bool)
        cut_off(running, day)
    finally:
        os.kill(poller, signal.SIGCONT)
    mercury = fast_days.MERCURY_POINT_ID
    found = until(
        lambda: published(running, day)[mercury], lambda each: [one["slots_missing"] for one in each[-1:]] == [0]
    )
    first, last = found[0], found[-1]
    assert (first["state"], first["revision"], first["reason"]) == ("incomplete", 1, "closed")
    assert first["slots_missing"] > 0
    assert (last["state"], last["reason"], last["previous_digest"]) == ("complete", "late", found[-2]["digest"])
    own = day.replace(day=1).isoformat()
    assert (first["lands_in_period"], first["corrects_period"]) == (own, None)
    assert last["corrects_period"] == own < last["lands_in_period"]
    assert all(each["previous_wh"] + each["delta_wh"] == each["sum_wh"] for each in last["sums"] if each["delta_wh"])
    assert [each["revision"] for each in found] == list(range(1, len(found) + 1))
    assert (
        sum(each["sums"][0]["delta_wh"] or 0 for each in found)
        == last["sums"][0]["sum_wh"] - (first["sums"][0]["sum_wh"])
    )
    seen = shown(running, mercury, day)
    assert (seen["digest"], seen["revision"], seen["receipt"]["state"]) == (last["digest"], last["revision"], "awaited")


def test_a_broken_digest_in_a_receipt_raises_the_alarm(running: Running, closed_day: date):
    """INVARIANT: a difference between billing's books and ours is never silent."""
    point = fast_days.EASTRON_POINT_ID
    day = published(running, closed_day)[point][-1]
    receipt = DayReceipt(point_id=point, day=closed_day, revision=day["revision"], digest="0" * 64)
    document = SupplierDocument(
        contract_number="1", document_id="broken", version=time.time_ns() // 1_000 + 60_000_000, body=receipt
    )
    credential = running.stack.ready["suppliers"]["demo"]
    names = ("kafka_bootstrap_servers", "kafka_username", "kafka_password")
    settings = KafkaSettings.model_validate({name: credential[name.upper()] for name in names})

    async def send() -> None:
        publisher = Publisher(settings)
        try:
            await publisher.send(supplier_inbox("demo"), [document])
        finally:
            await publisher.close()

    asyncio.run(send())
    found = receipt_of(running, point, closed_day, other_than="confirmed")
    assert (found["state"], found["received_at"] is None) == ("wrong_digest", False)
    assert "receipt.wrong_digest" in running.log.read_text(errors="replace")


def test_a_day_whose_bill_is_made_is_shown_as_billed(running: Running, closed_day: date, books: Path):
    """The consumer sees in whose bill a day was used, and the marks of that are confirmed as well.

    They lie behind the cut-off of the test before, so that they land in the next period and the bill holds the revision
    before them.
    """
    period = closed_day.replace(day=1).isoformat()
    with sqlite3.connect(books) as connection:
        connection.execute("insert into bills values (?)", (period,))
    point = fast_days.MERCURY_POINT_ID

    def billed() -> tuple[Any, ...]:
        read_to_the_end(running, books)
        seen = shown(running, point, closed_day)
        return seen["billed"], seen["receipt"]["state"], published(running, closed_day)[point][-1]["change"]

    used, _, _ = until(billed, lambda answer: answer[1:] == ("confirmed", "billed"))
    *_, before, marked = published(running, closed_day)[point]
    assert used == {"period": period, "revision": before["revision"]}
    assert set(marked["quality"]) == {"REVENUE"}
    assert (marked["corrects_period"], [each["delta_wh"] or 0 for each in marked["sums"]]) == (period, [0] * 4)
