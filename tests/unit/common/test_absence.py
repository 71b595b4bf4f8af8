"""A log that is away is told of once, not with every try of the client."""

import logging
from typing import Any

import pytest
import structlog.testing
from confluent_kafka import KafkaError, KafkaException

from common.kafka.absence import Absence
from common.kafka.bulk_consumer import BulkConsumer
from common.settings import KafkaSettings

DOWN, REFUSED = KafkaError(KafkaError._ALL_BROKERS_DOWN), KafkaError(KafkaError._AUTHENTICATION)
ONE_AWAY = KafkaError(KafkaError._TRANSPORT)


def test_a_fault_is_told_once_and_that_it_is_over_once():
    """INVARIANT: an absence of hours fills no log, and it and its end are in it."""
    absence = Absence("reader of a topic")
    with structlog.testing.capture_logs() as told:
        absence.answered()
        for _ in range(2):
            for fault in (ONE_AWAY, DOWN, REFUSED, DOWN):
                absence.failed(fault)
            absence.answered()
            absence.answered()

    once = ["log.not_reached", "log.not_reached", "log.reached_again"]
    assert [one["event"] for one in told] == once + once
    assert [one["fault"] for one in told[:2]] == ["_ALL_BROKERS_DOWN", "_AUTHENTICATION"]


def test_one_broker_of_several_that_is_away_is_no_absence():
    absence = Absence("a writer")
    with structlog.testing.capture_logs() as told:
        absence.failed(ONE_AWAY)
        absence.answered()
    assert told == []


class QuietLog:
    """A client of a log on which nothing comes; it answers when it is back."""

    def __init__(self) -> None:
        self.away = True

    def consume(self, *_: Any) -> list[Any]:
        return []

    def list_topics(self, *_: Any, **__: Any) -> None:
        if self.away:
            raise KafkaException(ONE_AWAY)

    def close(self) -> None: ...


async def test_a_reader_of_a_quiet_topic_tells_that_the_log_is_back():
    reader, log = BulkConsumer(KafkaSettings(), "a-topic", group="a-group"), QuietLog()
    reader._consumer = log  # type: ignore[assignment]
    with structlog.testing.capture_logs() as told:
        reader._absence.failed(DOWN)
        await reader.getmany(timeout_ms=0, max_records=1)
        log.away = False
        await reader.getmany(timeout_ms=0, max_records=1)
        await reader.getmany(timeout_ms=0, max_records=1)
    await reader.stop()
    assert [one["event"] for one in told] == ["log.not_reached", "log.reached_again"]


def test_of_the_clients_own_lines_only_those_of_failed_tries_are_left_out(caplog: pytest.LogCaptureFixture):
    logger = Absence("a writer").options()["logger"]
    with caplog.at_level(logging.WARNING):
        logger.error("FAIL [rdkafka#consumer-1] [thrd:x]: Connect to x failed: Connection refused")
        logger.warning("SESSTMOUT [rdkafka#consumer-1] [thrd:main]: Consumer group session timed out")

    assert [record.message[:9] for record in caplog.records] == ["SESSTMOUT"]
