"""Journal entries as spans of time with the mark that a half hour gets which they overlap. Pure.

A span that is still open has no end; when its entry closes the span ends there, so whatever is made of spans on
reading moves with it. Journals: docs/architecture/estimation.md, "Marks".
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final
from uuid import UUID

from metering.domain.journal_texts import JOURNALS, Shape
from metering.domain.journals import StoredEntry
from topics.quality import Flag


class Mark(str, Enum):
    """What the meter's journal says of a half hour."""

    POWER = "power"  # the meter was without power
    CLOCK = "clock"  # its clock was set
    MAGNET = "magnet"
    COVER = "cover"
    PHASE = "phase"  # a phase was without voltage, or phases out of order
    VOLTAGE = "voltage"  # out of the meter's own limits
    RESET = "reset"  # registers or profile memory were reset


FLAGS: Final = {
    Mark.POWER: Flag.POWER_FAIL,
    Mark.CLOCK: Flag.CLOCK_SET,
    Mark.MAGNET: Flag.TAMPER,
    Mark.COVER: Flag.TAMPER,
    Mark.PHASE: Flag.VOLTAGE,
    Mark.VOLTAGE: Flag.VOLTAGE,
    Mark.RESET: Flag.MEM_INIT,
}
MARK_OF_JOURNAL: Final = {
    "01": Mark.POWER,
    "02": Mark.CLOCK,
    **dict.fromkeys(("03", "04", "05", "83", "84", "85", "86"), Mark.PHASE),
    **dict.fromkeys(("09", "0A"), Mark.RESET),
    "12": Mark.COVER,
    "1A": Mark.MAGNET,
    **{f"{number:02X}": Mark.VOLTAGE for number in (*range(0x20, 0x2C), *range(0x30, 0x33))},
}
MEMORY_INITIALISED: Final = "0A"


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in UTC seconds; `end_epoch` None: still open; equal to the start: one instant."""

    mark: Mark
    start_epoch: float
    end_epoch: float | None
    journal: str
    entry_id: str

    def overlaps(self, start: float, end: float) -> bool:
        """Say whether [start, end) and the span share an instant."""
        if self.end_epoch is None:
            return self.start_epoch < end
        if self.end_epoch == self.start_epoch:
            return start <= self.start_epoch < end
        return self.start_epoch < end and self.end_epoch > start

    def covers(self, start: float, end: float) -> bool:
        """Say whether all of [start, end) lies in the span."""
        return self.start_epoch <= start and (self.end_epoch is None or self.end_epoch >= end)


def spans_of(entries: Iterable[StoredEntry]) -> list[Span]:
    """Return the spans of entries in order of their beginning; the order and repetition of the entries do not matter.

    A journal of switching on and off records how long something was on, so its spans lie between two records.
    """
    known: dict[str, StoredEntry] = {}
    for entry in entries:
        former = known.get(entry.entry_id)
        if former is None or former.version < entry.version:
            known[entry.entry_id] = entry
    switches: dict[tuple[UUID, str], list[StoredEntry]] = defaultdict(list)
    spans: list[Span] = []
    for entry in known.values():
        if entry.journal not in MARK_OF_JOURNAL:
            continue
        if JOURNALS[entry.journal].shape is Shape.ON_OFF:
            switches[entry.point_id, entry.journal].append(entry)
        else:
            spans.append(_span(entry))
    for (_, journal), records in switches.items():
        mark = MARK_OF_JOURNAL[journal]
        spans.extend(Span(mark, off, on, journal, record.entry_id) for record, off, on in switched_off(records))
    return sorted(spans, key=lambda each: (each.start_epoch, each.journal, each.entry_id))


def power_fails(spans: Iterable[Span]) -> list[Span]:
    """Return when the meter was without power."""
    return [span for span in spans if span.mark is Mark.POWER]


def _span(entry: StoredEntry) -> Span:
    start = entry.opened_at.timestamp()
    end: float | None = None if entry.closed_at is None else entry.closed_at.timestamp()
    shape = JOURNALS[entry.journal].shape
    if shape is Shape.ONE_TIME:
        end = start
    elif shape is Shape.BEFORE_AFTER and end is not None:
        start, end = min(start, end), max(start, end)
    return Span(MARK_OF_JOURNAL[entry.journal], start, end, entry.journal, entry.entry_id)


def switched_off(records: Iterable[StoredEntry]) -> Iterator[tuple[StoredEntry, float, float | None]]:
    """Yield (record, off, on again) of one journal's records of switching on and off, in UTC seconds.

    Between two records there was nothing, whether one meter made them or two; after the last it may still be off.
    """
    ordered = sorted(records, key=lambda each: (each.opened_at, each.entry_id))
    for record, following in zip(ordered, [*ordered[1:], None], strict=True):
        if record.closed_at is not None and (following is None or record.closed_at < following.opened_at):
            on = None if following is None else following.opened_at.timestamp()
            yield record, record.closed_at.timestamp(), on
