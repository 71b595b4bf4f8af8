"""Faults of a meter that a test can switch on and off while it runs.

Owns what a fault is and how it spoils a serial answer; the wire applies it. A healthy meter costs nothing.
"""

from enum import StrEnum


class Fault(StrEnum):
    """silence: no answer. late: the answer is sent only after the next request. delay: later, but in order."""

    NONE = "none"
    SILENCE = "silence"
    WRONG_CRC = "wrong-crc"
    FOREIGN_ADDRESS = "foreign-address"
    TRUNCATED = "truncated"
    LATE = "late"
    DELAY = "delay"


class FaultSwitch:
    """What is wrong with one meter now."""

    def __init__(self) -> None:
        self._fault = Fault.NONE
        self._requests_left: int | None = None
        self.delay_seconds = 0.0

    @property
    def fault(self) -> Fault:
        return self._fault

    def set(self, fault: Fault, *, requests: int | None = None, delay_seconds: float = 0.0) -> None:
        """Switch a fault on for the next `requests` requests, or until the next call if None.

        delay_seconds: real seconds, for Fault.DELAY alone. Setting the same again is harmless.
        """
        self._fault = fault
        self._requests_left = requests
        self.delay_seconds = delay_seconds

    def clear(self) -> None:
        self.set(Fault.NONE)

    def take(self) -> Fault:
        """Return the fault for one request and count it."""
        if self._requests_left is not None:
            if self._requests_left <= 0:
                self.clear()
                return Fault.NONE
            self._requests_left -= 1
        return self._fault
