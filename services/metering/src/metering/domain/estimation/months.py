"""Full local months of a register, as the legal substitution counts them, between the first readings of months."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from metering.domain.profile import Channel
from metering.domain.reconciliation import advance, register_value
from metering.domain.registers import StoredSnapshot

# A month's first reading is one of its first days.
LATEST_DAY: Final = 3
GREATEST_WH: Final = 10**12


def months_of(snapshots: Sequence[StoredSnapshot], time_zone: str) -> dict[date, int]:
    """Return active import by the month's first day, Wh of the meter's side, of months between two first readings."""
    zone = ZoneInfo(time_zone)
    months: dict[date, int] = {}
    for before, after in pairwise(sorted(snapshots, key=lambda each: each.at)):
        first, last = (_month(each.at, zone) for each in (before, after))
        values = [register_value(each, Channel.A_PLUS) for each in (before, after)]
        if first is None or last is None or before.meter_id != after.meter_id or last != _following(first):
            continue
        if values[0] is not None and values[1] is not None:
            energy = advance(values[0], values[1], limit_wh=GREATEST_WH)
            if energy >= 0:
                months[first] = energy
    return months


def _month(at: datetime, zone: ZoneInfo) -> date | None:
    day = at.astimezone(zone).date()
    return day.replace(day=1) if day.day <= LATEST_DAY else None


def _following(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def before(months: dict[date, int], day: date) -> list[int]:
    """Return the months that ended before the day's own, newest first."""
    own = day.replace(day=1)
    return [months[month] for month in sorted(months, reverse=True) if month < own]
