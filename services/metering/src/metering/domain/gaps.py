"""Why a half hour is missing: the first reason that holds, of a closed list. Pure; a gap is never explained by a zero.

The order of the reasons and what each rests on: docs/architecture/estimation.md, "Reasons for gaps".
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import groupby
from typing import Final
from uuid import UUID

from metering.domain.intervals import STEP_SECONDS
from metering.domain.journal_spans import MEMORY_INITIALISED, Mark, Span, power_fails
from metering.domain.registry import Installed, place_at

# A meter with memory is read once a half hour, a little after it; so long a half hour may be on its way.
DUE_AFTER_SECONDS: Final = 3_600
DAY_SECONDS: Final = 86_400


class GapReason(str, Enum):
    """Why nothing is stored of a half hour."""

    NOT_INSTALLED = "not_installed"
    NOT_YET_DUE = "not_yet_due"
    METER_OFF = "meter_off"
    CLOCK_SET = "clock_set"
    MEMORY_OVERWRITTEN = "memory_overwritten"
    NO_LINK = "no_link"
    NO_RECORD = "no_record"  # the meter answered for this time, and had no record that could be stored


@dataclass(frozen=True, slots=True)
class LinkChange:
    """From `at_epoch` on the link of a meter was in this state."""

    meter_id: UUID
    at_epoch: float
    is_failing: bool
    error_code: str | None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of a point around its gaps.

    `links`: in order of time. `read_until`: by meter, the end of its newest stored half hour. `memory_days`: how far
    back a meter is read at most.
    """

    places: tuple[Installed, ...]
    spans: Sequence[Span]
    links: Sequence[LinkChange]
    read_until: Mapping[str, int]
    memory_days: int
    now_epoch: float

    @cached_property
    def outages(self) -> list[Span]:
        return power_fails(self.spans)

    @cached_property
    def clock_sets(self) -> list[Span]:
        return [span for span in self.spans if span.mark is Mark.CLOCK]

    @cached_property
    def initialisations(self) -> list[Span]:
        return [span for span in self.spans if span.journal == MEMORY_INITIALISED]


@dataclass(frozen=True, slots=True)
class GapRun:
    """Consecutive missing half hours [start, end) with one reason, UTC seconds."""

    start_epoch: int
    end_epoch: int
    reason: GapReason


def gap_runs(present: Collection[int], *, start_epoch: int, end_epoch: int, evidence: Evidence) -> list[GapRun]:
    """Return the gaps of [start, end), neighbours of one reason together; `present`: starts that are stored."""
    known = frozenset(present)
    missing = [start for start in range(start_epoch, end_epoch, STEP_SECONDS) if start not in known]
    return list(_joined((start, reason_of(start, evidence)) for start in missing))


def reason_of(start: int, evidence: Evidence) -> GapReason:
    """Return why the half hour from `start` is missing."""
    end = start + STEP_SECONDS
    place = place_at(evidence.places, start)
    if place is None:
        return GapReason.NOT_INSTALLED
    holds: Iterable[tuple[bool, GapReason]] = (
        (end > evidence.now_epoch, GapReason.NOT_YET_DUE),
        (any(span.covers(start, end) for span in evidence.outages), GapReason.METER_OFF),
        (any(span.overlaps(start, end) for span in evidence.clock_sets), GapReason.CLOCK_SET),
        (_is_overwritten(start, end, place, evidence), GapReason.MEMORY_OVERWRITTEN),
        (evidence.read_until.get(str(place.meter_id), 0) > start, GapReason.NO_RECORD),
        (_is_on_its_way(end, place, evidence), GapReason.NOT_YET_DUE),
    )
    return next((reason for does, reason in holds if does), GapReason.NO_LINK)


def _is_on_its_way(end: int, place: Installed, evidence: Evidence) -> bool:
    due = end + DUE_AFTER_SECONDS > evidence.now_epoch
    return due and not _is_failing(place.meter_id, evidence.now_epoch, evidence.links)


def _is_overwritten(start: int, end: int, place: Installed, evidence: Evidence) -> bool:
    """Say whether the meter's memory was initialised, or had gone round over the half hour, before it could be read."""
    back = _out_of_reach_until(start, place.meter_id, evidence)
    read_by = end + DUE_AFTER_SECONDS if back is None else back
    if any(end <= span.start_epoch <= read_by for span in evidence.initialisations):
        return True
    return back is not None and back - start > evidence.memory_days * DAY_SECONDS


def _out_of_reach_until(start: int, meter_id: UUID, evidence: Evidence) -> float | None:
    """Return until when the meter was out of reach from the half hour's end on; None if it was in reach then."""
    ours = [change for change in evidence.links if change.meter_id == meter_id]
    at = bisect_right([change.at_epoch for change in ours], start + STEP_SECONDS) - 1
    if at < 0 or not ours[at].is_failing:
        return None
    back = next((change.at_epoch for change in ours[at + 1 :] if not change.is_failing), None)
    return evidence.now_epoch if back is None else back


def _is_failing(meter_id: UUID, at_epoch: float, links: Iterable[LinkChange]) -> bool:
    failing = False
    for change in links:
        if change.meter_id == meter_id and change.at_epoch <= at_epoch:
            failing = change.is_failing
    return failing


def _joined(slots: Iterable[tuple[int, GapReason]]) -> Iterable[GapRun]:
    """Put neighbours of one reason together: within a run start minus place is the same."""
    numbered = enumerate(slots)
    for (_, reason), group in groupby(numbered, key=lambda each: (each[1][0] - each[0] * STEP_SECONDS, each[1][1])):
        starts = [start for _, (start, _) in group]
        yield GapRun(starts[0], starts[-1] + STEP_SECONDS, reason)
