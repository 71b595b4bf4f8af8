"""The interface that every driver fulfils. A driver without profile memory offers registers only."""

from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from meter_poller.readings import InstantReading, JournalReading, LimitsReading, ProfileRun, RegisterReading
from topics.metering import EndpointMeter


class MeterDriver(Protocol):
    """One meter on a wire. Every call may raise ReadingFailed; a repeat is harmless."""

    driver: str
    meter: EndpointMeter

    async def begin(self) -> None:
        """Begin a session: the registered meter is the one that answers."""
        ...

    async def registers(self) -> RegisterReading:
        """Read the energy registers, and the clock where there is one."""
        ...


@runtime_checkable
class InstantDriver(MeterDriver, Protocol):
    """A meter that shows voltage, current and power."""

    async def instants(self) -> InstantReading:
        """Read what it shows now, and the register of energy taken."""
        ...


@runtime_checkable
class MemoryDriver(MeterDriver, Protocol):
    """A meter that keeps its half hours and journals."""

    async def profile(self, *, since: datetime | None, history: timedelta, limit: int) -> ProfileRun:
        """Read at most `limit` slots from `since` on; from `history` back where `since` is None."""
        ...

    async def journals(self) -> JournalReading:
        """Read every journal that the meter has."""
        ...


@runtime_checkable
class LimitsDriver(MeterDriver, Protocol):
    """A meter that enters voltage outside of limits that are set in it."""

    async def limits(self) -> LimitsReading | None:
        """Read the limits; None if this one does not tell."""
        ...
