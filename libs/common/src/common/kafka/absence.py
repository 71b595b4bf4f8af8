"""Tells once that librdkafka cannot reach the log, and once that it can again: itself it writes a line a try.

While every broker is away it begins anew with the addresses that it was given, and forgets its pauses each time.
"""

import logging
import threading
import time
from typing import Any, Final

from common.logging import get_logger

log = get_logger(__name__)

# The default, 100 ms, is what it tries at for as long as no broker answers: ten tries a second and connection.
PAUSES: Final = {"reconnect.backoff.ms": 1_000, "reconnect.backoff.max.ms": 2_000}
_TRY_FAILED: Final = "FAIL "
# While another broker answers, one that is away is the cluster's own matter.
_FAULTS: Final = frozenset({"_ALL_BROKERS_DOWN", "_AUTHENTICATION", "_SSL"})


class Absence:
    """What one client has told of its connection. `options` are for the client, whose polls report its faults."""

    def __init__(self, client: str) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._told: set[str] = set()
        self._since = 0.0

    def options(self) -> dict[str, Any]:
        logger = logging.getLogger("librdkafka")
        logger.addFilter(_is_no_try)  # a repeat is harmless
        return {**PAUSES, "error_cb": self.failed, "logger": logger}

    @property
    def told(self) -> bool:
        """Whether a fault was told and not yet that it is over."""
        return bool(self._told)

    def failed(self, error: Any) -> None:
        """Tell of a fault that keeps the client from the log, once of each kind."""
        if error.name() not in _FAULTS:
            return
        with self._lock:
            if error.name() in self._told:
                return
            if not self._told:
                self._since = time.monotonic()
            self._told.add(error.name())
        log.warning("log.not_reached", client=self._client, fault=error.name(), error=error.str())

    def answered(self) -> None:
        """Tell that it goes on, if a fault was told."""
        with self._lock:
            if not self._told:
                return
            self._told.clear()
            seconds = time.monotonic() - self._since
        log.info("log.reached_again", client=self._client, seconds=round(seconds, 1))


def _is_no_try(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(_TRY_FAILED)
