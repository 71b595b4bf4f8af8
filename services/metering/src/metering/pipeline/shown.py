"""What a stored batch shows in the metrics: how many half hours of what quality, and how fresh they are at each step.

Works on columns, a block a value: what is observed by the batch must not cost as much as checking it.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from common.clock import Clock
from metering.domain.intervals import STEP_SECONDS, STORED, CheckedBlocks, Ints
from metering.freshness import Step, reached_by_many
from metering.metrics import INTERVAL_AGE_SECONDS, INTERVALS_STORED, POLLERS_AHEAD_SECONDS
from topics.quality import RANK_FACTOR


@dataclass(frozen=True, slots=True)
class _Newest:
    """The newest stored half hour of each piece that has one: its end, when it was read, whose it is."""

    ends: Ints
    polled: Ints
    suppliers: list[str]


def show(checked: CheckedBlocks, *, without: frozenset[str], stored_at: datetime, clock: Clock) -> None:
    """Record a batch that is stored, and sent on to all suppliers but those `without` streams."""
    stored, now_epoch = checked.slots.stored, int(stored_at.timestamp())
    for number, count in enumerate(np.bincount(checked.slots.quality[stored], minlength=len(STORED)).tolist()):
        if count:
            INTERVALS_STORED.labels(quality=STORED[number].value).inc(count)
    newest = _newest(checked)
    POLLERS_AHEAD_SECONDS.set(max(0, int(newest.polled.max(initial=0)) - now_epoch))
    INTERVAL_AGE_SECONDS.observe_many(np.maximum(now_epoch - newest.ends, 0))
    told_seconds = (clock.now() - stored_at).total_seconds()
    for supplier in set(newest.suppliers):
        theirs = np.array([each == supplier for each in newest.suppliers], np.bool_)
        ends, polled = newest.ends[theirs], newest.polled[theirs]
        steps = {Step.READ: polled - ends, Step.STORED: now_epoch - polled}
        if supplier not in without:
            steps[Step.TOLD] = np.full(len(ends), told_seconds)
        for step, seconds in steps.items():
            reached_by_many(step, supplier, data_epoch=float(ends.max()), seconds=seconds, clock=clock)


def _newest(checked: CheckedBlocks) -> _Newest:
    rows = np.flatnonzero(checked.slots.stored)
    bounds = np.array([(piece.first, piece.last) for piece in checked.pieces], np.int64).reshape(-1, 2)
    low, high = np.searchsorted(rows, bounds[:, 0]), np.searchsorted(rows, bounds[:, 1])
    there = np.flatnonzero(low < high)
    last = rows[high[there] - 1]
    return _Newest(
        checked.slots.starts[last] + STEP_SECONDS,
        checked.slots.versions[last] % RANK_FACTOR,
        [checked.pieces[number].installed.supplier_code for number in there.tolist()],
    )
