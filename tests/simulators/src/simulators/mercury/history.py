"""What happened to a meter, as its journals will tell: seeded occurrences, outages, clock corrections.

A pure function of seed, day and journal, worked out day by day and kept. Occurrences of one journal never
overlap. Knows no layout of a record. Rates: docs/architecture/simulators.md.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from simulators.account import EnergyAccount
from simulators.meter_clock import MeterClock
from simulators.noise import pick
from simulators.power import OutagePlan

POWER: Final = 0x01
CLOCK: Final = 0x02
PHASES: Final = (0x03, 0x04, 0x05)
PHASE_CURRENTS: Final = (0x17, 0x18, 0x19)
_KEY = 8_301
_MINUTE = 60
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Occurrence:
    """opened_at, closed_at: aware UTC by the meter's clock; closed_at None: it never closes, or has no end.

    detail: seed of what else the record shows.
    """

    opened_at: datetime
    closed_at: datetime | None
    detail: int = 0


@dataclass(frozen=True, slots=True)
class _Rate:
    """How often a journal gets an entry: days in a thousand, hours of the day, shortest and longest."""

    days: int
    from_hour: int
    to_hour: int
    shortest_seconds: int
    longest_seconds: int
    long_share: int = 0  # entries in a thousand that last 6 to 30 hours


_MOMENT = _Rate(10, 8, 17, 0, 0)
_RATES: Final[dict[int, _Rate]] = {
    **{phase: _Rate(50, 1, 20, 2 * _MINUTE, 40 * _MINUTE) for phase in PHASES},
    **{current: _Rate(30, 1, 20, 5 * _MINUTE, 90 * _MINUTE) for current in PHASE_CURRENTS},
    0x06: _Rate(70, 18, 22, 5 * _MINUTE, 25 * _MINUTE),
    **dict.fromkeys((0x07, 0x08, 0x0B, 0x0C, 0x0F, 0x10, 0x11, 0x15), _MOMENT),
    0x12: _Rate(25, 9, 16, 3 * _MINUTE, 15 * _MINUTE),
    0x13: _Rate(15, 9, 16, 0, 0),
    0x14: _Rate(12, 0, 23, 0, 0),
    0x16: _Rate(33, 0, 1, 0, 0),
    0x1A: _Rate(20, 9, 20, _MINUTE, 3 * _MINUTE),
    **dict.fromkeys((0x20, 0x24, 0x28), _Rate(120, 6, 22, 2 * _MINUTE, 20 * _MINUTE, 125)),
    **dict.fromkeys((0x21, 0x25, 0x29), _Rate(330, 6, 22, 5 * _MINUTE, 60 * _MINUTE, 80)),
    **dict.fromkeys((0x22, 0x26, 0x2A), _Rate(500, 0, 22, 5 * _MINUTE, 60 * _MINUTE, 80)),
    **dict.fromkeys((0x23, 0x27, 0x2B), _Rate(70, 0, 22, 1 * _MINUTE, 10 * _MINUTE)),
    **dict.fromkeys((0x2C, 0x2D, 0x2E, 0x2F), _Rate(30, 0, 22, _MINUTE, 10 * _MINUTE)),
    **dict.fromkeys((0x30, 0x31, 0x32), _Rate(120, 0, 23, 0, 0)),
    **dict.fromkeys(range(0x80, 0x87), _Rate(20, 6, 22, 2 * _MINUTE, 3 * _HOUR, 100)),
}
# Written once, on the commissioning day.
_AT_COMMISSIONING: Final = (0x07, 0x08, 0x09, 0x0A, 0x0F, 0x10, 0x11, 0x13, 0x15, 0x16)


class History:
    """All occurrences of one meter up to any instant that was asked for."""

    def __init__(
        self,
        *,
        account: EnergyAccount,
        clock: MeterClock,
        outages: OutagePlan,
        seed: int,
        seeded: bool,
        given: Sequence[tuple[int, Occurrence]],
        commissioned_on: date,
    ) -> None:
        self._account = account
        self._clock = clock
        self._outages = outages
        self._seed = seed
        self._seeded = seeded
        self._given = given
        self._next_on = commissioned_on
        self._found: dict[int, list[Occurrence]] = defaultdict(list)
        self._begin(commissioned_on)

    def until(self, journal: int, meter_at: datetime) -> list[Occurrence]:
        """Return the journal's occurrences that have begun by `meter_at`, oldest first.

        One that has not ended by then has closed_at None.
        """
        last_on = self._account.day_of(meter_at)
        while self._next_on <= last_on:
            for number, occurrence in self._day(self._next_on):
                self._append(number, occurrence)
            self._next_on += timedelta(days=1)
        if journal == POWER or journal in PHASES or journal in PHASE_CURRENTS:
            return self._supplied(journal, meter_at)
        known = [*self._found[journal], *(given for number, given in self._given if number == journal)]
        known.sort(key=lambda occurrence: occurrence.opened_at)
        begun = (occurrence for occurrence in known if occurrence.opened_at <= meter_at)
        return [_as_seen(occurrence, meter_at) for occurrence in begun]

    def dead_phases(self, meter_at: datetime) -> tuple[int, ...]:
        """Return 0, 1, 2 for the phases without voltage."""
        if not self._seeded and not self._given:
            return ()
        open_last = (self.until(journal, meter_at)[-1:] for journal in PHASES)
        return tuple(i for i, last in enumerate(open_last) if last and last[0].closed_at is not None)

    def _supplied(self, journal: int, meter_at: datetime) -> list[Occurrence]:
        """Turn the breaks of a supply into the journal's records: on since, off since."""
        until_at = meter_at + timedelta(microseconds=1)
        outages = self._outages.within(self._account.commissioned_at, until_at)
        breaks = [Occurrence(outage.off_at, outage.on_at) for outage in outages]
        breaks += self._found[journal]
        breaks += [given for number, given in self._given if number == journal]
        periods: list[Occurrence] = []
        on_at: datetime | None = self._account.commissioned_at
        for off_at, back_at in _joined(breaks, meter_at):
            if on_at is not None:
                periods.append(Occurrence(on_at, off_at))
            on_at = back_at
        if on_at is not None:
            periods.append(Occurrence(on_at, None))
        return periods

    def _begin(self, commissioned_on: date) -> None:
        if not self._seeded:
            return
        for number in _AT_COMMISSIONING:
            opened_at = self._account.midnight(commissioned_on) + timedelta(seconds=number)
            self._append(number, Occurrence(opened_at, None, number))

    def _append(self, number: int, occurrence: Occurrence) -> None:
        earlier = self._found[number]
        if earlier and occurrence.opened_at <= (earlier[-1].closed_at or earlier[-1].opened_at):
            return
        earlier.append(occurrence)

    def _day(self, day_on: date) -> Iterator[tuple[int, Occurrence]]:
        if self._clock.daily_correction_seconds:
            correction = self._clock.correction(day_on)
            yield CLOCK, Occurrence(correction.before_at, correction.after_at)
        if not self._seeded:
            return
        for number, rate in _RATES.items():
            occurrence = self._seeded_occurrence(number, rate, day_on)
            if occurrence is not None:
                yield number, occurrence

    def _seeded_occurrence(self, number: int, rate: _Rate, day_on: date) -> Occurrence | None:
        keys = (self._seed, _KEY, number, day_on.toordinal())
        if pick(1000, *keys) >= rate.days:
            return None
        second = rate.from_hour * _HOUR + pick((rate.to_hour - rate.from_hour) * _HOUR, *keys, 1)
        opened_at = self._account.midnight(day_on) + timedelta(seconds=second)
        detail = pick(1 << 32, *keys, 2)
        if not rate.longest_seconds:
            return Occurrence(opened_at, None, detail)
        duration = rate.shortest_seconds + pick(rate.longest_seconds - rate.shortest_seconds + 1, *keys, 3)
        if pick(1000, *keys, 4) < rate.long_share:
            duration = 6 * _HOUR + pick(24 * _HOUR, *keys, 5)
        return Occurrence(opened_at, opened_at + timedelta(seconds=duration), detail)


def _as_seen(occurrence: Occurrence, meter_at: datetime) -> Occurrence:
    if occurrence.closed_at is None or occurrence.closed_at <= meter_at:
        return occurrence
    return Occurrence(occurrence.opened_at, None, occurrence.detail)


def _joined(breaks: Sequence[Occurrence], meter_at: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield the breaks that have begun, joined where they overlap; the end None if it is still to come."""
    never = datetime.max.replace(tzinfo=meter_at.tzinfo)
    begun = sorted((broken.opened_at, broken.closed_at or never) for broken in breaks if broken.opened_at <= meter_at)
    off_at: datetime | None = None
    back_at = never
    for start_at, end_at in begun:
        if off_at is not None and start_at <= back_at:
            back_at = max(back_at, end_at)
            continue
        if off_at is not None:
            yield off_at, back_at
        off_at, back_at = start_at, end_at
    if off_at is not None:
        yield off_at, back_at if back_at <= meter_at else None
