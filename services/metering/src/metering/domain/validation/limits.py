"""The limits of the rules: defaults, by class of point, and what was set instead from one day to another.

Effective-dated and never changed in place: a later decision on the same days is a further entry, known later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Final

from common.errors import Rejected
from metering.domain.registry import Installed


class PointClass(str, Enum):
    """What kind of place it is, by its meter: that alone decides which loads are usual there."""

    SINGLE_PHASE = "single_phase"
    THREE_PHASE = "three_phase"
    TRANSFORMER = "transformer"


Limits = Mapping[str, float]
"""Limits by name: the rule, a dot, the limit with its unit."""

DEFAULTS: Final[Limits] = {
    "V08.warn_seconds": 60,
    "V08.fail_seconds": 300,
    "V10.low_share": 0.2,
    "V10.high_share": 3.0,
    "V10.days": 28,
    "V10.least_days": 3,
    "V10.least_wh": 1_000,
    "V11.percent": 180,
    "V11.least_wh": 1_000,
    "V12.half_hours": 12,
    "V13.days": 3,
    "V16.step_wh": 1,
    "V16.percent": 1,
    "V17.expected": 0,
    "V20.warn_days": 10,
    "V20.work_order_days": 30,
}
GREATEST: Final = 1e9
# What is read of a day and of the days before it bounds what a rule can look at.
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "V10.days": (1, 35),
    "V10.least_days": (1, 35),
    "V12.half_hours": (2, 24),
    "V13.days": (1, 7),
    "V20.warn_days": (1, 35),
    "V20.work_order_days": (1, 35),
}
# Large loads have half hours of reactive energy always, and switch on and off by more than a home does.
OF_CLASS: Final[Mapping[PointClass, Limits]] = {
    PointClass.SINGLE_PHASE: {},
    PointClass.THREE_PHASE: {},
    PointClass.TRANSFORMER: {"V10.least_wh": 10_000, "V11.least_wh": 10_000, "V17.expected": 1},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLimit:
    """One limit from `valid_from` to `valid_to` (not included; None: until another comes).

    `supplier_code` and `point_class` None: of all. `source`: the document that says so.
    """

    name: str
    value: float
    supplier_code: str | None
    point_class: PointClass | None
    valid_from: date
    valid_to: date | None
    known_at: datetime
    source: str


def check_limit(limit: SetLimit) -> None:
    """Raise Rejected for a limit that no rule could use."""
    if limit.name not in DEFAULTS:
        raise Rejected(f"there is no limit {limit.name}", code="unknown_limit")
    least, most = RANGES.get(limit.name, (0, GREATEST))
    if not least <= limit.value <= most:
        raise Rejected(f"{limit.name} lies between {least:g} and {most:g}", code="limit_out_of_range")
    if limit.valid_to is not None and limit.valid_to <= limit.valid_from:
        raise Rejected("the limit ends before it begins", code="invalid_period")


def class_of(place: Installed) -> PointClass:
    """Return the class of the point while this meter stands there."""
    if place.ratio > 1:
        return PointClass.TRANSFORMER
    return PointClass.SINGLE_PHASE if place.phases == 1 else PointClass.THREE_PHASE


def limits_of(set_limits: Sequence[SetLimit], place: Installed, *, on: date, known_at: datetime) -> Limits:
    """Return the limits that hold on a day, as known at an instant.

    What is set for a supplier goes before what is set for all, then what is set for a class; of two alike, the one
    known later.
    """
    point_class = class_of(place)
    ours = [
        each
        for each in set_limits
        if each.name in DEFAULTS
        and each.supplier_code in {None, place.supplier_code}
        and each.point_class in {None, point_class}
        and each.known_at <= known_at
        and each.valid_from <= on
        and (each.valid_to is None or on < each.valid_to)
    ]
    ours.sort(key=lambda each: (each.supplier_code is not None, each.point_class is not None, each.known_at))
    return {**DEFAULTS, **OF_CLASS[point_class], **{each.name: each.value for each in ours}}
