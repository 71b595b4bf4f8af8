"""Settlement periods: calendar months, each named by its first day, and to which of them a revision belongs. Pure.

A bill run cuts a period off: what was known before its instant belongs to the period, what comes later is a
correction that lands in the first later period which is still open. How: docs/architecture/ledger.md.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

FIRST_PERIOD: Final = date(2000, 1, 1)
LAST_PERIOD: Final = date(2099, 12, 1)

CutOffs = Mapping[date, datetime]
"""The instants at which the periods of one supplier are cut off, by the period's first day."""


def period_of(day: date) -> date:
    """Return the first day of the month."""
    return day.replace(day=1)


def next_period(period: date) -> date:
    """Return the first day of the following month."""
    return date(period.year + period.month // 12, period.month % 12 + 1, 1)


def lands_in(day: date, known_at: datetime, cut_offs: CutOffs) -> date:
    """Return the period to whose bill a revision of `day` belongs that was known from `known_at` on."""
    period = period_of(day)
    while period in cut_offs and known_at >= cut_offs[period]:
        period = next_period(period)
    return period
