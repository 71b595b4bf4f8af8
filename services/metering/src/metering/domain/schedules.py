"""Schedules of tariff zones: data with dates (`tariff_schedules`), for one supplier or for all. No hour stands in code.

The watchdog, V16 and E3 use the same ones. Order 1473-э of 2013 gave the usual ones of households.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

SLOTS_A_DAY: Final = 48


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which zone each of the 48 half hours of the wall clock is of; `clock`: its zone, None for the point's own."""

    plan: str
    titles: tuple[str, ...]
    clock: str | None
    zones: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.zones)))

    def zone_at(self, start: int, time_zone: str) -> str:
        """Return the zone of the half hour that begins at a UTC second, at a point of this time zone."""
        at = datetime.fromtimestamp(start, ZoneInfo(self.clock or time_zone))
        return self.zones[at.hour * 2 + at.minute // 30]


@dataclass(frozen=True, slots=True)
class DatedSchedule:
    """A schedule that is valid in [valid_from, valid_to)."""

    valid_from: date
    valid_to: date | None
    schedule: Schedule


def valid_on(rows: Sequence[DatedSchedule], day: date) -> list[Schedule]:
    """Return the schedules that are valid on a day."""
    return [each.schedule for each in rows if each.valid_from <= day and (each.valid_to is None or day < each.valid_to)]


def schedule_zones(windows: Mapping[str, Sequence[Sequence[str]]]) -> tuple[str, ...]:
    """Return the zone of each half hour from windows like {"T2": [["23:00", "07:00"]]}; "24:00" ends a day.

    Raises ValueError unless every half hour lies in exactly one window.
    """
    zones: list[str | None] = [None] * SLOTS_A_DAY
    for zone, spans in windows.items():
        for first, last in spans:
            for slot in _slots(first, last):
                if zones[slot] is not None:
                    msg = f"{zone} and {zones[slot]} share the half hour {slot}"
                    raise ValueError(msg)
                zones[slot] = zone
    whole = tuple(zone for zone in zones if zone is not None)
    if len(whole) != SLOTS_A_DAY:
        msg = "some half hours are in no zone"
        raise ValueError(msg)
    return whole


def _slots(first: str, last: str) -> Iterator[int]:
    begin, end = (_slot(each) for each in (first, last))
    length = (end - begin) % SLOTS_A_DAY or SLOTS_A_DAY
    return ((begin + number) % SLOTS_A_DAY for number in range(length))


def _slot(clock: str) -> int:
    if clock == "24:00":
        return 0
    at = time.fromisoformat(clock)
    if at.minute % 30 or at.second:
        msg = f"{clock} is no border of half hours"
        raise ValueError(msg)
    return at.hour * 2 + at.minute // 30


def choose(schedules: Sequence[Schedule], *, tariff: str | None, used: set[str]) -> Schedule | None:
    """Return the schedule of a point: the one that the tariff names, else the one of the zones that ever counted."""
    named = tariff.casefold().strip() if tariff else ""
    by_title = (each for each in schedules if named in {title.casefold() for title in each.titles})
    by_zones = (each for each in schedules if set(each.names) == used)
    return next(by_title, None) or next(by_zones, None)
