"""Habits of a load: typical day, heat map, base load, maximum, months, and two periods side by side.

Pure, over half hours of one channel. Every mean and sum counts known half hours alone and says how many these were.
Definitions: docs/architecture/queries.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from metering.domain.consumption import Grid
from metering.domain.intervals import STEP_SECONDS, Ints
from metering.domain.local_days import LocalDay
from metering.domain.production_calendar import DayType, day_type
from metering.domain.profile import Channel

SLOTS_A_DAY: Final = 48
NIGHT_SLOTS: Final = 12
BASE_LOAD_PERCENTILE: Final = 5
# A fifth percentile of fewer values is little more than their least.
LEAST_NIGHT_SLOTS: Final = 20


@dataclass(frozen=True, slots=True)
class TypicalDay:
    """Mean energy of each half hour by wall clock (48 of them) over the days of a kind; None where none is known."""

    kind: DayType
    days: int
    values: list[int | None]
    counts: list[int]


@dataclass(frozen=True, slots=True)
class Maximum:
    """The half hour with the most energy, the first of equals."""

    start_epoch: int
    energy_wh: int


@dataclass(frozen=True, slots=True)
class BaseLoad:
    """What is always on: `slots` night half hours were known, and of their mean powers this is the 5th percentile."""

    power_w: int
    slots: int


@dataclass(frozen=True, slots=True)
class ComparedDays:
    """Two days opposite each other; a sum is None where nothing is known, or where there is no such day."""

    day: date
    other: date | None
    sum_wh: int | None
    other_sum_wh: int | None
    complete: bool
    other_complete: bool

    @property
    def counts(self) -> bool:
        """Whether both days are known whole: only such a pair tells a difference."""
        return self.complete and self.other_complete


def wall_slots(day: LocalDay) -> list[int]:
    """Return for each half hour of a day which of the 48 of the wall clock it is: on long days some come twice."""
    return [_wall_slot(day, start) for start in day.slots]


def _wall_slot(day: LocalDay, start: int) -> int:
    local = day.local_time(start)
    return (local.hour * 60 + local.minute) // (STEP_SECONDS // 60)


def typical_days(grid: Grid, channel: Channel, days: Sequence[LocalDay]) -> list[TypicalDay]:
    """Return the typical working day, Saturday, and Sunday or holiday."""
    sums = {kind: np.zeros(SLOTS_A_DAY, dtype=np.int64) for kind in DayType}
    counts = {kind: np.zeros(SLOTS_A_DAY, dtype=np.int64) for kind in DayType}
    seen = dict.fromkeys(DayType, 0)
    for day in days:
        part = grid.between(day.start_epoch, day.end_epoch)
        known, kind, slots = part.known(channel), day_type(day.day), np.array(wall_slots(day))
        np.add.at(sums[kind], slots[known], part.wh(channel)[known])
        np.add.at(counts[kind], slots[known], 1)
        seen[kind] += bool(known.any())
    return [TypicalDay(kind, seen[kind], _means(sums[kind], counts[kind]), counts[kind].tolist()) for kind in DayType]


def _means(sums: Ints, counts: Ints) -> list[int | None]:
    return [
        (2 * total + count) // (2 * count) if count else None
        for total, count in zip(sums.tolist(), counts.tolist(), strict=True)
    ]


def base_load(grid: Grid, channel: Channel, days: Sequence[LocalDay]) -> BaseLoad | None:
    """Return the 5th percentile, by nearest rank, of the mean powers from 00:00 to 06:00; None of under 20 values."""
    night: list[int] = []
    for day in days:
        part = grid.between(day.start_epoch, day.end_epoch)
        hours = np.array(wall_slots(day)) < NIGHT_SLOTS
        night += part.wh(channel)[hours & part.known(channel)].tolist()
    if len(night) < LEAST_NIGHT_SLOTS:
        return None
    place = -(-len(night) * BASE_LOAD_PERCENTILE // 100) - 1
    return BaseLoad(power_w(sorted(night)[place], STEP_SECONDS), len(night))


def power_w(energy_wh: int, seconds: int) -> int:
    """Return the mean power of an interval, W or var; exact for half hours and hours."""
    return energy_wh * 3_600 // seconds


def maximum(grid: Grid, channel: Channel) -> Maximum | None:
    """Return the half hour with the most energy; None if nothing is known."""
    known = grid.known(channel)
    if not known.any():
        return None
    place = int(np.argmax(np.where(known, grid.wh(channel), -1)))
    return Maximum(grid.start_epoch + place * STEP_SECONDS, int(grid.wh(channel)[place]))


def compared(
    sums: Mapping[date, tuple[int | None, bool]], days: Sequence[date], opposite: Sequence[date | None]
) -> list[ComparedDays]:
    """Pair days with those opposite; `sums`: of each day its sum and whether it is complete."""
    nothing: tuple[int | None, bool] = (None, False)
    return [
        ComparedDays(
            day,
            other,
            sums.get(day, nothing)[0],
            nothing[0] if other is None else sums.get(other, nothing)[0],
            sums.get(day, nothing)[1],
            other is not None and sums.get(other, nothing)[1],
        )
        for day, other in zip(days, opposite, strict=True)
    ]
