"""Where a Mercury's profile records stand, and what one of them says about an expected half hour. Pure.

A record's time is the END of its interval; the last one of a day may carry 00:00 of the day that ends (24:00).
The ring's address moves on while the supply is off, so an address tells only where a record should be: its
own time decides. Source: maker's description 12.2020, 2.4 and 2.6.18.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from meter_poller.drivers.mercury_frames import (
    RECORD_INCOMPLETE,
    RECORD_MEMORY_INIT,
    RECORD_STEP,
    RUN_RECORDS,
    ProfileRecord,
    energy_of_counts,
)
from meter_poller.readings import NOTHING, Slot
from topics.quality import Flag, Quality

DAY = timedelta(days=1)
HIGH_BIT = 0x1_0000


class Addressing(Enum):
    """What the two bytes of 08 13 count. Newer meters give the record's number, older ones its address."""

    RECORD = RECORD_STEP
    BYTE = 1


@dataclass(frozen=True, slots=True)
class Ring:
    """The addresses of profile memory."""

    memory_bytes: int

    @property
    def capacity(self) -> int:
        return self.memory_bytes // RECORD_STEP

    def candidates(self, pointer: int, known: Addressing | None) -> list[tuple[Addressing, int]]:
        """Return where the newest record may stand, the likeliest first.

        Each address is also tried with the other 17th bit: firmware differs in what it says of it.
        """
        order = [Addressing.RECORD, Addressing.BYTE]
        if known is Addressing.BYTE:
            order.reverse()
        plain = [(addressing, pointer * addressing.value) for addressing in order]
        flipped = [(addressing, address ^ HIGH_BIT) for addressing, address in plain]
        return [(a, at) for a, at in (*plain, *flipped) if at < self.memory_bytes and not at % RECORD_STEP]

    def back(self, address: int, records: int) -> int:
        """Return the address that stands `records` before `address`."""
        return (address - records * RECORD_STEP) % self.memory_bytes

    def run_fits(self, address: int) -> bool:
        """Tell whether a run of 17 records stays clear of the ring's end and of the 17th bit's change."""
        return address % HIGH_BIT + RUN_RECORDS * RECORD_STEP <= HIGH_BIT


def to_utc(meter_time: datetime, zone: ZoneInfo, *, winter: bool) -> datetime:
    """Return the instant of a naive meter time; `winter` decides in the hour that comes twice."""
    return meter_time.replace(tzinfo=zone, fold=int(winter)).astimezone(UTC)


def is_labelled(record: ProfileRecord, end_at: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the record's own time names the interval that ends at `end_at`."""
    expected = end_at.astimezone(zone).replace(tzinfo=None)
    if record.meter_time == expected:
        return True
    return expected.time() == time() and record.meter_time == expected - DAY


def foreign_reason(record: ProfileRecord, end_at: datetime, *, step: timedelta, zone: ZoneInfo) -> str | None:
    """Return why the record is not the one of `end_at`, or None if it is."""
    if record.meter_time is None:
        return "unwritten"
    if not is_labelled(record, end_at, zone):
        return "future" if record.meter_time > end_at.astimezone(zone).replace(tzinfo=None) else "past"
    if timedelta(minutes=record.period_minutes) != step:
        return "period"
    return None


def slot_of(record: ProfileRecord, *, start: datetime, foreign: str | None, pulses_per_kwh: int, frame: bytes) -> Slot:
    """Return what the record says of the slot from `start`; a foreign one, or one without any value, is a gap."""
    counts = record.counts
    if foreign is not None or all(value is None for value in counts):
        return Slot(start=start, energies=NOTHING, quality=Quality.GAP, frame=frame)
    a_plus, a_minus, r_plus, r_minus = (
        None if value is None else energy_of_counts(value, pulses_per_kwh) for value in counts
    )
    flags = Flag(0)
    if record.status & RECORD_INCOMPLETE:
        flags |= Flag.INCOMPLETE
    if record.status & RECORD_MEMORY_INIT:
        flags |= Flag.MEM_INIT
    energies = (a_plus, a_minus, r_plus, r_minus)
    return Slot(start=start, energies=energies, quality=Quality.RAW, flags=int(flags), frame=frame)
