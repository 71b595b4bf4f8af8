"""Quality and flags of an interval: one table for screens, API, topics and files.

The codes follow the usual ones of meter data management (ESPI QualityOfReading, Макет 80020 status);
`docs/glossary.md` has the table.
"""

from datetime import datetime
from enum import Enum, IntFlag


class Quality(str, Enum):
    """What is known of an interval's value."""

    RAW = "RAW"  # decoded, not checked
    VALID = "VALID"  # measured, passed the checks
    REVENUE = "REVENUE"  # used in a closed bill
    QUESTIONED = "QUESTIONED"  # failed a check
    ACCEPTED = "ACCEPTED"  # failed a check, a person confirmed
    CONTROL = "CONTROL"  # from the control meter
    DERIVED = "DERIVED"  # the sum is from registers, the shape is not measured
    INTERP = "INTERP"  # interpolated
    HISTORY = "HISTORY"  # estimated from like days
    LEGAL = "LEGAL"  # substituted by law
    EDITED = "EDITED"  # by a person, with an act
    GAP = "GAP"  # nothing is known; never a zero


# A lower rank never replaces a higher one without a person.
_ORDER = (
    Quality.GAP,
    Quality.RAW,
    Quality.QUESTIONED,
    Quality.LEGAL,
    Quality.HISTORY,
    Quality.INTERP,
    Quality.DERIVED,
    Quality.CONTROL,
    Quality.EDITED,
    Quality.ACCEPTED,
    Quality.VALID,
    Quality.REVENUE,
)
RANK: dict[Quality, int] = {quality: rank for rank, quality in enumerate(_ORDER)}
RANK[Quality.ACCEPTED] = RANK[Quality.VALID]

RANK_FACTOR = 2**34
# From here on, above every quality's rank: what was decided on a value that is there. What a person says of it, or a
# bill, is a rank higher than the version that it was said over, what a rule says is not.
DECISION_RANK = 16


class Flag(IntFlag):
    """Marks beside the quality, as a bit mask."""

    INCOMPLETE = 1
    CLOCK_SET = 2
    POWER_FAIL = 4
    MEM_INIT = 8
    RATIO_CHANGE = 16
    TAMPER = 32
    VOLTAGE = 64
    ROLLOVER = 128


def value_version(quality: Quality, polled_at: datetime) -> int:
    """Return the version of a value, below 2**53: the higher replaces the lower, an equal one is a repeat.

    It depends on the value's quality and reading time alone, so any order and repetition of the same
    telemetry ends in the same state.
    """
    return RANK[quality] * RANK_FACTOR + int(polled_at.timestamp())


def decided_version(decided_at: datetime, *, over: int = 0) -> int:
    """Return the version of what a rule decides on the stored value of version `over`: above every automatic version.

    A later decision replaces an earlier one, and no repeat of the telemetry undoes it. It stays below what a person or
    a bill says of the same value, whenever that is written.
    """
    return max(DECISION_RANK, over // RANK_FACTOR) * RANK_FACTOR + _later(decided_at, over)


def persons_version(decided_at: datetime, *, over: int = 0) -> int:
    """Return the version of what a person decides on the stored value of version `over`.

    What fills a gap has an automatic version (`value_version`), so that the actual value comes in its place.
    """
    return _rank_above(over) * RANK_FACTOR + _later(decided_at, over)


def billed_version(over: int) -> int:
    """Return the version of the stored value of version `over` once a closed bill has used it: below a person's.

    It depends on that alone, so a repeat gives the same one.
    """
    return _rank_above(over) * RANK_FACTOR + over % RANK_FACTOR


def is_decided(version: int) -> bool:
    """Say whether a version is that of a decision, or of a value that a bill has used."""
    return version >= DECISION_RANK * RANK_FACTOR


def ranks_of_decisions(version: int) -> int:
    """Return how many persons and bills have said something of the value on the way to this version."""
    return max(0, version // RANK_FACTOR - DECISION_RANK)


def _rank_above(version: int) -> int:
    return max(DECISION_RANK, version // RANK_FACTOR) + 1


def _later(decided_at: datetime, over: int) -> int:
    return max(int(decided_at.timestamp()), over % RANK_FACTOR + 1 if over else 0)
