"""What a meter has counted: the energy of each half hour and the registers at any instant.

Registers are the sum of the slots since the commissioning day plus a start value; sums are kept by day, so
that any instant costs the same. All state derives from curve, outages and the asked instant: a restart
loses nothing. Speaks only the meter's own time. Invariant: tests/unit/simulators/test_account.py.
"""

from array import array
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simulators.curves import SLOT_SECONDS, SLOTS_A_DAY, ZERO, Curve, Energy, add, subtract
from simulators.power import OutagePlan

SLOT = timedelta(seconds=SLOT_SECONDS)
_DAY_ON_SLOT = 14  # 07:00, where T1 begins
_DAY_OFF_SLOT = 46  # 23:00, where T2 begins again
_FIELDS = 8


class Registers(NamedTuple):
    """Energy registers by tariff zone: T1 is the day (07-23 local), T2 the night."""

    t1: Energy
    t2: Energy

    @property
    def total(self) -> Energy:
        return add(self.t1, self.t2)


@dataclass(frozen=True, slots=True)
class Slot:
    """One half hour [start_at, start_at + 30 min) of the meter's time.

    is_written is False where the supply was off all the time: there is no record, and energy is ZERO.
    """

    start_at: datetime
    energy: Energy
    is_written: bool
    is_incomplete: bool


