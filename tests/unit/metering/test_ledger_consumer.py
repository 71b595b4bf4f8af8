"""The guide's consumer without a log: what it books, and what it answers."""

import json
import sqlite3
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from tests.unit.metering.guide import CONSUMER
from tests.unit.metering.test_ledger import DAY, PLACE, full, in_the_former_form, made, registers, slot

from metering.domain.ledger import Revision, as_published
from metering.domain.supplier_stream import stored_messages
from topics.supplier_days import SupplierDay


class Log:
    """A producer whose log takes what it is given, unless it is away."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.away = False
        self._waiting: list[tuple[str, Callable[[Any, Any], None]]] = []

    def produce(self, _topic: str, value: str, _key: str, *, on_delivery: Any, **_: Any) -> None:
        self._waiting.append((value, on_delivery))

    def flush(self) -> None:
        for value, on_delivery in self._waiting:
            if not self.away:
                self.taken.append(json.loads(value))
            on_delivery("away" if self.away else None, None)
        self._waiting.clear()


class Billing:
    """The consumer's books, a log, and a clock that is put by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.books, self.log, self.now = sqlite3.connect(":memory:"), Log(), 0.0
        self.books.executescript(CONSUMER.SCHEMA)
        monkeypatch.setattr(CONSUMER.time, "time", lambda: self.now)

    def take(self, *messages: Any) -> None:
        for message in messages:
            CONSUMER.book(self.books, msgspec.json.encode(message).decode())

    def answers(self) -> list[tuple[int, str]]:
        """Let it answer when it looks again; return revision and digest of all that it has ever answered."""
        self.now += CONSUMER.AGAIN_SECONDS
        CONSUMER.answer(self.books, self.log, "inbox")
        return [(each["body"]["revision"], each["body"]["digest"]) for each in self.log.taken]


@pytest.fixture
def billing(monkeypatch: pytest.MonkeyPatch) -> Billing:
    return Billing(monkeypatch)


def half_hours(slots: Any) -> list[Any]:
    return list(stored_messages([PLACE.installed()], slots))


def test_a_wrong_digest_is_answered_once_and_the_right_one_when_the_books_are_mended(billing: Billing):
    """INVARIANT: billing's books are never left in doubt once they are right."""
    slots = full()
    day = made(slots)
    lost = {start: each for start, each in slots.items() if start != DAY.end_epoch - 1800}
    billing.take(*half_hours(lost), day)
    assert billing.answers() == [], "its half hours may still be on their way"
    billing.now = CONSUMER.PATIENCE_SECONDS + 1
    wrong = billing.answers()
    assert wrong != [(1, day.digest)]
    assert billing.answers() == wrong, "the same answer is not repeated"
    billing.take(*half_hours(slots))
    assert billing.answers() == [*wrong, (1, day.digest)]
    assert billing.answers() == [*wrong, (1, day.digest)]
    first, second = (each["version"] for each in billing.log.taken)
    assert first < second


def test_a_day_that_begins_before_the_books_is_answered_by_its_digest_alone(billing: Billing):
    """INVARIANT: half hours that the log keeps no longer are no difference between the books."""
    slots, day = full(), made(full())
    billing.take(*half_hours({start: each for start, each in slots.items() if start != DAY.start_epoch}), day)
    billing.now = CONSUMER.PATIENCE_SECONDS + 1
    assert billing.answers() == []
    billing.take(*half_hours(slots))
    assert billing.answers() == [(1, day.digest)]


def test_a_day_that_does_not_name_its_form_is_proved_by_either(billing: Billing):
    day = made(full(), registers(24_010))
    older = msgspec.structs.replace(day, revision=1, digest=in_the_former_form(day).digest, digest_form=None)
    billing.take(*half_hours(full()), older, msgspec.structs.replace(day, revision=2, digest_form=None))
    assert billing.answers() == [(2, day.digest)]
    (kept,) = billing.books.execute("select first, last, told from days where revision = 1")
    assert CONSUMER.own_digest(billing.books, *kept) == older.digest


def test_a_day_in_an_unknown_form_is_not_answered(billing: Billing):
    billing.take(*half_hours(full()), msgspec.structs.replace(made(full()), digest_form="halfhour-day-3"))
    billing.now = CONSUMER.PATIENCE_SECONDS + 1
    assert billing.answers() == []


