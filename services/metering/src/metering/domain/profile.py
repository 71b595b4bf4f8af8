"""A profile for display: every slot of a period, a value with its quality or a gap; hours as sums of two halves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from metering.domain.intervals import STEP_SECONDS, STORED, Bools, Ints
from metering.errors import InvalidPeriod
from topics.quality import RANK, Flag

HOUR_SECONDS: Final = 3_600
MAX_PERIOD: Final = timedelta(days=366)
# What a DateTime column of the store holds.
LAST_EPOCH: Final = 2**32

_NAMES: Final = [quality.value for quality in STORED]
_RANKS: Final = np.array([RANK[quality] for quality in STORED], dtype=np.int64)


class Channel(str, Enum):
    """What is measured: active or reactive energy, taken (plus) or given (minus)."""

    A_PLUS = "a_plus"
    A_MINUS = "a_minus"
    R_PLUS = "r_plus"
    R_MINUS = "r_minus"

    @property
    def unit(self) -> str:
        return "Wh" if self in {Channel.A_PLUS, Channel.A_MINUS} else "varh"

    @property
    def power_unit(self) -> str:
        return "W" if self in {Channel.A_PLUS, Channel.A_MINUS} else "var"


class Step(str, Enum):
    """Width of a profile's slots."""

    HALF_HOUR = "half_hour"
    HOUR = "hour"

    @property
    def seconds(self) -> int:
        return STEP_SECONDS if self is Step.HALF_HOUR else HOUR_SECONDS


class Measure(str, Enum):
    """What a value tells: the energy of a slot, or its mean power."""

    ENERGY = "energy"
    POWER = "power"


@dataclass(frozen=True, slots=True)
class Halves:
    """The stored half hours of one channel, each slot once, in any order; Wh or varh of the meter's side.

    starts: UTC seconds. values: meaningless where not `known`. quality: numbers of STORED.
    """

    starts: Ints
    values: Ints
    ratios: Ints
    known: Bools
    quality: Ints


@dataclass(frozen=True, slots=True)
class Series:
    """Every slot of a period. A missing value is None with quality GAP."""

    values: list[int | None]
    quality: list[str]


def check_period(start: datetime, end: datetime, *, step: Step, zone: ZoneInfo) -> tuple[int, int]:
    """Return [start, end) as UTC seconds.

    Raises InvalidPeriod if it is empty, over 366 days, off the half hours, or for hours does not begin on a full
    hour of the point's zone.
    """
    first, last = _bounds(start, end)
    if first % STEP_SECONDS or (last - first) % step.seconds:
        raise InvalidPeriod(f"start and end must be borders of a {step.value}", code="period_off_grid")
    local = start.astimezone(zone)
    if step is Step.HOUR and local.minute:
        raise InvalidPeriod("start must be a full hour of the point's time zone", code="period_off_grid")
    return int(first), int(last)


def check_journal_period(start: datetime, end: datetime) -> tuple[int, int]:
    """Return [start, end) as whole UTC seconds. Raises InvalidPeriod if it is empty or over 366 days."""
    first, last = _bounds(start, end)
    return int(first), int(last)


def check_bounds(start: datetime, end: datetime) -> None:
    """Raise InvalidPeriod if [start, end) is empty, over 366 days, or beyond what the store holds."""
    _bounds(start, end)


def _bounds(start: datetime, end: datetime) -> tuple[float, float]:
    first, last = start.timestamp(), end.timestamp()
    if last <= first:
        raise InvalidPeriod("the period ends before it begins")
    if last - first > MAX_PERIOD.total_seconds():
        raise InvalidPeriod(f"at most {MAX_PERIOD.days} days at once", code="period_too_long")
    if first < 0 or last > LAST_EPOCH - 1:
        raise InvalidPeriod("the period lies outside of 1970 to 2106", code="period_out_of_range")
    return first, last


def known_epoch(known_at: datetime) -> int:
    """Return an instant at which something may have been known, as UTC seconds; the store's limits bound it."""
    return min(max(0, int(known_at.timestamp())), LAST_EPOCH - 1)


def series(halves: Halves, *, start_epoch: int, end_epoch: int, step: Step) -> Series:
    """Lay half hours out over [start, end), times the ratio (here and nowhere else), and sum them to the step."""
    count = (end_epoch - start_epoch) // STEP_SECONDS
    values, quality = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    there = halves.known & (halves.starts >= start_epoch) & (halves.starts < end_epoch)
    slots = (halves.starts[there] - start_epoch) // STEP_SECONDS
    values[slots] = halves.values[there] * halves.ratios[there]
    quality[slots] = halves.quality[there]
    if step is Step.HOUR:
        values, quality = _hours(values, quality)
    return Series(
        [value if number else None for value, number in zip(values.tolist(), quality.tolist(), strict=True)],
        [_NAMES[number] for number in quality.tolist()],
    )


def _hours(values: Ints, quality: Ints) -> tuple[Ints, Ints]:
    """Sum pairs; the worse quality of the two counts, so one missing half makes the hour a gap."""
    pairs = quality.reshape(-1, 2)
    worst = np.where(_RANKS[pairs[:, 0]] <= _RANKS[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
    return values.reshape(-1, 2).sum(axis=1), worst


def as_power(values: Sequence[int | None], step: Step) -> list[int | None]:
    """Return mean powers, W or var: energy times 2 for half hours; of an hour the mean of its two powers."""
    factor = HOUR_SECONDS // step.seconds
    return [None if value is None else value * factor for value in values]


def flag_names(flags: Ints, starts: Ints, *, start_epoch: int, end_epoch: int, step: Step) -> list[list[str]]:
    """Return for each slot of the period the names of the flags that its half hours carry."""
    count = (end_epoch - start_epoch) // STEP_SECONDS
    masks = np.zeros(count, dtype=np.int64)
    there = (starts >= start_epoch) & (starts < end_epoch)
    masks[(starts[there] - start_epoch) // STEP_SECONDS] = flags[there]
    if step is Step.HOUR:
        masks = np.bitwise_or.reduce(masks.reshape(-1, 2), axis=1)
    names = {mask: [flag.name or "" for flag in Flag if mask & flag] for mask in np.unique(masks).tolist()}
    return [names[mask] for mask in masks.tolist()]


def quality_names(numbers: Ints) -> list[str]:
    """Return the names of qualities by their numbers in the store."""
    return [_NAMES[number] for number in numbers.tolist()]


def end_of(last_start_epoch: int | None) -> datetime | None:
    """Return the end of the half hour that begins at `last_start_epoch`."""
    return None if last_start_epoch is None else datetime.fromtimestamp(last_start_epoch + STEP_SECONDS, UTC)
