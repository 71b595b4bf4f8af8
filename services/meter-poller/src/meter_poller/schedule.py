"""When a meter is due. Pure: instants of the clock in, instants out.

Meters with memory are polled a little after the half hour, each wire at its own offset, so that wires do not
bunch. Meters without memory are due exactly at the border.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from meter_poller.plan import EPOCH, HALF_HOUR

LAG_STEP = timedelta(seconds=30)


def offset_of(endpoint_id: UUID, *, delay_seconds: float, spread_seconds: float) -> timedelta:
    """Return the wire's own offset after the border: the delay and a share of the spread, always the same."""
    share = int.from_bytes(sha256(endpoint_id.bytes).digest()[:4]) / 2**32
    return timedelta(seconds=delay_seconds + share * spread_seconds)


def next_due(now: datetime, *, every: timedelta, offset: timedelta) -> datetime:
    """Return the first instant after `now` that is a multiple of `every` plus `offset`; missed ones are gone."""
    offset %= every
    return now + every - (now - EPOCH - offset) % every


def next_border(now: datetime) -> datetime:
    """Return the first half-hour border after `now`."""
    return next_due(now, every=HALF_HOUR, offset=timedelta())


def lag_of(drift_seconds: float | None, *, limit: timedelta) -> timedelta:
    """Return how much later a meter whose clock is behind closes its half hour, up to `limit`.

    In whole steps, so that the jitter of a measured drift does not move the meter's turn.
    """
    if drift_seconds is None or drift_seconds > -1:
        return timedelta()
    return min(limit, -(timedelta(seconds=drift_seconds) // LAG_STEP) * LAG_STEP)
