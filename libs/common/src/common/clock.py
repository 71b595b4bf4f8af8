"""Where the time comes from: the system, or a clock that runs faster so that days pass in minutes.

Only what measures (meters, poller, metering) asks this clock; logins, tokens and letters live in real time.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Clock(Protocol):
    """A source of aware UTC instants."""

    @property
    def speed(self) -> float:
        """Clock seconds that pass in one real second."""
        ...

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait until `seconds` of this clock have passed."""
        ...

    async def sleep_until(self, instant: datetime) -> None:
        """Wait until this clock shows `instant`; return at once if it already does."""
        ...


class SystemClock:
    """Real time."""

    speed = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    async def sleep_until(self, instant: datetime) -> None:
        await self.sleep((instant - self.now()).total_seconds())


class ScaledClock:
    """A clock that showed `start_at` at the real instant `anchor_at` and runs `speed` times as fast."""

    def __init__(self, *, anchor_at: datetime, start_at: datetime, speed: float) -> None:
        self._anchor_at = anchor_at
        self._start_at = start_at
        self.speed = speed

    def now(self) -> datetime:
        real = (datetime.now(UTC) - self._anchor_at).total_seconds()
        return self._start_at + timedelta(seconds=real * self.speed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self.speed))

    async def sleep_until(self, instant: datetime) -> None:
        await self.sleep((instant - self.now()).total_seconds())


class FixedClock:
    """A clock for tests: it shows what it was set to, and sleeping moves it."""

    speed = 1.0

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant

    async def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=max(0.0, seconds))
        await asyncio.sleep(0)

    async def sleep_until(self, instant: datetime) -> None:
        await self.sleep((instant - self.instant).total_seconds())


class ClockSettings(BaseSettings):
    """How fast time passes; the same three values go to every process of a stack."""

    model_config = SettingsConfigDict(env_prefix="CLOCK_", frozen=True)

    speed: float = Field(default=1.0, gt=0, le=100_000)
    anchor_at: datetime | None = None
    start_at: datetime | None = None


def clock_from_settings(settings: ClockSettings | None = None) -> Clock:
    """Return the system's clock, or a scaled one if CLOCK_ANCHOR_AT and CLOCK_START_AT are set.

    Raises ValueError if only one of the two is set, or either carries no offset.
    """
    settings = settings or ClockSettings()
    if settings.anchor_at is None and settings.start_at is None:
        return SystemClock()
    if settings.anchor_at is None or settings.start_at is None:
        msg = "CLOCK_ANCHOR_AT and CLOCK_START_AT go together: set both or neither"
        raise ValueError(msg)
    if settings.anchor_at.tzinfo is None or settings.start_at.tzinfo is None:
        msg = "CLOCK_ANCHOR_AT and CLOCK_START_AT need an offset, such as 2026-01-01T00:00:00+00:00"
        raise ValueError(msg)
    return ScaledClock(anchor_at=settings.anchor_at, start_at=settings.start_at, speed=settings.speed)