def test_days_that_wait_cost_a_bounded_part_of_each_turn(billing: Billing, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(CONSUMER, "A_TURN", 2)
    days = [msgspec.structs.replace(made(full()), point_id=uuid4()) for _ in range(3)]
    billing.take(*days)
    billing.now = 1
    assert [CONSUMER.answer(billing.books, billing.log, "inbox") for _ in range(3)] == [2, 1, 0]
    billing.now += CONSUMER.AGAIN_SECONDS
    assert CONSUMER.answer(billing.books, billing.log, "inbox") == 2


class Reader:
    """A consumer of one partition a topic, which gives the days first."""

    def __init__(self, days: list[bytes], intervals: list[bytes]) -> None:
        self.topics = {"supplier-demo-days-v1": days, "supplier-demo-intervals-v1": intervals}
        self.at: dict[str, int] = {}

    def list_topics(self, name: str, **_: Any) -> Any:
        return SimpleNamespace(topics={name: SimpleNamespace(partitions={0: None})})

    def get_watermark_offsets(self, part: Any, **_: Any) -> tuple[int, int]:
        return 0, len(self.topics[part.topic])

    def assign(self, parts: list[Any]) -> None:
        self.at = {part.topic: part.offset for part in parts}

    def consume(self, *_: Any, **__: Any) -> list[Any]:
        for name, values in self.topics.items():
            if self.at[name] < len(values):
                record = {"error": None, "value": values[self.at[name]], "topic": name, "partition": 0}
                record["offset"] = self.at[name]
                self.at[name] += 1
                return [SimpleNamespace(**{each: partial(record.get, each) for each in record})]
        return []

    def close(self) -> None:
        self.topics = {}


def test_nothing_is_answered_before_all_that_was_there_at_the_start_is_read(
    billing: Billing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """INVARIANT: books that are made anew from the topics raise no alarm, however long that takes."""
    slots, day = full(), made(full())
    noon = DAY.start_epoch + 43_200
    halves = [{at: each for at, each in slots.items() if (at < noon) is first} for first in (True, False)]
    intervals = [msgspec.json.encode(each) for half in halves for each in half_hours(half)]
    reader = Reader([msgspec.json.encode(day)], intervals)
    consume = reader.consume

    def slowly(*_: Any, **__: Any) -> list[Any]:
        billing.now += CONSUMER.PATIENCE_SECONDS + 1
        return consume()

    monkeypatch.setattr(reader, "consume", slowly)
    monkeypatch.setattr(CONSUMER, "Consumer", lambda _: reader)
    monkeypatch.setattr(CONSUMER, "Producer", lambda _: billing.log)
    for name in (*CONSUMER.OPTIONS, "username", "password"):
        monkeypatch.setenv("KAFKA_" + name.upper().replace(".", "_"), "")
    assert len(intervals) == 2
    CONSUMER.main("demo", str(tmp_path / "books.sqlite"), once=True)
    assert [each["body"]["digest"] for each in billing.log.taken] == [day.digest]
    assert reader.topics == {}


def test_a_day_in_the_former_form_is_proved_by_that_form(billing: Billing):
    """INVARIANT: a day that was published in a former form and is replayed raises no false alarm."""
    first = made(full(), registers(24_010))
    published = in_the_former_form(first)
    replayed = as_published(made(full(), previous=published), published.digest, published.registers)
    billing.take(*half_hours(full()), replayed)
    assert billing.answers() == [(2, published.digest)]


def test_a_day_is_answered_again_as_used_when_the_bills_of_its_period_are_made(billing: Billing):
    day = msgspec.structs.replace(made(full()), lands_in_period=date(2026, 4, 1))
    billing.take(*half_hours(full()), day)
    billing.answers()
    billing.books.execute("insert into bills values ('2026-03-01')")
    assert len(billing.answers()) == 1, "it lands in another period"
    billing.books.execute("insert into bills values ('2026-04-01')")
    assert billing.answers() == billing.answers() == [(1, day.digest)] * 2
    first, second = (each["body"]["used_in_period"] for each in billing.log.taken)
    assert (first, second) == (None, "2026-04-01")


def test_what_the_log_did_not_take_is_answered_again(billing: Billing):
    day = made(full())
    billing.take(*half_hours(full()), day)
    billing.log.away = True
    assert billing.answers() == []
    billing.log.away = False
    assert billing.answers() == [(1, day.digest)]


def test_half_hours_of_a_withdrawn_day_count_no_more_and_do_again_when_it_comes_back(billing: Billing):
    """INVARIANT: no bill is made of what was taken back, in whatever order it was heard."""
    slots = full()
    first = made(slots)
    withdrawn = made(slots, previous=known(first), to_epoch=DAY.start_epoch)
    assert withdrawn.slots_expected == 0
    counted = "select count(*) from counted"
    billing.take(first, withdrawn, *half_hours(slots))
    assert billing.answers() == [(2, withdrawn.digest)]
    assert billing.books.execute(counted).fetchone() == (0,)
    again = made(slots, previous=known(withdrawn))
    billing.take(again)
    assert billing.answers()[-1] == (3, again.digest)
    assert billing.books.execute(counted).fetchone() == (48,)


def test_the_higher_version_of_a_half_hour_stays_and_a_gap_takes_nothing_away(billing: Billing):
    start = DAY.start_epoch
    newer, older = ({start: slot(energy, version=version)} for energy, version in ((7, 9), (5, 8)))
    billing.take(*half_hours(newer | {start + 3600: slot()}), *half_hours(older))
    held = "select start, version, cells from slots order by start"
    assert [row[:2] for row in billing.books.execute(held)] == [(start, 9), (start + 3600, 7)]
    assert billing.books.execute(held).fetchone()[2] == "7|0|100||VALID|0|1"


def known(day: SupplierDay) -> Revision:
    return Revision(day.revision, day.digest, day.slots_missing, [each.sum_wh for each in day.sums])
