"""When instant values are asked for: they use a share of a wire's time and never delay what is due.

Half hours come first, always: a turn begins only while no meter is due before it can have ended.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import inf
from typing import Protocol, TypeVar

from common.clock import Clock
from meter_poller.schedule import next_due

LEAST_REAL_SECONDS = 1.0


class InstantPlace(Protocol):
    """A meter on the wire."""

    due_at: datetime
    instants_at: datetime


P = TypeVar("P", bound=InstantPlace)


class InstantSchedule:
    """Decides on one wire's turns. `every_seconds` of the clock, none if 0; `clear_seconds`, real: a turn at worst."""

    def __init__(
        self,
        *,
        every_seconds: float,
        wire_share: float,
        clear_seconds: float,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._every = timedelta(seconds=max(every_seconds, LEAST_REAL_SECONDS * clock.speed)) if every_seconds else None
        self._rest_for_each_second = (1 - wire_share) / wire_share
        self._clear = timedelta(seconds=clear_seconds * clock.speed)
        self._speed = clock.speed
        self._monotonic = monotonic
        self._free_at = -inf

    def due(self, places: Sequence[P], now: datetime) -> P | None:
        """Return whose turn it is: who waits longest, if the wire has time for it."""
        if self._every is None or not places or self._monotonic() < self._free_at:
            return None
        first = min(places, key=lambda place: place.instants_at)
        is_clear = min(place.due_at for place in places) - now > self._clear
        return first if first.instants_at <= now and is_clear else None

    def next(self, now: datetime, *, offset: timedelta) -> datetime:
        """Return when a meter whose turn it is at `now` is due again; turns that were missed are gone."""
        return now if self._every is None else next_due(now, every=self._every, offset=offset)

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Take down how much of the wire's time a turn takes."""
        began = self._monotonic()
        try:
            yield
        finally:
            ended = self._monotonic()
            self._free_at = ended + (ended - began) * self._rest_for_each_second

    def rest_seconds(self, places: Sequence[P], now: datetime) -> float | None:
        """Return for how many real seconds at most nothing is to be asked; None: until a meter is due."""
        if self._every is None or not places:
            return None
        until_due = (min(place.instants_at for place in places) - now).total_seconds() / self._speed
        until_clear = (min(place.due_at for place in places) - now - self._clear).total_seconds()
        return max(until_due, self._free_at - self._monotonic(), 0.0) if until_clear > 0 else None
