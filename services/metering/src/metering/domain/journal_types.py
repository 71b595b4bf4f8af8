"""Types of journals as the portal filters by them: each is a set of journal numbers of one subject.

The taxonomy over the families of meters: a type has the same meaning for every driver.
"""

from enum import Enum
from typing import Final

from metering.domain.journal_texts import JOURNALS


class JournalType(str, Enum):
    """What a journal is about."""

    POWER = "power"
    CLOCK = "clock"
    PHASE = "phase"
    CURRENT = "current"
    VOLTAGE = "voltage"
    FREQUENCY = "frequency"
    DIPS = "dips"
    LIMITS = "limits"
    SETTINGS = "settings"
    RESETS = "resets"
    TAMPER = "tamper"
    DIAGNOSIS = "diagnosis"


def _range(first: int, last: int) -> list[str]:
    return [f"{number:02X}" for number in range(first, last + 1)]


NUMBERS: Final = {
    JournalType.POWER: ["01"],
    JournalType.CLOCK: ["02"],
    JournalType.PHASE: [*_range(0x03, 0x05), "86"],
    JournalType.CURRENT: [*_range(0x17, 0x19), *_range(0x80, 0x85)],
    JournalType.VOLTAGE: _range(0x20, 0x2B),
    JournalType.FREQUENCY: _range(0x2C, 0x2F),
    JournalType.DIPS: _range(0x30, 0x32),
    JournalType.LIMITS: ["06", *_range(0x0B, 0x0E)],
    JournalType.SETTINGS: ["07", "08", "0F", "10", "11", "13", "15"],
    JournalType.RESETS: ["09", "0A", "16"],
    JournalType.TAMPER: ["12", "1A"],
    JournalType.DIAGNOSIS: ["14"],
}


def type_of(journal: str) -> JournalType:
    """Return the type of a journal."""
    return next(each for each, numbers in NUMBERS.items() if journal in numbers)


def chosen(*, journal: str | None, kind: JournalType | None, phase: int | None) -> list[str] | None:
    """Return the numbers of the journals that pass all filters; None if there is no filter, for then all do."""
    if journal is None and kind is None and phase is None:
        return None
    return [
        number
        for number, each in JOURNALS.items()
        if (journal is None or number == journal)
        and (kind is None or number in NUMBERS[kind])
        and (phase is None or each.phase == phase)
    ]
