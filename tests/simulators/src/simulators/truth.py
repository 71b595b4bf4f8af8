"""What a test may compare with: the true half hours, registers and journal of a simulated meter.

Answers in true UTC for energy; a meter with a wrong clock is asked at the instants that it believes in.
Changes nothing, needs no socket.
"""

from datetime import datetime

from simulators.account import SLOT, EnergyAccount, Registers, Slot
from simulators.meter_clock import MeterClock


class MeterTruth:
    """The truth about one meter, from its account and its clock."""

    def __init__(self, *, account: EnergyAccount, clock: MeterClock) -> None:
        self._account = account
        self._clock = clock

    def slots(self, start_at: datetime, end_at: datetime) -> list[Slot]:
        """Return every half hour of [start_at, end_at), by the label the meter gives it, aware UTC.

        Slots that the meter did not write (supply off, not yet commissioned) are there with
        is_written False. Raises ValueError if start_at is not on a half hour.
        """
        if start_at.timestamp() % SLOT.total_seconds():
            msg = f"{start_at.isoformat()} is not the start of a half hour"
            raise ValueError(msg)
        found = []
        while start_at < end_at:
            found.append(self._account.slot(start_at))
            start_at += SLOT
        return found

    def registers(self, at: datetime) -> Registers:
        """Return what the registers show at the true instant `at`."""
        return self._account.registers(self._clock.instant(at))

    def registers_at_label(self, meter_at: datetime) -> Registers:
        """Return what the registers show when the meter's clock shows `meter_at` (aware UTC)."""
        return self._account.registers(meter_at)
