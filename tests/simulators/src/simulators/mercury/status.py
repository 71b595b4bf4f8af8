"""The one-byte status answer of the Mercury protocol, and how a command is refused.

Source: maker's command system 12.2020, section 1.5.
"""

from enum import IntEnum


class Status(IntEnum):
    OK = 0
    BAD_PARAMETER = 1
    INTERNAL_ERROR = 2
    ACCESS_LEVEL = 3
    CLOCK_ALREADY_CORRECTED = 4
    CHANNEL_CLOSED = 5


class Refused(Exception):
    """The meter answers with a status instead of data."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status
