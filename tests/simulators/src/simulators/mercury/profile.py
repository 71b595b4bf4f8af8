"""The half-hour profile memory: a ring of 15-byte records at addresses 16 apart.

The address grows with time even while the supply is off; a slot that was not written still holds the
record of an earlier lap. Source: maker's command system 12.2020, sections 2.6.18, 2.7 and 2.8.
"""

from datetime import datetime, time, timedelta
from math import gcd
from typing import Literal

from simulators.account import SLOT, EnergyAccount, Slot
from simulators.curves import Energy
from simulators.mercury.encoding import profile_time
from simulators.mercury.status import Refused, Status
from simulators.meter_clock import MeterClock

RECORD_STEP = 0x10
RECORD_BYTES = 15
MAX_RECORDS = 17
MAX_COUNT = 0xFFFE
PERIOD_MINUTES = 30
ABSENT = b"\xff\xff"
_NEVER_WRITTEN = bytes((0, 0, 0, 0, 0, 0, PERIOD_MINUTES)) + ABSENT * 4
_MEMORY_NUMBER = 3
_MAX_VALUES = 8
_STATUS_WINTER = 0x08
_STATUS_INITIALISED = 0x04
_STATUS_INCOMPLETE = 0x02
_STATUS_WRAPPED = 0x01


class ProfileMemory:
    """Memory 3 of one meter. A record's index counts half hours since commissioning, over all laps."""

    def __init__(
        self,
        *,
        account: EnergyAccount,
        clock: MeterClock,
        memory_bytes: int,
        addressing: Literal["record", "byte"],
        midnight_label: Literal["next-date", "previous-date"],
        impulses_per_kwh: int,
        directions: int,
    ) -> None:
        self._account = account
        self._clock = clock
        self._memory_bytes = memory_bytes
        self._capacity = memory_bytes // RECORD_STEP
        self._addressing = addressing
        self._midnight_is_previous = midnight_label == "previous-date"
        self._impulses_per_kwh = impulses_per_kwh
        self._directions = directions

    def last_record(self, meter_at: datetime) -> bytes:
        """Answer 08 13: nine bytes, address, status, time and period of the newest record."""
        index = self._newest(meter_at)
        record = self._record_bytes(index % self._capacity, meter_at)
        number = index % self._capacity
        address = number * RECORD_STEP if self._addressing == "byte" else number
        return address.to_bytes(2, "big") + record[:7]

    def read(self, body: bytes, meter_at: datetime) -> bytes:
        """Answer 06: `body` is memory byte, address high, address low, length. Raises Refused."""
        selector, length = body[0], body[3]
        address = (selector >> 7) << 16 | int.from_bytes(body[1:3], "big")
        if selector & 0x0F != _MEMORY_NUMBER or address % RECORD_STEP or address >= self._memory_bytes:
            raise Refused(Status.BAD_PARAMETER)
        number = address // RECORD_STEP
        kind = selector >> 4 & 0x07
        if kind == 0:
            return self._records(number, length, meter_at)
        return self._values(number, kind, length, meter_at)

    def read_back(self, body: bytes, meter_at: datetime) -> bytes:
        """Answer 16: `body` is memory, offset high, offset low, count; the oldest record comes first."""
        offset, count = int.from_bytes(body[1:3], "big"), body[3]
        if body[0] != _MEMORY_NUMBER or not 1 <= count <= MAX_RECORDS:
            raise Refused(Status.BAD_PARAMETER)
        oldest = self._newest(meter_at) - offset - count + 1
        return self._records(oldest % self._capacity, count * RECORD_BYTES, meter_at)

    def _records(self, number: int, length: int, meter_at: datetime) -> bytes:
        count, rest = divmod(length, RECORD_BYTES)
        if rest or not count:
            raise Refused(Status.INTERNAL_ERROR)
        return b"".join(self._record_bytes((number + i) % self._capacity, meter_at) for i in range(count))

    def _values(self, number: int, kind: int, length: int, meter_at: datetime) -> bytes:
        count, rest = divmod(length, 2)
        if rest or not 1 <= count <= _MAX_VALUES or kind > 4:
            raise Refused(Status.INTERNAL_ERROR)
        at = 7 + (kind - 1) * 2
        records = (self._record_bytes((number + i) % self._capacity, meter_at) for i in range(count))
        return b"".join(record[at : at + 2] for record in records)

    def _newest(self, meter_at: datetime) -> int:
        index = self._completed(meter_at)
        while index >= 0 and not self._slot(index).is_written:
            index -= 1
        if index < 0:
            raise Refused(Status.INTERNAL_ERROR)
        return index

    def _completed(self, meter_at: datetime) -> int:
        return (meter_at - self._account.commissioned_at) // SLOT - 1

    def _slot(self, index: int) -> Slot:
        return self._account.slot(self._account.commissioned_at + index * SLOT)

    def _record_bytes(self, number: int, meter_at: datetime) -> bytes:
        completed = self._completed(meter_at)
        index = completed - (completed - number) % self._capacity
        while index >= 0:
            slot = self._slot(index)
            if slot.is_written:
                return self._encode(index, slot)
            index -= self._capacity
        return _NEVER_WRITTEN

    def _encode(self, index: int, slot: Slot) -> bytes:
        status = (self._account.tariff(slot.start_at) - 1) << 5
        status |= _STATUS_WINTER if self._clock.is_winter(slot.start_at) else 0
        status |= _STATUS_INITIALISED if index == 0 else 0
        status |= _STATUS_INCOMPLETE if slot.is_incomplete else 0
        status |= _STATUS_WRAPPED if index >= self._capacity else 0
        label = profile_time(self._label(slot.start_at + SLOT))
        return bytes((status, *label, PERIOD_MINUTES)) + self._counts(slot.energy)

    def _label(self, end_at: datetime) -> datetime:
        meter_time = self._clock.local(end_at)
        if self._midnight_is_previous and meter_time.time() == time():
            return meter_time - timedelta(days=1)
        return meter_time

    def _counts(self, energy: Energy) -> bytes:
        fields = [counts(value, self._impulses_per_kwh).to_bytes(2, "little") for value in energy]
        if self._directions == 1:
            fields[1] = ABSENT
        return b"".join(fields)


def counts(value_wh: int, impulses_per_kwh: int) -> int:
    """Return the counts N of a record: energy in kWh is N / 2A, whatever the period."""
    return value_wh * 2 * impulses_per_kwh // 1000


def quantum_wh(impulses_per_kwh: int) -> int:
    """Return the least energy that is a whole number of counts."""
    return 1000 // gcd(2 * impulses_per_kwh, 1000)
