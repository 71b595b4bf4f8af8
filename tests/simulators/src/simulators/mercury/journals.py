"""The journals 01 to 86: rings of ten event records and of a hundred power-quality records.

A record has no id, only its place in the ring; one that is still open shows zeros as its second time and
is rewritten when it closes. Source: maker's command system 12.2020, sections 2.5.2 to 2.5.16.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from simulators.mercury.encoding import EMPTY_TIME, bcd, journal_time
from simulators.mercury.history import History, Occurrence
from simulators.mercury.status import Refused, Status
from simulators.meter_clock import MeterClock

EVENT_RING = 10
QUALITY_RING = 100
COVER = 0x12
_REPROGRAMMED = 0x13
_STATE_WORD = 0x14
_COVER_RING = 5
_LAST = 0xFF
_ALL_EVENTS = 0xFE
STATISTICS = 0xF9
_BLOCK_RECORDS = 20
_BLOCKS = {0xFE: 0, 0xFD: 20, 0xFC: 40, 0xFB: 60, 0xFA: 80}
_QUALITY = range(0x20, 0x33)
_DIPS = range(0x30, 0x33)
_ONE_TIME = (0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x15, 0x16)
_KNOWN = (*range(0x01, 0x1B), *_QUALITY, *range(0x80, 0x87))
_DURATION_LIMITS = (2, 10, 50, 100, 300, 2000, 6000, 18_000)
# Upper limits of the remaining voltage, in hundredths of a percent, for the ranges 7 down to 2.
_DIP_RANGES = ((7, 500), (6, 1000), (5, 4000), (4, 7000), (3, 8500))
_HIGH_SWELL = 14_000


class Journals:
    """Reads one meter's history in the layouts of the protocol."""

    def __init__(self, *, history: History, clock: MeterClock) -> None:
        self._history = history
        self._clock = clock

    def read(self, body: bytes, meter_at: datetime) -> bytes:
        """Answer 04: `body` is journal, record and, for the statistics of dips, the voltage range."""
        journal, record = body[0], body[1]
        if journal not in _KNOWN:
            raise Refused(Status.BAD_PARAMETER)
        occurrences = self._history.until(journal, meter_at)
        if record == STATISTICS and journal in _DIPS:
            return _statistics(occurrences, body[2])
        size = QUALITY_RING if journal in _QUALITY else EVENT_RING
        ring = self._ring(journal, occurrences, size)
        if record == _LAST:
            return self._last(journal, occurrences, size)
        if journal in _QUALITY and record in _BLOCKS:
            first = _BLOCKS[record]
            return b"".join(ring[first : first + _BLOCK_RECORDS])
        if journal not in _QUALITY and record == _ALL_EVENTS:
            return b"".join(ring)
        if record >= size:
            raise Refused(Status.BAD_PARAMETER)
        return ring[record]

    def _last(self, journal: int, occurrences: Sequence[Occurrence], size: int) -> bytes:
        if journal == COVER:
            raise Refused(Status.BAD_PARAMETER)
        encode = self._layout(journal)
        if not occurrences:
            return _empty(journal) + b"\x00"
        return encode(occurrences[-1]) + bytes(((len(occurrences) - 1) % size,))

    def _ring(self, journal: int, occurrences: Sequence[Occurrence], size: int) -> list[bytes]:
        ring = [_empty(journal)] * size
        encode = self._layout(journal)
        if journal == COVER:
            for seal in (0, 1):
                own = [occurrence for occurrence in occurrences if occurrence.detail % 2 == seal]
                for ordinal, occurrence in enumerate(own):
                    ring[seal * _COVER_RING + ordinal % _COVER_RING] = encode(occurrence)
            return ring
        for ordinal, occurrence in list(enumerate(occurrences))[-size:]:
            ring[ordinal % size] = encode(occurrence)
        return ring

    def _layout(self, journal: int) -> Callable[[Occurrence], bytes]:
        if journal in _ONE_TIME:
            return lambda occurrence: self._time(occurrence.opened_at)
        if journal in _DIPS:
            return self._dip
        special = {_REPROGRAMMED: self._reprogrammed, _STATE_WORD: self._state_word}
        return special.get(journal, self._two_times)

    def _time(self, at: datetime | None) -> bytes:
        return EMPTY_TIME if at is None else journal_time(self._clock.local(at))

    def _two_times(self, occurrence: Occurrence) -> bytes:
        return self._time(occurrence.opened_at) + self._time(occurrence.closed_at)

    def _reprogrammed(self, occurrence: Occurrence) -> bytes:
        """Date, number of writes, seven bytes of written parameters, one of written memory."""
        written = bytearray(7)
        for shift in (0, 3):
            written[(occurrence.detail >> shift) % 7] |= 1 << ((occurrence.detail >> shift + 3) % 8)
        count = sum(byte.bit_count() for byte in written)
        return self._time(occurrence.opened_at)[3:] + bytes((count, *written, 0))

    def _state_word(self, occurrence: Occurrence) -> bytes:
        """Time and six bytes of self-diagnosis, E-01 in the lowest bit of the last byte."""
        fault = 1 << occurrence.detail % 48
        return self._time(occurrence.opened_at) + fault.to_bytes(6, "big")

    def _dip(self, occurrence: Occurrence) -> bytes:
        """Start to 10 ms, duration in 10 ms, dip or swell, depth or factor in hundredths of a percent."""
        centiseconds = bytes((bcd(occurrence.detail % 100),))
        is_dip, duration, depth = dip_of(occurrence)
        return (
            centiseconds
            + self._time(occurrence.opened_at)
            + duration.to_bytes(2, "little")
            + bytes((int(is_dip),))
            + depth.to_bytes(2, "little")
        )


def dip_of(occurrence: Occurrence) -> tuple[bool, int, int]:
    """Return (is a dip, duration in 10 ms, depth or swell factor in hundredths of a percent)."""
    is_dip = occurrence.detail % 3 != 0
    duration = 1 + (occurrence.detail >> 4) % 600
    depth = 1100 + (occurrence.detail >> 14) % 6000 if is_dip else 11_200 + (occurrence.detail >> 14) % 2500
    return is_dip, duration, depth


def _empty(journal: int) -> bytes:
    return bytes(6 if journal in _ONE_TIME else 12)


def _statistics(occurrences: Sequence[Occurrence], voltage_range: int) -> bytes:
    """Return eight counts by duration of the dips or swells in one range of voltage (0 to 7)."""
    if voltage_range > 7:
        raise Refused(Status.BAD_PARAMETER)
    counts = [0] * len(_DURATION_LIMITS)
    for occurrence in occurrences:
        is_dip, duration, depth = dip_of(occurrence)
        if _range_of(depth, is_dip=is_dip) != voltage_range:
            continue
        counts[next(i for i, limit in enumerate(_DURATION_LIMITS) if duration < limit)] += 1
    return b"".join(count.to_bytes(2, "little") for count in counts)


def _range_of(depth: int, *, is_dip: bool) -> int:
    if not is_dip:
        return 0 if depth >= _HIGH_SWELL else 1
    remaining = 10_000 - depth
    return next((number for number, limit in _DIP_RANGES if remaining < limit), 2)
