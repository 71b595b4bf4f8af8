"""The meter's own clock: its zone, a constant error, and a loss that is corrected once a day.

A meter lives wholly by this clock: load, registers, profile and journals are functions of what it shows.
Maps true instants to the meter's; knows nothing of frames.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from simulators.noise import around, pick

_KEY = 8_101
_CORRECTED_AT = time(17, 28, 10)
_MINUTE_SPAN_SECONDS = 40
_SPREAD_SECONDS = 3
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Correction:
    """One setting of the clock; both instants are aware UTC as the meter counted them."""

    before_at: datetime
    after_at: datetime


@dataclass(frozen=True, slots=True)
class MeterClock:
    """drift_seconds: meter minus true, constant. daily_correction_seconds: lost each day and given back."""

    zone: ZoneInfo
    drift_seconds: int
    daily_correction_seconds: int
    seed: int

    def instant(self, at: datetime) -> datetime:
        """Return the instant the meter believes it is at the true instant `at`; both aware UTC."""
        shown_at = at + timedelta(seconds=self.drift_seconds)
        if not self.daily_correction_seconds:
            return shown_at
        day_on = shown_at.astimezone(self.zone).date()
        ahead = self.correction(day_on)
        if shown_at >= ahead.after_at:
            ahead = self.correction(day_on + timedelta(days=1))
            behind = self.correction(day_on)
        else:
            behind = self.correction(day_on - timedelta(days=1))
        lost = ahead.after_at - ahead.before_at
        passed = (shown_at - behind.after_at) // _MICROSECOND
        span = (ahead.after_at - behind.after_at) // _MICROSECOND
        return shown_at - timedelta(microseconds=lost // _MICROSECOND * passed // span)

    def correction(self, day_on: date) -> Correction:
        """Return the correction of a local day; only for a clock that is corrected."""
        ordinal = day_on.toordinal()
        late = pick(_MINUTE_SPAN_SECONDS, self.seed, _KEY, ordinal)
        after_at = datetime.combine(day_on, _CORRECTED_AT, self.zone).astimezone(UTC)
        after_at += timedelta(seconds=late)
        lost = self.daily_correction_seconds + around(_SPREAD_SECONDS, self.seed, _KEY, ordinal, 1)
        return Correction(after_at - timedelta(seconds=max(1, lost)), after_at)

    def local(self, meter_at: datetime) -> datetime:
        """Return what the display shows at the meter's instant: naive meter time."""
        return meter_at.astimezone(self.zone).replace(tzinfo=None)

    def is_winter(self, meter_at: datetime) -> bool:
        return not meter_at.astimezone(self.zone).dst()