class EnergyAccount:
    """Counts one meter's energy. register_step_seconds: how often the registers move inside a half hour."""

    def __init__(
        self,
        *,
        curve: Curve,
        zone: ZoneInfo,
        commissioned_on: date,
        start: Registers,
        outages: OutagePlan,
        tariffs: int,
        register_step_seconds: int,
    ) -> None:
        self._curve = curve
        self._zone = zone
        self._outages = outages
        self._tariffs = tariffs
        self._step_seconds = register_step_seconds
        self._commissioned_on = commissioned_on
        self.commissioned_at = self.midnight(commissioned_on)
        self._sums = array("q", (*start.t1, *start.t2))

    def midnight(self, day_on: date) -> datetime:
        """Return the instant, UTC, at which a local day begins."""
        return midnight(day_on, self._zone)

    def day_of(self, meter_at: datetime) -> date:
        return meter_at.astimezone(self._zone).date()

    @staticmethod
    def slot_start(meter_at: datetime) -> datetime:
        """Return the start of the half hour that runs at `meter_at`."""
        epoch_seconds = int(meter_at.timestamp()) // SLOT_SECONDS * SLOT_SECONDS
        return datetime.fromtimestamp(epoch_seconds, UTC)

    def tariff(self, meter_at: datetime) -> int:
        """Return 1 for the day zone, 2 for the night zone."""
        if self._tariffs == 1:
            return 1
        return 1 if _DAY_ON_SLOT <= _wall_slot(meter_at.astimezone(self._zone)) < _DAY_OFF_SLOT else 2

    def slot(self, start_at: datetime) -> Slot:
        """Return the half hour that begins at `start_at`, whether it has already passed or not."""
        if start_at < self.commissioned_at:
            return Slot(start_at, ZERO, is_written=False, is_incomplete=False)
        end_at = start_at + SLOT
        first = start_at == self.commissioned_at
        off = self._off_seconds(start_at, end_at)
        if off >= SLOT_SECONDS:
            return Slot(start_at, ZERO, is_written=False, is_incomplete=False)
        local = start_at.astimezone(self._zone)
        full = self._curve.slot(local.date(), _wall_slot(local))
        if not off:
            return Slot(start_at, full, is_written=True, is_incomplete=first)
        energy = self._part(full, SLOT_SECONDS - off, SLOT_SECONDS, self._curve.quantum_wh)
        return Slot(start_at, energy, is_written=True, is_incomplete=True)

    def registers(self, meter_at: datetime) -> Registers:
        """Return the registers at the meter's instant; before commissioning the start values.

        Inside a running half hour they move every register_step_seconds, in whole Wh in proportion to the
        time with supply; in the first step after a border they show exactly the border's value.
        """
        if meter_at <= self.commissioned_at:
            return self._day_start(self._commissioned_on)
        day_on = self.day_of(meter_at)
        counted = self._day_start(day_on)
        slot_at = self.slot_start(meter_at)
        if self._is_regular(day_on):
            wall_slot = _wall_slot(slot_at.astimezone(self._zone))
            counted = _sum(counted, self._regular_until(day_on, wall_slot))
        else:
            counted = _sum(counted, self._walk(self.midnight(day_on), slot_at))
        return _sum(counted, self._zoned(slot_at, self._running(slot_at, meter_at)))

    def _running(self, slot_at: datetime, meter_at: datetime) -> Energy:
        passed = int((meter_at - slot_at).total_seconds()) // self._step_seconds * self._step_seconds
        slot = self.slot(slot_at)
        if not passed or not slot.is_written:
            return ZERO
        on = passed - self._off_seconds(slot_at, slot_at + timedelta(seconds=passed))
        whole = SLOT_SECONDS - self._off_seconds(slot_at, slot_at + SLOT)
        return self._part(slot.energy, on, whole, 1)

    def _off_seconds(self, start_at: datetime, end_at: datetime) -> int:
        outages = self._outages.within(start_at, end_at)
        return sum(int((outage.on_at - outage.off_at).total_seconds()) for outage in outages)

    @staticmethod
    def _part(energy: Energy, numerator: int, denominator: int, quantum: int) -> Energy:
        return Energy(*(value * numerator // denominator // quantum * quantum for value in energy))

    def _day_start(self, day_on: date) -> Registers:
        index = (day_on - self._commissioned_on).days
        while len(self._sums) // _FIELDS <= index:
            next_on = self._commissioned_on + timedelta(days=len(self._sums) // _FIELDS - 1)
            counted = _sum(self._stored(-1), self._whole_day(next_on))
            self._sums.extend((*counted.t1, *counted.t2))
        return self._stored(index)

    def _stored(self, index: int) -> Registers:
        at = index * _FIELDS if index >= 0 else len(self._sums) - _FIELDS
        values = self._sums[at : at + _FIELDS]
        return Registers(Energy(*values[:4]), Energy(*values[4:]))

    def _whole_day(self, day_on: date) -> Registers:
        if self._is_regular(day_on):
            return self._regular_until(day_on, SLOTS_A_DAY)
        return self._walk(self.midnight(day_on), self.midnight(day_on + timedelta(days=1)))

    def _is_regular(self, day_on: date) -> bool:
        start_at, end_at = self.midnight(day_on), self.midnight(day_on + timedelta(days=1))
        return end_at - start_at == SLOTS_A_DAY * SLOT and not self._outages.within(start_at, end_at)

    def _regular_until(self, day_on: date, index: int) -> Registers:
        counted = self._curve.until_slot(day_on, index)
        if self._tariffs == 1:
            return Registers(counted, ZERO)
        before = self._curve.until_slot(day_on, min(index, _DAY_ON_SLOT))
        day = subtract(self._curve.until_slot(day_on, min(index, _DAY_OFF_SLOT)), before)
        return Registers(day, subtract(counted, day))

    def _walk(self, start_at: datetime, end_at: datetime) -> Registers:
        counted = Registers(ZERO, ZERO)
        while start_at < end_at:
            counted = _sum(counted, self._zoned(start_at, self.slot(start_at).energy))
            start_at += SLOT
        return counted

    def _zoned(self, slot_at: datetime, energy: Energy) -> Registers:
        return Registers(energy, ZERO) if self.tariff(slot_at) == 1 else Registers(ZERO, energy)


@lru_cache(maxsize=16_384)
def midnight(day_on: date, zone: ZoneInfo) -> datetime:
    """Return the instant, UTC, at which a local day begins."""
    return datetime.combine(day_on, time(), zone).astimezone(UTC)


def _sum(left: Registers, right: Registers) -> Registers:
    return Registers(add(left.t1, right.t1), add(left.t2, right.t2))


def _wall_slot(local: datetime) -> int:
    return local.hour * 2 + local.minute // 30
