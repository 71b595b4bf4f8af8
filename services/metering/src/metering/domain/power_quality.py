"""Voltage outside of its limits by phase, outages as the meter saw them, and the meter's clock, from its journals.

Limits of supply: 230 V and 10 % both ways (ГОСТ 32144-2013). The meter enters what passes the limits that are set in
it, which may be others. Definitions: docs/architecture/queries.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.domain.journal_spans import switched_off
from metering.domain.journals import StoredEntry

LOWEST_V: Final = 207
HIGHEST_V: Final = 253
PHASES: Final = (1, 2, 3)
MINUTE_SECONDS: Final = 60
# Journals of one phase, in the order of their numbers: minimum limit, normal minimum, normal maximum, maximum limit.
FIRST_VOLTAGE_JOURNAL: Final = 0x20
KINDS_A_PHASE: Final = 4
POWER_JOURNAL: Final = "01"
CLOCK_JOURNAL: Final = "02"
PHASE_JOURNALS: Final = {f"{2 + phase:02X}": phase for phase in PHASES}

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PhaseVoltage:
    """Seconds of one phase in a period by journal, in the order of their numbers, and outside of any (each once)."""

    phase: int
    seconds: tuple[int, ...]
    outside_seconds: int
    entries: int
    open_entries: int


@dataclass(frozen=True, slots=True)
class Outage:
    """No supply in [start, end); `phase` is None for the whole meter; `end_epoch` is None while it lasts."""

    phase: int | None
    start_epoch: float
    end_epoch: float | None


@dataclass(frozen=True, slots=True)
class ClockCorrection:
    """The meter's clock was set: `corrected_by_seconds` forward, negative backward."""

    at: datetime
    meter_before: datetime
    meter_after: datetime
    corrected_by_seconds: int


def voltage_journals() -> list[str]:
    """Return the numbers of all voltage journals."""
    return [f"{FIRST_VOLTAGE_JOURNAL + place:02X}" for place in range(len(PHASES) * KINDS_A_PHASE)]


def voltage_by_phase(
    entries: Iterable[StoredEntry], *, start_epoch: float, end_epoch: float, known_until: float
) -> list[PhaseVoltage]:
    """Measure each phase in [start, end). An open entry lasts until `known_until`, when the journal was last read."""
    spans: dict[tuple[int, int], list[Span]] = {}
    counted = dict.fromkeys(PHASES, 0)
    still_open = dict.fromkeys(PHASES, 0)
    for entry in entries:
        place = int(entry.journal, 16) - FIRST_VOLTAGE_JOURNAL
        phase, kind = place // KINDS_A_PHASE + 1, place % KINDS_A_PHASE
        closed = known_until if entry.closed_at is None else entry.closed_at.timestamp()
        span = (max(entry.opened_at.timestamp(), start_epoch), min(closed, end_epoch))
        if span[0] < span[1]:
            spans.setdefault((phase, kind), []).append(span)
            counted[phase] += 1
            still_open[phase] += entry.closed_at is None
    found = []
    for phase in PHASES:
        by_kind = [spans.get((phase, kind), []) for kind in range(KINDS_A_PHASE)]
        seconds = [_seconds(each) for each in by_kind]
        # Whoever is past a limit is past the normal value too, but each has an entry of its own.
        outside = _seconds([span for each in by_kind for span in each])
        found.append(PhaseVoltage(phase, tuple(seconds), outside, counted[phase], still_open[phase]))
    return found


def _seconds(spans: Sequence[Span]) -> int:
    """Add up spans, each second once."""
    return round(sum(end - start for start, end in joined(spans)))


def joined(spans: Iterable[Span]) -> list[Span]:
    """Join spans that touch or overlap, in order of time."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def outages(entries: Iterable[StoredEntry], *, start_epoch: float, end_epoch: float) -> list[Outage]:
    """Return the outages that touch [start, end), in order of time.

    A record of these journals says when supply came and when it went: between two records there was none. `entries`
    reach one record beyond the period on each side, or the first and last outage are not seen.
    """
    by_subject: dict[int | None, list[StoredEntry]] = {}
    for entry in entries:
        by_subject.setdefault(PHASE_JOURNALS.get(entry.journal), []).append(entry)
    found = [
        Outage(phase, off, on)
        for phase, records in by_subject.items()
        for _, off, on in switched_off(records)
        if off < end_epoch and (on is None or on > start_epoch)
    ]
    return sorted(found, key=lambda each: (each.start_epoch, each.phase or 0))


def corrections(entries: Iterable[StoredEntry]) -> list[ClockCorrection]:
    """Return the corrections of the clock in order of time."""
    found = [
        ClockCorrection(
            entry.opened_at,
            entry.meter_opened,
            entry.meter_closed,
            round((entry.meter_closed - entry.meter_opened).total_seconds()),
        )
        for entry in entries
        if entry.meter_closed is not None
    ]
    return sorted(found, key=lambda each: each.at)
