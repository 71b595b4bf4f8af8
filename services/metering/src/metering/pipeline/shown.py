"""What a stored batch shows in the metrics: how many half hours of what quality, and how fresh they are at each step.

Works on columns, a block a value: what is observed by the batch must not cost as much as checking it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from common.clock import Clock
from metering.domain.intervals import STEP_SECONDS, STORED, CheckedBlocks, Ints
from metering.freshness import Step, reached_by_many
from metering.metrics import INTERVAL_AGE_SECONDS, INTERVALS_STORED, POLLERS_AHEAD_SECONDS
from topics.quality import RANK_FACTOR


@dataclass(frozen=True, slots=True)
class _Newest:
    """The newest stored half hour of each piece that has one: its end, when it was read and logged, whose it is."""

    ends: Ints
    polled: Ints
    logged: npt.NDArray[np.float64]
    suppliers: list[str]


def show(
    checked: CheckedBlocks, logged: Sequence[int], *, without: frozenset[str], stored_at: datetime, clock: Clock
) -> None:
    """Record a batch that is stored, and sent on to all suppliers but those `without` streams.

    `logged`: when each block came into the log, milliseconds of real time, which `clock` may run faster than.
    """
    stored, now_epoch = checked.slots.stored, int(stored_at.timestamp())
    for number, count in enumerate(np.bincount(checked.slots.quality[stored], minlength=len(STORED)).tolist()):
        if count:
            INTERVALS_STORED.labels(quality=STORED[number].value).inc(count)
    ago_seconds = (time.time() - np.array(logged, np.float64) / 1000) * clock.speed
    newest = _newest(checked, clock.now().timestamp() - ago_seconds)
    POLLERS_AHEAD_SECONDS.set(max(0, int(newest.polled.max(initial=0)) - now_epoch))
    INTERVAL_AGE_SECONDS.observe_many(np.maximum(now_epoch - newest.ends, 0))
    told_seconds = (clock.now() - stored_at).total_seconds()
    for supplier in set(newest.suppliers):
        theirs = np.array([each == supplier for each in newest.suppliers], np.bool_)
        ends, polled, in_log = newest.ends[theirs], newest.polled[theirs], newest.logged[theirs]
        steps = {Step.READ: polled - ends, Step.LOGGED: in_log - polled, Step.STORED: now_epoch - polled}
        if supplier not in without:
            steps[Step.TOLD] = np.full(len(ends), told_seconds)
        for step, seconds in steps.items():
            reached_by_many(step, supplier, data_epoch=float(ends.max()), seconds=seconds, clock=clock)


def _newest(checked: CheckedBlocks, logged: npt.NDArray[np.float64]) -> _Newest:
    rows = np.flatnonzero(checked.slots.stored)
    bounds = np.array([(piece.first, piece.last) for piece in checked.pieces], np.int64).reshape(-1, 2)
    low, high = np.searchsorted(rows, bounds[:, 0]), np.searchsorted(rows, bounds[:, 1])
    there = np.flatnonzero(low < high)
    last = rows[high[there] - 1]
    pieces = [checked.pieces[number] for number in there.tolist()]
    return _Newest(
        checked.slots.starts[last] + STEP_SECONDS,
        checked.slots.versions[last] % RANK_FACTOR,
        logged[[piece.block for piece in pieces]],
        [piece.installed.supplier_code for piece in pieces],
    )
