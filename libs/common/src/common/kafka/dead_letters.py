"""What cannot be processed goes to the topic's dead-letter topic, with the reason and its origin in the headers.

Too many in a row stop the subscriber: then the fault is more likely ours than the senders'. A topic that others write
to has no such limit: they must not be able to stop us.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from common.errors import HalfhourError, Rejected
from common.kafka.topic import Headers, Topic
from common.logging import get_logger
from common.metrics import DEAD_LETTERS

log = get_logger(__name__)

Send = Callable[[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]], Awaitable[None]]

HEADER_LIMIT_BYTES = 1_000


class TooManyDeadLetters(HalfhourError):
    """The limit of refused messages in a row is reached; a person must look before it goes on."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a record stood."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class DeadLetters:
    """Sends refused records of one subscriber away and counts them.

    `send(topic, value, key, headers)` returns when the broker has acknowledged. A repeat sends the
    record again: a reader of dead letters recognises it by topic, partition and offset.
    """

    def __init__(self, send: Send, *, reader: str, limit: int | None = 1_000) -> None:
        self._send = send
        self._reader = reader
        self._limit = limit
        self._in_a_row = 0

    def succeeded(self) -> None:
        """A good message ends the row."""
        self._in_a_row = 0

    async def refuse(self, topic: Topic[Any], origin: Origin, reason: Rejected) -> None:
        """Send `origin` to the dead-letter topic.

        Raises TooManyDeadLetters, without sending, when the limit is already reached: the record stays unread.
        """
        if self._limit is not None and self._in_a_row >= self._limit:
            raise TooManyDeadLetters(f"{self._in_a_row} messages of {origin.topic} in a row were refused")
        headers = [
            *origin.headers,
            ("dlt_reason", reason.code.encode()),
            ("dlt_detail", reason.detail.encode()[:HEADER_LIMIT_BYTES]),
            ("dlt_reader", self._reader.encode()),
            ("dlt_topic", origin.topic.encode()),
            ("dlt_partition", str(origin.partition).encode()),
            ("dlt_offset", str(origin.offset).encode()),
        ]
        # Kafka's producer takes no record without both; it would stop the subscriber for ever.
        value = b"" if origin.value is None and origin.key is None else origin.value
        await self._send(topic.dead_letter_name, value, origin.key, headers)
        DEAD_LETTERS.labels(topic=origin.topic, reason=reason.code).inc()
        log.warning(
            "message.refused",
            topic=origin.topic,
            partition=origin.partition,
            offset=origin.offset,
            reason=reason.code,
        )
        self._in_a_row += 1
