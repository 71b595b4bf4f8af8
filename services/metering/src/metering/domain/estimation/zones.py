"""The usual tariff zones of households, in the point's local time: two or three a day, the same all year.

Order 1473-э of 2013: T2 is the night, T3 the half-peak.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo


class Plan(str, Enum):
    TWO = "two"
    THREE = "three"


ZONES_OF_PLAN: Final = {Plan.TWO: ("T1", "T2"), Plan.THREE: ("T1", "T2", "T3")}
NIGHT: Final = frozenset({23, *range(7)})
PEAK: Final = frozenset({*range(7, 10), *range(17, 21)})


def plan_of(values: Mapping[str, int]) -> Plan | None:
    """Return the plan of a meter whose zone registers show these values; None where there is one zone."""
    if values.get("T4"):
        return None
    if values.get("T3"):
        return Plan.THREE
    return Plan.TWO if values.get("T2") else None


def zone_of(plan: Plan, start: int, time_zone: str) -> str:
    """Return the zone of the half hour that begins at this UTC second."""
    hour = datetime.fromtimestamp(start, ZoneInfo(time_zone)).hour
    if hour in NIGHT:
        return "T2"
    return "T1" if plan is Plan.TWO or hour in PEAK else "T3"
