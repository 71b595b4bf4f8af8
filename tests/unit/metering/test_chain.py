"""The chain of the bulk topics: exactly what is stored is committed, what is bad is set aside, nothing is lost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from aiokafka import TopicPartition
from prometheus_client import REGISTRY
from tests.unit.metering.fake_log import FakeLog
from tests.unit.metering.telemetry import Place

from common.errors import Busy, Rejected
from common.kafka.dead_letters import DeadLetters, TooManyDeadLetters
from metering.pipeline import chain
from metering.pipeline.chain import Finish, Limits, Pipeline
from topics.poller import INTERVAL_BLOCKS, IntervalBlock

PLACE = Place()
FIRST = TopicPartition(INTERVAL_BLOCKS.name, 0)
SECOND = TopicPartition(INTERVAL_BLOCKS.name, 1)


class FakeStore:
    """Keeps what it is given; refuses values over 1,000 and fails as often as told."""

    def __init__(self) -> None:
        self.kept: list[int | None] = []
        self.fail = 0
        self.storing = False
        self.prepared_while_storing = 0

    async def __call__(self, blocks: Sequence[IntervalBlock], logged: Sequence[int]) -> Finish:
        assert len(logged) == len(blocks)
        self.prepared_while_storing += self.storing
        return partial(self.finish, blocks)

    async def finish(self, blocks: Sequence[IntervalBlock]) -> list[tuple[int, Rejected]]:
        self.storing = True
        for _ in range(100):
            await asyncio.sleep(0)
        self.storing = False
        if self.fail:
            self.fail -= 1
            raise Busy("the store is away")
        values = [block.a_plus_wh[0] for block in blocks]
        self.kept += [value for value in values if value is not None and value <= 1_000]
        return [
            (index, Rejected("too much", code="above_physical_limit"))
            for index, value in enumerate(values)
            if value is not None and value > 1_000
        ]


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "PAUSES_SECONDS", (0.0,))


def pipeline(log: Any, store: FakeStore, *, limit: int = 1_000) -> Pipeline[IntervalBlock]:
    @asynccontextmanager
    async def reader() -> AsyncIterator[Any]:
        yield log

    async def send(name: str, value: bytes | None, key: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
        await log.send_raw([(name, value, key, headers)])

    return Pipeline(
        INTERVAL_BLOCKS,
        store,
        open_consumer=reader,
        letters=DeadLetters(send, reader="test", limit=limit),
        limits=Limits(seconds=0, size_bytes=1_000_000),
    )


def retries() -> float:
    return REGISTRY.get_sample_value("halfhour_pipeline_retries_total", {"topic": INTERVAL_BLOCKS.name}) or 0


async def test_exactly_the_stored_offsets_are_committed(log: FakeLog, store: FakeStore):
    log.append(INTERVAL_BLOCKS, PLACE.block([1]), PLACE.block([2]))
    log.append(INTERVAL_BLOCKS, PLACE.block([3]), partition=1)

    await pipeline(log, store).step(log)

    assert store.kept == [1, 2, 3]
    assert log.committed == {FIRST: 2, SECOND: 1}


async def test_nothing_is_committed_while_the_store_is_away_and_all_is_read_again(log: FakeLog, store: FakeStore):
    """INVARIANT: a batch over two partitions whose store fails is read again from both, and nothing is skipped."""
    log.append(INTERVAL_BLOCKS, PLACE.block([1]))
    log.append(INTERVAL_BLOCKS, PLACE.block([2]), partition=1)
    store.fail = 2
    under_test = pipeline(log, store)

    before = retries()

    await under_test.step(log)
    await under_test.step(log)
    assert log.committed == {}
    await under_test.step(log)

    assert store.kept == [1, 2]
    assert log.committed == {FIRST: 1, SECOND: 1}
    await under_test.step(log)
    assert retries() - before == 2, "that there is nothing to read is no retry"


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff\xfe", b"[]", b'{"serial": 1}'])
async def test_a_bad_message_is_set_aside_and_the_rest_of_the_batch_is_stored(
    log: FakeLog, store: FakeStore, garbage: bytes
):
    log.append(INTERVAL_BLOCKS, PLACE.block([1]), garbage, PLACE.block([5_000]), PLACE.block([2]))

    await pipeline(log, store).step(log)

    assert store.kept == [1, 2]
    assert log.committed == {FIRST: 4}
    (bad, too_much) = log.dead_letters
    assert bad[0] == "poller-interval-blocks-v1-dlt"
    assert bad[1]["dlt_reason"] in {"not_json", "invalid_message"}
    assert (bad[1]["dlt_topic"], bad[1]["dlt_partition"], bad[1]["dlt_offset"]) == (INTERVAL_BLOCKS.name, "0", "1")
    assert bad[2] == garbage
    assert (too_much[1]["dlt_reason"], too_much[1]["dlt_offset"]) == ("above_physical_limit", "2")


async def test_an_unknown_schema_is_set_aside(log: FakeLog, store: FakeStore):
    log.append(INTERVAL_BLOCKS, PLACE.block([1]))
    (record,) = log.partitions[FIRST]
    headers = tuple((name, b"urn:other" if name == "ce_dataschema" else value) for name, value in record.headers)
    object.__setattr__(record, "headers", headers)

    await pipeline(log, store).step(log)

    assert store.kept == []
    assert [headers["dlt_reason"] for _, headers, _ in log.dead_letters] == ["unknown_schema"]


async def test_a_batch_whose_dead_letter_cannot_be_sent_is_not_committed(log: FakeLog, store: FakeStore):
    log.append(INTERVAL_BLOCKS, b"{", PLACE.block([1]))
    log.refuse_sends = 1
    under_test = pipeline(log, store)

    await under_test.step(log)
    assert (log.committed, log.dead_letters) == ({}, [])
    await under_test.step(log)

    assert log.committed == {FIRST: 2}
    assert len(log.dead_letters) == 1


async def test_too_many_refused_in_a_row_stop_the_pipeline_and_who_starts_next_refuses_none_of_them_again(
    log: FakeLog, store: FakeStore
):
    log.append(INTERVAL_BLOCKS, PLACE.block([1]), b"{", b"{")
    log.append(INTERVAL_BLOCKS, b"{", b"{", PLACE.block([2]), partition=1)

    with pytest.raises(TooManyDeadLetters):
        await pipeline(log, store, limit=3).run()
    assert log.committed == {FIRST: 3, SECOND: 1}

    log.positions = dict(log.committed)
    await pipeline(log, store, limit=3).step(log)

    assert log.committed == {FIRST: 3, SECOND: 3}
    places = [(headers["dlt_partition"], headers["dlt_offset"]) for _, headers, _ in log.dead_letters]
    assert places == [("0", "1"), ("0", "2"), ("1", "0"), ("1", "1")]
    assert set(store.kept) == {1, 2}


class SlowLog(FakeLog):
    """Gives one record at a time, and ends the reading when all of it is committed."""

    async def getmany(self, *, timeout_ms: int, max_records: int | None) -> Any:  # noqa: ARG002 -- one at a time
        found = await super().getmany(timeout_ms=timeout_ms, max_records=1)
        if self.committed and all(
            self.committed.get(partition) == len(records) for partition, records in self.partitions.items()
        ):
            raise asyncio.CancelledError
        return dict([next(iter(found.items()))]) if found else {}


@pytest.mark.parametrize("failures", [0, 1, 2, 5])
async def test_while_one_batch_is_stored_the_next_is_checked_and_none_is_committed_out_of_turn(
    store: FakeStore, failures: int
):
    """INVARIANT: an offset is committed only when everything before it is stored."""
    log = SlowLog()
    log.append(INTERVAL_BLOCKS, *(PLACE.block([value]) for value in range(8)))
    store.fail = failures
    committed: list[int] = []
    stored_before: list[bool] = []

    async def commit(offsets: dict[TopicPartition, int]) -> None:
        committed.extend(offsets.values())
        stored_before.append(set(range(offsets[FIRST])) <= set(store.kept))
        log.committed |= offsets

    log.commit = commit  # type: ignore[method-assign]
    under_test = pipeline(log, store)
    under_test._limits = Limits(seconds=0, size_bytes=1)

    with pytest.raises(asyncio.CancelledError):
        await under_test.follow(log)

    assert committed == sorted(committed)
    assert all(stored_before)
    assert store.prepared_while_storing > 0


class LostPartition(FakeLog):
    """A log whose partitions were given to another member meanwhile."""

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:  # noqa: ARG002 -- refuses all
        raise Busy("the group has gone on")

    def seek(self, partition: TopicPartition, offset: int) -> None:  # noqa: ARG002 -- refuses all
        raise Busy("not ours")


async def test_a_lost_partition_neither_stops_the_pipeline_nor_undoes_the_store(store: FakeStore):
    log = LostPartition()
    log.append(INTERVAL_BLOCKS, PLACE.block([1]))
    store.fail = 1
    under_test = pipeline(log, store)

    await under_test.step(log)
    log.positions.clear()
    await under_test.step(log)

    assert store.kept == [1]


async def test_a_log_that_is_away_is_tried_again(log: FakeLog, store: FakeStore):
    log.append(INTERVAL_BLOCKS, b"{", b"{")
    attempts = 0

    @asynccontextmanager
    async def reader() -> AsyncIterator[Any]:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise Busy("the log is away")
        yield log

    under_test = pipeline(log, store, limit=1)
    under_test._open_consumer = reader

    with pytest.raises(TooManyDeadLetters):  # it got as far as reading
        await under_test.run()
    assert attempts == 2


async def test_a_batch_that_is_large_enough_waits_for_no_more(log: FakeLog, store: FakeStore):
    log.append(INTERVAL_BLOCKS, *(PLACE.block([value]) for value in range(5)))
    under_test = pipeline(log, store)
    under_test._limits = Limits(seconds=60, size_bytes=1)

    await under_test.step(log)

    assert len(store.kept) == 5
    assert log.committed == {FIRST: 5}


async def test_a_poll_ends_the_idle_time_also_when_there_is_nothing(log: FakeLog, store: FakeStore):
    under_test = pipeline(log, store)
    under_test._polled_at -= 100
    before = under_test.idle_seconds()

    await under_test.step(log)

    assert under_test.idle_seconds() < 60 <= before
