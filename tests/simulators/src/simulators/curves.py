"""Seeded load curves: the energy of every half hour as a pure function of seed, kind, day and slot.

A day's total is worked out first and then shared over 48 slots by cumulative weights, so that the slots
of a day always add up to its total and a register needs no walk over them. Integers only: no platform
rounds differently. Knows no meter and no clock. The formulae: docs/architecture/simulators.md.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple

from simulators.noise import around, mix, pick

SLOT_SECONDS = 1800
SLOTS_A_DAY = 48
_VARIANTS = 32
_EVEN = (1,) * 24
# Sunlight on a fixed roof: nothing before 06:00, most at noon.
_SUN = (0, 0, 0, 0, 0, 0, 1, 4, 9, 15, 20, 23, 24, 23, 20, 15, 9, 4, 1, 0, 0, 0, 0, 0)
_SUN_BY_MONTH = (15, 35, 70, 110, 145, 160, 155, 130, 90, 50, 20, 10)
_SUN_KEY = 7_001
_VARIANT_KEY = 7_002
_DAY_KEY = 7_003


class CurveKind(StrEnum):
    FLAT = "flat"
    HOUSEHOLD = "household"
    SHOP = "shop"
    GARDEN_SOCIETY = "garden-society"
    CANARY = "canary"


class Energy(NamedTuple):
    """Energy of one slot, or one state of the registers; Wh and varh."""

    a_plus_wh: int
    a_minus_wh: int
    r_plus_varh: int
    r_minus_varh: int


ZERO = Energy(0, 0, 0, 0)


def add(left: Energy, right: Energy) -> Energy:
    return Energy(*(a + b for a, b in zip(left, right, strict=True)))


def subtract(left: Energy, right: Energy) -> Energy:
    return Energy(*(a - b for a, b in zip(left, right, strict=True)))


@dataclass(frozen=True, slots=True)
class _Character:
    """What tells one kind of load from another; shares are in thousandths."""

    by_month: tuple[int, ...]
    by_weekday: tuple[int, ...]
    by_hour: tuple[int, ...]
    dead_by_hour: tuple[int, ...]
    day_spread: int
    slot_spread: int
    r_plus_share: int
    r_minus_share: int


_CHARACTERS = {
    CurveKind.FLAT: _Character(
        by_month=(1000,) * 12,
        by_weekday=(1000,) * 7,
        by_hour=_EVEN,
        dead_by_hour=_EVEN,
        day_spread=0,
        slot_spread=0,
        r_plus_share=500,
        r_minus_share=0,
    ),
    # The same every day, no two hours alike: what a checker that knows no simulator can compute too.
    CurveKind.CANARY: _Character(
        by_month=(1000,) * 12,
        by_weekday=(1000,) * 7,
        by_hour=(11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107),
        dead_by_hour=_EVEN,
        day_spread=0,
        slot_spread=0,
        r_plus_share=500,
        r_minus_share=0,
    ),
    CurveKind.HOUSEHOLD: _Character(
        by_month=(1250, 1200, 1100, 1000, 900, 850, 800, 820, 920, 1020, 1150, 1250),
        by_weekday=(1000, 1000, 1000, 1000, 1050, 1180, 1150),
        by_hour=(7, 6, 5, 5, 5, 7, 14, 20, 16, 11, 10, 10, 12, 11, 10, 11, 14, 22, 34, 40, 38, 30, 18, 10),
        dead_by_hour=_EVEN,
        day_spread=150,
        slot_spread=300,
        r_plus_share=250,
        r_minus_share=20,
    ),
    CurveKind.SHOP: _Character(
        by_month=(1000, 1000, 980, 960, 980, 1050, 1120, 1100, 1000, 970, 990, 1030),
        by_weekday=(1000, 1000, 1000, 1000, 1080, 1120, 850),
        by_hour=(8, 8, 8, 8, 8, 8, 9, 14, 26, 32, 34, 35, 36, 36, 35, 35, 36, 37, 37, 35, 30, 20, 10, 8),
        dead_by_hour=_EVEN,
        day_spread=60,
        slot_spread=80,
        r_plus_share=400,
        r_minus_share=10,
    ),
    # In winter only the street lamp burns: by day the slots are true zeros, which are not gaps.
    CurveKind.GARDEN_SOCIETY: _Character(
        by_month=(15, 15, 20, 400, 1150, 1500, 1600, 1500, 1000, 450, 30, 15),
        by_weekday=(800, 800, 800, 850, 1250, 1700, 1500),
        by_hour=(8, 7, 7, 6, 7, 9, 12, 16, 20, 24, 26, 26, 25, 23, 22, 22, 24, 27, 30, 32, 30, 25, 17, 11),
        dead_by_hour=(3, 3, 3, 3, 3, 3, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 3, 3, 3, 3, 3),
        day_spread=200,
        slot_spread=250,
        r_plus_share=300,
        r_minus_share=60,
    ),
}
_DEAD_BELOW = 50


@dataclass(frozen=True, slots=True)
class Curve:
    """A load, in the local time of its meter.

    mean_w: yearly mean power. solar_w: peak power of a roof that gives into the grid, 0 without one.
    quantum_wh: every energy is a multiple of it, so that it fits a profile memory in whole counts.
    """

    kind: CurveKind
    seed: int
    mean_w: int
    solar_w: int = 0
    quantum_wh: int = 1

    def day(self, day_on: date) -> Energy:
        """Return the energy of a local day of 48 half hours."""
        return self.until_slot(day_on, SLOTS_A_DAY)

    def slot(self, day_on: date, index: int) -> Energy:
        """Return the energy of one half hour; index 0 begins at 00:00 of the wall clock, 47 at 23:30."""
        return subtract(self.until_slot(day_on, index + 1), self.until_slot(day_on, index))

    def until_slot(self, day_on: date, index: int) -> Energy:
        """Return the energy from 00:00 of the day to the beginning of slot `index` (0 to 48)."""
        totals, load, sun = _day(self, day_on)
        return Energy(
            self._share(totals.a_plus_wh, load, index),
            self._share(totals.a_minus_wh, sun, index),
            self._share(totals.r_plus_varh, load, index),
            self._share(totals.r_minus_varh, load, index),
        )

    def largest_slot_wh(self) -> int:
        """Return a bound that no slot of any day exceeds, Wh or varh."""
        character = _CHARACTERS[self.kind]
        factor = max(character.by_month) * max(character.by_weekday) * (1000 + character.day_spread)
        day_wh = self.mean_w * 24 * factor // 1_000_000_000
        widest = max(_widest_share_ppm(self.kind, dead=dead) for dead in (False, True))
        sun_wh = self.solar_w * max(_SUN_BY_MONTH) // 100 * 4 * _widest_sun_ppm() // 1_000_000
        return max(day_wh * widest // 1_000_000, sun_wh) + 2 * self.quantum_wh

    def _share(self, total: int, weights: tuple[int, ...], index: int) -> int:
        return total // self.quantum_wh * weights[index] // weights[SLOTS_A_DAY] * self.quantum_wh


# Half hours of one day are asked for together; a thousand meters are often asked for the same days.
@lru_cache(maxsize=16_384)
def _day(curve: Curve, day_on: date) -> tuple[Energy, tuple[int, ...], tuple[int, ...]]:
    """Return the day's totals and the cumulative weights of load and sun."""
    character = _CHARACTERS[curve.kind]
    ordinal = day_on.toordinal()
    month = character.by_month[day_on.month - 1]
    weekday = character.by_weekday[day_on.weekday()]
    chance = 1000 + around(character.day_spread, curve.seed, _DAY_KEY, ordinal)
    a_plus_wh = curve.mean_w * 24 * month * weekday * chance // 1_000_000_000
    a_minus_wh = 0
    if curve.solar_w:
        clouds = 300 + pick(701, curve.seed, _SUN_KEY, ordinal)
        a_minus_wh = curve.solar_w * 4 * _SUN_BY_MONTH[day_on.month - 1] * clouds // 100_000
    totals = Energy(
        a_plus_wh,
        a_minus_wh,
        a_plus_wh * character.r_plus_share // 1000,
        a_plus_wh * character.r_minus_share // 1000,
    )
    variant = pick(_VARIANTS, curve.seed, _VARIANT_KEY, ordinal)
    return totals, _cumulative(curve.kind, month < _DEAD_BELOW, variant), _cumulative_sun()


@cache
def _cumulative(kind: CurveKind, dead: bool, variant: int) -> tuple[int, ...]:
    character = _CHARACTERS[kind]
    hours = character.dead_by_hour if dead else character.by_hour
    spread = character.slot_spread
    sums = [0]
    for slot in range(SLOTS_A_DAY):
        chance = 1000 + around(spread, variant, slot, mix(len(kind)))
        sums.append(sums[-1] + hours[slot // 2] * chance)
    return tuple(sums)


@cache
def _cumulative_sun() -> tuple[int, ...]:
    sums = [0]
    for slot in range(SLOTS_A_DAY):
        sums.append(sums[-1] + _SUN[slot // 2])
    return tuple(sums)


@cache
def _widest_share_ppm(kind: CurveKind, *, dead: bool) -> int:
    return max(_widest_ppm(_cumulative(kind, dead, variant)) for variant in range(_VARIANTS))


def _widest_sun_ppm() -> int:
    return _widest_ppm(_cumulative_sun())


def _widest_ppm(sums: tuple[int, ...]) -> int:
    widest = max(sums[slot + 1] - sums[slot] for slot in range(SLOTS_A_DAY))
    return widest * 1_000_000 // sums[SLOTS_A_DAY] + 1
