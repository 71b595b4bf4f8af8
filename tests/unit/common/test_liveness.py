"""Pulses of loops that run for ever, and what livez makes of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from aiokafka import TopicPartition

from common import liveness, outbox
from common.errors import Rejected
from common.http.app import create_base_app
from common.kafka import polling as pollings
from common.kafka import subscribe
from common.kafka.dead_letters import TooManyDeadLetters
from common.kafka.polling import Polling
from common.kafka.topic import Topic
from common.liveness import LIVENESS, STUCK_AFTER_SECONDS, Liveness, Pulse
from common.settings import ServiceSettings
from topics import LINKS

FIRST, SECOND = TopicPartition("t", 0), TopicPartition("t", 1)


class Time:
    """What the pulses take for monotonic time."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(liveness, "time", time)
    return time


class Consumer:
    """Answers as aiokafka's does."""

    def __init__(self, *partitions: TopicPartition) -> None:
        self.answered: dict[TopicPartition, int | None] = dict.fromkeys(partitions)

    def assignment(self) -> set[TopicPartition]:
        return set(self.answered)

    def last_poll_timestamp(self, partition: TopicPartition) -> int | None:
        return self.answered[partition]


class NoResources:
    async def ping(self) -> None: ...


@asynccontextmanager
async def opened() -> AsyncIterator[NoResources]:
    yield NoResources()


async def livez(**given: Any) -> tuple[int, str]:
    app = create_base_app(title="a service", open_resources=opened, **given)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/livez")
    return answer.status_code, answer.text


def test_a_loop_is_stuck_after_a_minute_without_a_round_and_not_before(time: Time):
    alive = Liveness()
    with alive.pulse("relay") as pulse, alive.pulse("links"):
        time.seconds += STUCK_AFTER_SECONDS
        assert alive.stuck() == []
        time.seconds += 1
        assert alive.stuck() == ["links", "relay"]
        pulse.beat()
        assert alive.stuck() == ["links"]
    assert alive.stuck() == [], "what has ended is not stuck"


async def test_livez_fails_and_names_what_stands_still_until_it_moves_again(time: Time):
    """INVARIANT: a process whose subscription or relay stands still for a minute is not alive."""
    with LIVENESS.pulse("notify-links") as pulse:
        assert await livez() == (200, "ok")
        time.seconds += STUCK_AFTER_SECONDS + 1
        assert await livez() == (503, "stuck: notify-links")
        pulse.beat()
        assert await livez() == (200, "ok")
    assert (await livez(alive=lambda: False))[0] == 503


@pytest.mark.parametrize(
    ("moves", "beats"),
    [
        ({FIRST: 2, SECOND: 2}, True),
        ({FIRST: 2, SECOND: 1}, False),
        ({FIRST: 1, SECOND: 1}, False),
        ({FIRST: None, SECOND: None}, False),
    ],
    ids=["both answered", "one stands", "both stand", "never answered"],
)
def test_a_consumer_moves_when_the_log_has_answered_for_each_partition(
    time: Time, moves: dict[TopicPartition, int | None], beats: bool
):
    watched = Polling(Pulse("links"))
    consumer = Consumer(FIRST, SECOND)
    consumer.answered = {FIRST: 1, SECOND: 1} if None not in moves.values() else {FIRST: None, SECOND: None}
    watched.look(consumer)
    time.seconds += 10
    consumer.answered = moves

    watched.look(consumer)

    assert watched.pulse.still_seconds() == (0 if beats else 10)


def test_a_slow_partition_is_not_forgotten_by_looks_between(time: Time):
    """A partition counts as moved if it moved since the last beat, however often somebody looked."""
    watched = Polling(Pulse("links"))
    consumer = Consumer(FIRST, SECOND)
    for answered in ({FIRST: 1, SECOND: 1}, {FIRST: 2, SECOND: 1}, {FIRST: 2, SECOND: 2}):
        time.seconds += 10
        consumer.answered = dict(answered)
        watched.look(consumer)
    assert watched.pulse.still_seconds() == 0


