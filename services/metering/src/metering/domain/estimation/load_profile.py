"""E6: the usual curve of a class of points, times the month's volume as the registers tell it.

The curves are the product's own defaults, dated: shares of an hour by type of day, in thousandths of a working day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from metering.domain.estimation.material import Material
from metering.domain.estimation.rounding import Number
from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import day_at
from metering.domain.production_calendar import DayType, day_type
from metering.domain.profile import Channel
from metering.domain.reconciliation import advance, register_value
from metering.domain.validation.limits import PointClass

LEAST_SECONDS: Final = 5 * 86_400
ACTIVE_IMPORT: Final = 0


@dataclass(frozen=True, slots=True)
class Curve:
    """Weights of the 24 local hours by type of day, valid in [valid_from, valid_to)."""

    valid_from: date
    valid_to: date | None
    hours: Mapping[DayType, tuple[int, ...]]


_HOME_WORK: Final = (24, 21, 19, 18, 19, 24, 38, 48, 44, 39, 37, 37, 38, 38, 38, 41, 49, 60, 69, 74, 73, 65, 49, 38)
_HOME_FREE: Final = (28, 24, 21, 20, 20, 22, 28, 38, 49, 55, 56, 56, 56, 54, 52, 53, 57, 63, 69, 72, 70, 62, 48, 37)
_WORK_WORK: Final = (20, 19, 19, 19, 20, 23, 32, 46, 62, 68, 69, 68, 64, 66, 67, 65, 60, 51, 42, 35, 29, 25, 22, 21)
_WORK_FREE: Final = (19, 18, 18, 18, 18, 19, 20, 22, 24, 26, 27, 27, 27, 26, 26, 25, 25, 24, 24, 23, 22, 21, 20, 19)
_HOME: Final = Curve(
    date(2020, 1, 1),
    None,
    {DayType.WORKDAY: _HOME_WORK, DayType.SATURDAY: _HOME_FREE, DayType.SUNDAY: _HOME_FREE},
)
_WORKPLACE: Final = Curve(
    date(2020, 1, 1),
    None,
    {DayType.WORKDAY: _WORK_WORK, DayType.SATURDAY: _WORK_FREE, DayType.SUNDAY: _WORK_FREE},
)
CURVES: Final = {
    PointClass.SINGLE_PHASE: (_HOME,),
    PointClass.THREE_PHASE: (_HOME,),
    PointClass.TRANSFORMER: (_WORKPLACE,),
}


@dataclass(frozen=True, slots=True)
class Volume:
    """What a register went on by in [start, end), UTC seconds, Wh of the meter's side."""

    energy_wh: int
    start: float
    end: float


def curve_of(point_class: PointClass, on: date) -> Curve | None:
    return next(
        (
            curve
            for curve in CURVES[point_class]
            if curve.valid_from <= on and (curve.valid_to is None or on < curve.valid_to)
        ),
        None,
    )


def known_volume(material: Material) -> Volume | None:
    """Return the longest register difference of the meter before the day, of at least five days."""
    before = sorted(
        (each.at.timestamp(), value)
        for each in material.snapshots
        if each.meter_id == material.place.meter_id
        and each.at.timestamp() <= material.day.end_epoch
        and (value := register_value(each, Channel.A_PLUS)) is not None
    )
    if len(before) < 2 or before[-1][0] - before[0][0] < LEAST_SECONDS:  # noqa: PLR2004 -- a difference is of two
        return None
    slots = int(before[-1][0] - before[0][0]) // STEP_SECONDS + 1
    energy = advance(before[0][1], before[-1][1], limit_wh=material.limit() * slots)
    return None if energy < 0 else Volume(energy, before[0][0], before[-1][0])


def by_class(material: Material, run: Sequence[int], channel: int) -> list[Number] | None:
    """Return the class' curve over the month's volume; None without one, or for another channel than active import."""
    curve, volume = curve_of(material.point_class, material.day.day), known_volume(material)
    if curve is None or volume is None or channel != ACTIVE_IMPORT:
        return None
    month_wh = Fraction(volume.energy_wh) / Fraction(volume.end - volume.start) * _month_seconds(material.day.day)
    return over_month(curve, month_wh, run, material.day.time_zone)


def over_month(curve: Curve, month_wh: Number, run: Sequence[int], time_zone: str) -> list[Number]:
    """Return the half hours' shares of a month's energy."""
    found: list[Number] = []
    for start in run:
        day = day_at(start, time_zone)
        whole = _month_weight(curve, day.day.replace(day=1))
        weights = curve.hours[day_type(day.day)]
        hour = datetime.fromtimestamp(start, _zone(time_zone)).hour
        found.append(Fraction(month_wh) * Fraction(weights[hour], 2 * whole))
    return found


def _month_weight(curve: Curve, month: date) -> int:
    days = (date(month.year, month.month, number + 1) for number in range(_days_of(month)))
    return sum(sum(curve.hours[day_type(day)]) for day in days)


def _days_of(month: date) -> int:
    first = month.replace(day=1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return (following - first).days


def _month_seconds(day: date) -> int:
    return _days_of(day) * 86_400


@lru_cache(maxsize=128)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
