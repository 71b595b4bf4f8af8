"""Energy by period with what it is made of: sums, how many half hours were measured, estimated, in doubt or missing.

A period of which nothing is known has no sum: a gap is never a zero. Definitions: docs/architecture/queries.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from metering.domain.intervals import STEP_SECONDS, STORED, Bools, Ints
from metering.domain.periods import Period
from metering.domain.profile import Channel, Halves
from metering.domain.qualities import ESTIMATED, GOOD
from topics.quality import RANK

_RANKS: Final = np.array([RANK[quality] for quality in STORED], dtype=np.int64)
_NAMES: Final = [quality.value for quality in STORED]
_VALID: Final = np.array([quality in GOOD for quality in STORED])
_ESTIMATED: Final = np.array([quality in ESTIMATED for quality in STORED])
# Rank and number in one integer, so that the least of them names the worst quality.
_WORST: Final = _RANKS * len(STORED) + np.arange(len(STORED))
_NO_QUALITY: Final = int(_WORST.max()) + len(STORED)


@dataclass(frozen=True, slots=True)
class Grid:
    """Half hours from `start_epoch` on without holes: (channel, slot); energies times the ratio, where known.

    energies: 0 where nothing is known. quality: numbers of STORED, 0 (GAP) where nothing is known.
    """

    start_epoch: int
    channels: Sequence[Channel]
    energies: Ints
    quality: Ints

    @property
    def slots(self) -> int:
        return int(self.energies.shape[1])

    def between(self, start_epoch: int, end_epoch: int) -> "Grid":
        """Return the part that lies in [start_epoch, end_epoch)."""
        first, last = ((epoch - self.start_epoch) // STEP_SECONDS for epoch in (start_epoch, end_epoch))
        return Grid(start_epoch, self.channels, self.energies[:, first:last], self.quality[:, first:last])

    def values(self, channel: Channel) -> list[int | None]:
        number = list(self.channels).index(channel)
        known = self.quality[number].astype(bool).tolist()
        return [value if there else None for value, there in zip(self.energies[number].tolist(), known, strict=True)]

    def known(self, channel: Channel) -> Bools:
        """Say of each half hour whether anything is known of it."""
        there: Bools = self.quality[list(self.channels).index(channel)] != 0
        return there

    def wh(self, channel: Channel) -> Ints:
        """Return the energies of a channel; 0 where nothing is known."""
        row: Ints = self.energies[list(self.channels).index(channel)]
        return row


@dataclass(frozen=True, slots=True)
class ChannelSums:
    """One channel by period; every column is as long as there are periods.

    quality: the worst of what is there, GAP if nothing is. questioned: measured, but in doubt or not yet checked.
    missing: of the half hours that have ended. partial: the sum does not hold the whole period.
    """

    channel: Channel
    sums: list[int | None]
    quality: list[str]
    valid: list[int]
    estimated: list[int]
    questioned: list[int]
    missing: list[int]
    partial: list[bool]


def grid_of(halves: Sequence[Halves], channels: Sequence[Channel], *, start_epoch: int, end_epoch: int) -> Grid:
    """Lay the half hours of channels out over [start_epoch, end_epoch), times the ratio."""
    count = (end_epoch - start_epoch) // STEP_SECONDS
    energies = np.zeros((len(channels), count), dtype=np.int64)
    quality = np.zeros((len(channels), count), dtype=np.int64)
    for number, each in enumerate(halves):
        there = each.known & (each.starts >= start_epoch) & (each.starts < end_epoch)
        slots = (each.starts[there] - start_epoch) // STEP_SECONDS
        energies[number, slots] = each.values[there] * each.ratios[there]
        quality[number, slots] = each.quality[there]
    return Grid(start_epoch, channels, energies, quality)


def slots_of(periods: Sequence[Period]) -> list[int]:
    """Return how many half hours each period has."""
    return [(each.end_epoch - each.start_epoch) // STEP_SECONDS for each in periods]


def ended_slots(periods: Sequence[Period], *, now_epoch: float) -> list[int]:
    """Return how many half hours of each period have ended."""
    return [int(max(0, min(each.end_epoch, now_epoch) - each.start_epoch) // STEP_SECONDS) for each in periods]


def sums_by_period(grid: Grid, periods: Sequence[Period], *, now_epoch: float) -> list[ChannelSums]:
    """Sum the grid by periods that follow on each other and fill it whole."""
    edges = np.array([(each.start_epoch - grid.start_epoch) // STEP_SECONDS for each in periods], dtype=np.int64)
    slots, ended = slots_of(periods), ended_slots(periods, now_epoch=now_epoch)
    return [_channel(grid, number, edges, slots, ended) for number in range(len(grid.channels))]


def _channel(grid: Grid, number: int, edges: Ints, slots: Sequence[int], ended: Sequence[int]) -> ChannelSums:
    quality = grid.quality[number]
    known = quality != 0
    received = _added(known, edges)
    valid, estimated = _added(_VALID[quality], edges), _added(_ESTIMATED[quality], edges)
    sums = np.add.reduceat(grid.energies[number], edges).tolist()
    worst = np.minimum.reduceat(np.where(known, _WORST[quality], _NO_QUALITY), edges).tolist()
    return ChannelSums(
        channel=grid.channels[number],
        sums=[value if count else None for value, count in zip(sums, received, strict=True)],
        quality=[_NAMES[each % len(STORED)] if each < _NO_QUALITY else _NAMES[0] for each in worst],
        valid=valid,
        estimated=estimated,
        questioned=[a - b - c for a, b, c in zip(received, valid, estimated, strict=True)],
        missing=[max(0, due - there) for due, there in zip(ended, received, strict=True)],
        partial=[there < whole for there, whole in zip(received, slots, strict=True)],
    )


def _added(marks: Bools, edges: Ints) -> list[int]:
    counted: list[int] = np.add.reduceat(marks.astype(np.int64), edges).tolist()
    return counted
