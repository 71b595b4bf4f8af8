"""A log that is away is told of once, not with every try of the client."""

import logging

import pytest
import structlog.testing
from confluent_kafka import KafkaError

from common.kafka.absence import Absence

DOWN, UNREACHED = KafkaError(KafkaError._ALL_BROKERS_DOWN), KafkaError(KafkaError._TRANSPORT)


def test_a_fault_is_told_once_and_that_it_is_over_once():
    """INVARIANT: an absence of hours fills no log, and it and its end are in it."""
    absence = Absence("reader of a topic")
    with structlog.testing.capture_logs() as told:
        absence.answered()
        for _ in range(2):
            for fault in (UNREACHED, DOWN, UNREACHED, DOWN):
                absence.failed(fault)
            absence.answered()
            absence.answered()

    once = ["log.not_reached", "log.not_reached", "log.reached_again"]
    assert [one["event"] for one in told] == once + once
    assert [one["fault"] for one in told[:2]] == ["_TRANSPORT", "_ALL_BROKERS_DOWN"]


def test_of_the_clients_own_lines_only_those_of_failed_tries_are_left_out(caplog: pytest.LogCaptureFixture):
    logger = Absence("a writer").options()["logger"]
    with caplog.at_level(logging.WARNING):
        logger.error("FAIL [rdkafka#consumer-1] [thrd:x]: Connect to x failed: Connection refused")
        logger.warning("SESSTMOUT [rdkafka#consumer-1] [thrd:main]: Consumer group session timed out")

    assert [record.message[:9] for record in caplog.records] == ["SESSTMOUT"]
