"""Local days of a point's zone in UTC seconds: when each begins, ends and must be closed, and which a batch touches.

A day begins at the local midnight and has 46, 48 or 50 half hours where clocks change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from metering.domain.intervals import STEP_SECONDS, CheckedBlocks
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import Registry, place_at

ONE_DAY: Final = timedelta(days=1)
LATE_DAYS: Final = 100


@dataclass(frozen=True, slots=True)
class LocalDay:
    """One day of a zone: [start, end) in UTC seconds, both on the half hour."""

    day: date
    time_zone: str
    start_epoch: int
    end_epoch: int

    @property
    def slots(self) -> range:
        """Return the starts of its half hours."""
        return range(self.start_epoch, self.end_epoch, STEP_SECONDS)

    @property
    def ends_at(self) -> datetime:
        return datetime.fromtimestamp(self.end_epoch, UTC)

    def local_time(self, epoch: int) -> time:
        """Return what the wall clock of the zone shows at an instant."""
        return datetime.fromtimestamp(epoch, ZoneInfo(self.time_zone)).time()

    def closes_at(self, hour: int) -> datetime:
        """Return `hour` o'clock of the next local day: then the day is closed, complete or not."""
        zone = ZoneInfo(self.time_zone)
        return datetime.combine(self.day + ONE_DAY, time(hour), zone).astimezone(UTC)


def instant(epoch: float) -> datetime:
    """Return the instant of UTC seconds."""
    return datetime.fromtimestamp(epoch, UTC)


TouchedDays = dict[tuple[UUID, date], LocalDay]
"""Days by (point, local day)."""


@lru_cache(maxsize=65_536)
def local_day(day: date, time_zone: str) -> LocalDay:
    """Return the day of the zone. Where midnight is left out the day begins with the first instant that there is."""
    return LocalDay(day, time_zone, _midnight(day, time_zone), _midnight(day + ONE_DAY, time_zone))


def _midnight(day: date, time_zone: str) -> int:
    epoch = int(datetime.combine(day, time(), ZoneInfo(time_zone)).timestamp())
    return -(-epoch // STEP_SECONDS) * STEP_SECONDS


@lru_cache(maxsize=65_536)
def day_at(epoch: float, time_zone: str) -> LocalDay:
    """Return the local day in which the half hour that holds `epoch` begins."""
    day = datetime.fromtimestamp(epoch, ZoneInfo(time_zone)).date()
    found = local_day(day, time_zone)
    return found if epoch >= found.start_epoch else local_day(day - ONE_DAY, time_zone)


def days_of_blocks(checked: CheckedBlocks) -> tuple[TouchedDays, TouchedDays]:
    """Return the days from the first to the last stored half hour of each piece of a batch, and the days beside them.

    A day beside begins or ends with such a half hour: a reading that was taken within it is near the border of both.
    """
    touched: TouchedDays = {}
    beside: TouchedDays = {}
    rows = np.flatnonzero(checked.slots.stored)
    if not rows.size:
        return touched, beside
    bounds = np.array([(piece.first, piece.last) for piece in checked.pieces])
    low, high = np.searchsorted(rows, bounds[:, 0]), np.searchsorted(rows, bounds[:, 1])
    firsts = checked.slots.starts[rows[np.minimum(low, len(rows) - 1)]].tolist()
    lasts = checked.slots.starts[rows[np.maximum(high - 1, 0)]].tolist()
    for piece, stored, first, last in zip(checked.pieces, (low < high).tolist(), firsts, lasts, strict=True):
        if not stored:
            continue
        zone, point_id = piece.installed.time_zone, piece.installed.point_id
        day = day_at(first, zone)
        touched[point_id, day.day] = day
        if first == day.start_epoch:
            beside[point_id, day.day - ONE_DAY] = local_day(day.day - ONE_DAY, zone)
        while day.end_epoch <= last:
            day = local_day(day.day + ONE_DAY, zone)
            touched[point_id, day.day] = day
        if last == day.end_epoch - STEP_SECONDS:
            beside[point_id, day.day + ONE_DAY] = local_day(day.day + ONE_DAY, zone)
    return touched, beside


def ended_days_within(spans: Iterable[tuple[UUID, str, float, float]], *, now_epoch: float) -> set[tuple[UUID, date]]:
    """Return (point, local day) of days that have ended, of spans (point, zone, first and last second).

    What comes of a day after its end must be looked at again. At most the last LATE_DAYS of each span.
    """
    found: set[tuple[UUID, date]] = set()
    for point_id, zone, first, last in spans:
        day = day_at(min(last, now_epoch), zone)
        if day.end_epoch > now_epoch:
            day = local_day(day.day - ONE_DAY, zone)
        for _ in range(LATE_DAYS):
            if day.end_epoch <= first:
                break
            found.add((point_id, day.day))
            day = local_day(day.day - ONE_DAY, zone)
    return found


def days_before_snapshots(snapshots: Iterable[StoredSnapshot], registry: Registry) -> TouchedDays:
    """Return for each snapshot the local day before its own: it may be the one that this day waits for."""
    touched: TouchedDays = {}
    for snapshot in snapshots:
        at = snapshot.at.timestamp()
        place = place_at(registry.installations.get(snapshot.meter_id, ()), at)
        if place is not None:
            day = local_day(day_at(at, place.time_zone).day - ONE_DAY, place.time_zone)
            touched[place.point_id, day.day] = day
    return touched
