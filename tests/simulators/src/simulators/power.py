"""When the supply of a meter is off: given outages and a seeded script of them, in the meter's own time.

While the supply is off the meter counts nothing, writes no profile record and answers nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from simulators.noise import pick

_KEY = 8_001
_RATE_PER_THOUSAND_DAYS = 80
_EARLIEST_SECOND = 3600
_START_SPAN_SECONDS = 17 * 3600
_SHORTEST_SECONDS = 20 * 60
_DURATION_SPAN_SECONDS = 4 * 3600


@dataclass(frozen=True, slots=True, order=True)
class Outage:
    """No supply in [off_at, on_at); aware UTC by the meter's own clock."""

    off_at: datetime
    on_at: datetime


class OutagePlan:
    """The outages of one meter. Seeded ones never cross the local midnight."""

    def __init__(self, *, zone: ZoneInfo, seed: int, seeded: bool, given: Sequence[Outage], first_day_on: date) -> None:
        self._zone = zone
        self._seed = seed
        self._seeded = seeded
        self._given = tuple(sorted(given))
        self._first_day_on = first_day_on

    def within(self, start_at: datetime, end_at: datetime) -> list[Outage]:
        """Return the outages that touch [start_at, end_at), clipped to it, joined, in order of time."""
        if not self._seeded and not self._given:
            return []
        joined: list[Outage] = []
        for outage in sorted(self._touching(start_at, end_at)):
            off_at, on_at = max(outage.off_at, start_at), min(outage.on_at, end_at)
            if joined and off_at <= joined[-1].on_at:
                joined[-1] = Outage(joined[-1].off_at, max(joined[-1].on_at, on_at))
            else:
                joined.append(Outage(off_at, on_at))
        return joined

    def is_off(self, at: datetime) -> bool:
        return bool(self.within(at, at + timedelta(microseconds=1)))

    def _touching(self, start_at: datetime, end_at: datetime) -> Iterator[Outage]:
        for outage in self._given:
            if outage.off_at < end_at and outage.on_at > start_at:
                yield outage
        if not self._seeded:
            return
        day_on = max(start_at.astimezone(self._zone).date(), self._first_day_on)
        last_on = end_at.astimezone(self._zone).date()
        while day_on <= last_on:
            seeded = self._on_day(day_on)
            if seeded and seeded.off_at < end_at and seeded.on_at > start_at:
                yield seeded
            day_on += timedelta(days=1)

    def _on_day(self, day_on: date) -> Outage | None:
        ordinal = day_on.toordinal()
        first_day = day_on == self._first_day_on
        if first_day or pick(1000, self._seed, _KEY, ordinal) >= _RATE_PER_THOUSAND_DAYS:
            return None
        second = _EARLIEST_SECOND + pick(_START_SPAN_SECONDS, self._seed, _KEY, ordinal, 1)
        duration = _SHORTEST_SECONDS + pick(_DURATION_SPAN_SECONDS, self._seed, _KEY, ordinal, 2)
        midnight_at = datetime.combine(day_on, time(), self._zone).astimezone(UTC)
        off_at = midnight_at + timedelta(seconds=second)
        return Outage(off_at, off_at + timedelta(seconds=duration))
