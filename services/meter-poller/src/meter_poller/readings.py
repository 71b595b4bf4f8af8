"""What drivers hand over: values as the meter said them, with the frames that carried them. Pure.

Instants are aware UTC; energies are integer Wh and varh of the secondary side; None: not measured.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from topics.poller import JournalEntry, Register
from topics.quality import Quality

Energies = tuple[int | None, int | None, int | None, int | None]
"""A+, A-, R+, R-."""

CHANNELS = ("a_plus", "a_minus", "r_plus", "r_minus")
NOTHING: Energies = (None, None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One interval from `start`. Quality GAP comes with NOTHING; `frame` is the reply that told of it."""

    start: datetime
    energies: Energies
    quality: Quality
    flags: int = 0
    frame: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRun:
    """Consecutive slots, oldest first, and the end of the last of them.

    `until` is None where the meter had nothing newer. `has_more`: the next turn can go on at once.
    `foreign` counts, by reason, the records whose own time was not the expected one.
    """

    step: timedelta
    slots: list[Slot]
    until: datetime | None
    has_more: bool
    foreign: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterReading:
    """Energy registers, and the meter's clock where it has one.

    They were asked for at `asked_at` and came at `at`, by the poller's clock: what they show lies between the two.
    """

    asked_at: datetime
    at: datetime
    meter_time: datetime | None
    drift_seconds: float | None
    registers: list[Register]
    total: Energies
    frames: tuple[bytes, ...]


Phases = tuple[int | None, int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstantReading:
    """What a meter shows now; power that is taken is positive. Units as in `topics.poller.InstantValues`."""

    at: datetime
    a_plus_wh: int | None
    power_w: int | None
    reactive_power_var: int | None
    phase_powers_w: Phases
    voltages_mv: Phases
    currents_ma: Phases
    power_factor_thousandths: int | None
    frequency_millihertz: int | None
    frames: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalReading:
    """All records of a meter's journals; `digest` changes with any of them."""

    entries: list[JournalEntry]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsReading:
    """The limits of voltage that are set in a meter, from the lowest to the highest."""

    at: datetime
    voltages_mv: list[int]


def digest_of(frames: Iterable[bytes]) -> str:
    """Return the SHA-256 over raw reply frames in their order, in hex."""
    digest = sha256()
    for frame in frames:
        digest.update(frame)
    return digest.hexdigest()
