"""What is sent to dead letters, and what happens while they cannot be sent."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from common.errors import Busy, Rejected
from common.kafka import subscribe as subscribing
from common.kafka.dead_letters import DeadLetters, Origin, TooManyDeadLetters
from topics.contracts import CONTRACTS, Contract

Sent = list[tuple[bytes | None, bytes | None]]


class Letters:
    """A dead-letter topic; while `is_away` it takes nothing."""

    def __init__(self) -> None:
        self.sent: Sent = []
        self.is_away = False

    async def __call__(
        self, _name: str, value: bytes | None, key: bytes | None, _headers: Sequence[tuple[str, bytes]]
    ) -> None:
        if self.is_away:
            raise Busy("the log is away")
        # As aiokafka's producer: AssertionError otherwise.
        assert not (value is None and key is None), "Need at least one: key or value"
        self.sent.append((value, key))


@pytest.mark.parametrize(
    ("value", "key", "sent"),
    [(None, None, (b"", None)), (None, b"k", (None, b"k")), (b"v", None, (b"v", None)), (b"v", b"k", (b"v", b"k"))],
)
async def test_a_record_with_neither_key_nor_value_can_be_refused_too(
    value: bytes | None, key: bytes | None, sent: tuple[bytes | None, bytes | None]
):
    send = Letters()
    letters = DeadLetters(send, reader="test")
    origin = Origin(topic=CONTRACTS.name, partition=0, offset=0, key=key, value=value, headers=())
    await letters.refuse(CONTRACTS, origin, Rejected("no value", code="not_json"))
    assert send.sent == [sent]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that a subscription made; none of them takes time."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    return made


def record(value: bytes) -> Any:
    return SimpleNamespace(
        topic=CONTRACTS.name, partition=0, offset=0, key=b"k", value=value, headers=CONTRACTS.headers(), timestamp=0
    )


async def handle(_message: Contract) -> None:
    """Take everything."""


async def test_a_dead_letter_that_cannot_be_sent_is_tried_again_after_growing_pauses(pauses: list[float]):
    """The subscriber reads a failed message again at once: without a pause it would spin while the log is away."""
    send = Letters()
    send.is_away = True
    subscription = subscribing._Subscription(CONTRACTS, handle, DeadLetters(send, reader="test"))
    for _ in range(2):
        with pytest.raises(Busy):
            await subscription.consume(record(b"no json"))
    assert pauses == list(subscribing.PAUSE_SECONDS[:2])
    send.is_away = False
    await subscription.consume(record(b"no json"))
    assert len(send.sent) == 1
    assert len(pauses) == 2


async def test_the_limit_of_dead_letters_ends_the_subscriber_without_a_pause(pauses: list[float]):
    subscription = subscribing._Subscription(CONTRACTS, handle, DeadLetters(Letters(), reader="test", limit=1))
    await subscription.consume(record(b"no json"))
    with pytest.raises(TooManyDeadLetters):
        await subscription.consume(record(b"no json"))
    good = Contract(contract_id=uuid4(), version=1, supplier_code="demo", number="1")
    await subscription.consume(record(CONTRACTS.encode(good)))
    await subscription.consume(record(b"no json"))
    assert pauses == []


async def test_without_a_limit_no_number_of_refusals_ends_the_subscriber(pauses: list[float]):
    """INVARIANT: who writes to a topic of others' documents cannot stop the reader."""
    letters = Letters()
    subscription = subscribing._Subscription(CONTRACTS, handle, DeadLetters(letters, reader="test", limit=None))
    for _ in range(1_001):
        await subscription.consume(record(b"{"))
    assert pauses == []