def test_a_handler_at_work_is_a_sign_of_life_and_one_that_never_ends_is_not(time: Time):
    """Its partition is not fetched meanwhile."""
    watched = Polling(Pulse("links"))
    consumer = Consumer(FIRST)
    consumer.answered = {FIRST: 1}
    watched.look(consumer)
    for _ in range(3):
        time.seconds += 40
        watched.take()
        watched.look(consumer)
        assert watched.pulse.still_seconds() == 0
    time.seconds += STUCK_AFTER_SECONDS + 1
    watched.look(consumer)
    assert watched.pulse.still_seconds() > STUCK_AFTER_SECONDS


def test_a_consumer_without_partitions_stands_by_and_one_that_never_started_does_not(time: Time):
    watched = Polling(Pulse("links"))
    time.seconds += 10
    watched.look(None)
    assert watched.pulse.still_seconds() == 10
    watched.look(Consumer())
    assert watched.pulse.still_seconds() == 0


class _Subscriber:
    consumer = Consumer(FIRST)

    def __call__(self, handler: Any) -> Any:
        return handler


class _Broker:
    """A broker whose consumer never gets an answer; `looks` rounds later the subscriptions are told to give up."""

    def subscriber(self, *_topics: str, **_options: Any) -> _Subscriber:
        return _Subscriber()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


@pytest.mark.parametrize(("log_is_there", "stuck"), [(True, ["notify-links of contracts-links-v1"]), (False, [])])
async def test_a_consumer_that_stands_still_is_stuck_only_while_the_log_is_there(
    time: Time, monkeypatch: pytest.MonkeyPatch, log_is_there: bool, stuck: list[str]
):
    found: list[list[str]] = []
    topic: Topic[Any] = LINKS

    async def handle(_message: Any) -> None:
        raise Rejected("never called")

    async def answers(_settings: Any) -> bool:
        time.seconds += 10
        found.append(LIVENESS.stuck())
        if len(found) > 8:
            subscriptions._reason = TooManyDeadLetters("enough")
            subscriptions._gave_up.set()
        return log_is_there

    monkeypatch.setattr(subscribe, "answers", answers)
    monkeypatch.setattr(subscribe, "new_broker", lambda _settings: _Broker())
    monkeypatch.setattr(subscribe, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(subscribe, "STUCK_AFTER_SECONDS", -1.0)
    subscriptions = subscribe.Subscriptions(ServiceSettings.model_validate({"database_url": "x"}))
    subscriptions.add(topic, handle, group="notify-links")

    with pytest.raises(TooManyDeadLetters):
        await subscriptions.run()

    assert found[-1] == stuck
    assert LIVENESS.stuck() == []


async def test_a_log_without_addresses_that_answer_is_away(monkeypatch: pytest.MonkeyPatch):
    async def refused(_host: str, _port: int) -> Any:
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio, "open_connection", refused)
    settings = ServiceSettings.model_validate({"database_url": "x", "kafka_bootstrap_servers": "a:1, b:2"})
    assert await pollings.answers(settings) is False


async def test_a_relay_whose_round_never_ends_is_stuck_and_one_that_fails_is_not(
    time: Time, monkeypatch: pytest.MonkeyPatch
):
    rounds = 0

    @asynccontextmanager
    async def away(_relay: Any) -> AsyncIterator[None]:
        nonlocal rounds
        rounds += 1
        time.seconds += STUCK_AFTER_SECONDS - 1
        assert LIVENESS.stuck() == []
        if rounds == 3:
            time.seconds += 2
            assert LIVENESS.stuck() == ["outbox relay"]
            raise enough
        if rounds < 3:
            raise ConnectionRefusedError
        yield

    async def no_pause(_seconds: float) -> None: ...

    enough = RuntimeError("enough")
    monkeypatch.setattr(outbox.OutboxRelay, "_producer", away)
    monkeypatch.setattr(asyncio, "sleep", no_pause)
    with pytest.raises(RuntimeError, match="enough"):
        await outbox.OutboxRelay(ServiceSettings.model_validate({"database_url": "postgresql+asyncpg://x"})).run()
    assert rounds == 3
