"""Marks of a profile: which half hours the journal's spans overlap. Made on reading, so they move with the journal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from metering.domain.intervals import STEP_SECONDS
from metering.domain.journal_spans import FLAGS, Mark, Span


@dataclass(frozen=True, slots=True)
class MarkRun:
    """Half hours [start, end) that one journal entry overlaps, UTC seconds; `is_open`: its span has not ended yet."""

    mark: Mark
    start_epoch: int
    end_epoch: int
    journal: str
    entry_id: str
    is_open: bool


def mark_runs(spans: Iterable[Span], *, start_epoch: int, end_epoch: int) -> list[MarkRun]:
    """Return what of [start, end), on half hours, each span overlaps; in order of the spans."""
    return [
        _run(span, start_epoch, end_epoch)
        for span in spans
        if start_epoch < end_epoch and span.overlaps(start_epoch, end_epoch)
    ]


def flags_of(runs: Iterable[MarkRun], start: int) -> int:
    """Return the bit mask of `topics.quality.Flag` that the marks give to the half hour from `start`."""
    mask = 0
    for run in runs:
        if run.start_epoch <= start < run.end_epoch:
            mask |= FLAGS[run.mark]
    return int(mask)


def flag_column(runs: Sequence[MarkRun], *, start_epoch: int, end_epoch: int) -> list[int]:
    """Return the masks of all half hours of [start, end)."""
    masks = [0] * ((end_epoch - start_epoch) // STEP_SECONDS)
    for run in runs:
        first = max(0, (run.start_epoch - start_epoch) // STEP_SECONDS)
        last = min(len(masks), (run.end_epoch - start_epoch) // STEP_SECONDS)
        for slot in range(first, last):
            masks[slot] |= int(FLAGS[run.mark])
    return masks


def _run(span: Span, start_epoch: int, end_epoch: int) -> MarkRun:
    first = int(span.start_epoch // STEP_SECONDS) * STEP_SECONDS
    last = end_epoch
    if span.end_epoch is not None:
        last = -int(-span.end_epoch // STEP_SECONDS) * STEP_SECONDS
    if last == first:  # one instant on a border belongs to the half hour that it begins
        last += STEP_SECONDS
    return MarkRun(
        span.mark,
        max(first, start_epoch),
        min(last, end_epoch),
        span.journal,
        span.entry_id,
        span.end_epoch is None,
    )
