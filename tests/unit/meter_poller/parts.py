"""Parts for tests of the poller: a log in memory, a meter that was scripted, endpoints."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from common.errors import Busy
from common.kafka.topic import Message, Topic
from meter_poller.readings import (
    CHANNELS,
    NOTHING,
    Energies,
    InstantReading,
    JournalReading,
    LimitsReading,
    ProfileRun,
    RegisterReading,
    Slot,
)
from meter_poller.settings import Settings
from topics.metering import Endpoint, EndpointMeter
from topics.poller import CURSORS, IntervalBlock, JournalEntry, Register
from topics.quality import Quality

M = TypeVar("M", bound=Message)

NOON = datetime(2026, 7, 6, 12, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
QUICK: dict[str, Any] = {
    "reply_timeout_seconds": 0.2,
    "gap_seconds": 0.03,
    "frame_pause_seconds": 0,
    "settle_seconds": 0.05,
    "round_pause_seconds": 0,
    "publish_pauses_seconds": (0.0,),
    "poll_delay_seconds": 0,
    "poll_spread_seconds": 0,
}


def naive(text: str) -> datetime:
    """Return a time as a meter says it."""
    return datetime.fromisoformat(text)


def quick_settings(**changes: Any) -> Settings:
    """Return settings with time-outs that suit a test."""
    return Settings(**QUICK | changes)


class MemoryLog:
    """A log in memory. `busy` of the next sends fail, after as many of their messages as `taken` says."""

    def __init__(self) -> None:
        self.records: list[tuple[str, Message]] = []
        self.attempts: list[str] = []
        self.busy = 0
        self.taken = 0
        self.on_send: Callable[[str], None] = lambda _name: None

    async def send(self, topic: Topic[M], messages: Iterable[M]) -> None:
        self.attempts.append(topic.name)
        self.on_send(topic.name)
        found = list(messages)
        if self.busy:
            self.busy -= 1
            self.records += [(topic.name, message) for message in found[: self.taken]]
            raise Busy("the log is away")
        self.records += [(topic.name, topic.decode(topic.encode(m), topic.headers())) for m in found]

    def of(self, topic: Topic[M]) -> list[M]:
        return [message for name, message in self.records if name == topic.name and isinstance(message, topic.message)]

    @property
    def last_cursor(self) -> Any:
        return self.of(CURSORS)[-1]


def meter(address: int = 1, *, driver: str = "mercury", serial: str = "41888840", **changes: Any) -> EndpointMeter:
    fields: dict[str, Any] = {"meter_id": uuid4(), "clock_zone": "Europe/Moscow"}
    return EndpointMeter(driver=driver, address=address, serial=serial, **fields | changes)


def endpoint(*meters: EndpointMeter, version: int = 1, port: int = 1, **changes: Any) -> Endpoint:
    fields: dict[str, Any] = {
        "endpoint_id": uuid4(),
        "protocol": "mercury-tcp",
        "host": "127.0.0.1",
        "history_days": 1,
    }
    return Endpoint(version=version, port=port, meters=list(meters), **fields | changes)


def reading(
    at: datetime, *energies: int | None, drift_seconds: float | None = None, asked_at: datetime | None = None
) -> RegisterReading:
    padded = (*energies, 0, 0, 0, 0)
    total: Energies = (padded[0], padded[1], padded[2], padded[3])
    registers = [
        Register(zone="sum", channel=channel, value_wh=value)
        for channel, value in zip(CHANNELS, total, strict=True)
        if value is not None
    ]
    return RegisterReading(
        asked_at=asked_at or at,
        at=at,
        meter_time=None,
        drift_seconds=drift_seconds,
        registers=registers,
        total=total,
        frames=(b"frame",),
    )


def raw_slot(start: datetime, wh: int = 100) -> Slot:
    return Slot(start=start, energies=(wh, 0, 0, 0), quality=Quality.RAW, frame=b"frame")


def gap_slot(start: datetime) -> Slot:
    return Slot(start=start, energies=NOTHING, quality=Quality.GAP)


class ScriptedMemoryMeter:
    """A meter with memory that holds `slots`; `fault` is raised at the next begins while it is set."""

    driver = "mercury"

    def __init__(self, of: EndpointMeter, *, clock: Any, slots: Iterable[Slot] = ()) -> None:
        self.meter = of
        self.clock = clock
        self.slots = list(slots)
        self.entries: list[JournalEntry] = []
        self.digest = "0" * 64
        self.fault: Exception | None = None
        self.begins: list[datetime] = []
        self.journal_reads: list[datetime] = []
        self.drift_seconds = 0.0

    async def begin(self) -> None:
        self.begins.append(self.clock.now())
        if self.fault is not None:
            raise self.fault

    async def registers(self) -> RegisterReading:
        return reading(self.clock.now(), 1, drift_seconds=self.drift_seconds)

    async def profile(self, *, since: datetime | None, history: timedelta, limit: int) -> ProfileRun:
        begin = since if since is not None else self.clock.now() - history
        found = [slot for slot in self.slots if begin <= slot.start and slot.start + HALF_HOUR <= self.clock.now()]
        part = found[:limit]
        until = part[-1].start + HALF_HOUR if part else None
        return ProfileRun(step=HALF_HOUR, slots=part, until=until, has_more=len(found) > limit)

    async def journals(self) -> JournalReading:
        self.journal_reads.append(self.clock.now())
        return JournalReading(entries=list(self.entries), digest=self.digest)


class ScriptedLimitsMeter(ScriptedMemoryMeter):
    """The same with limits of voltage, while it tells them."""

    def __init__(self, of: EndpointMeter, *, clock: Any) -> None:
        super().__init__(of, clock=clock)
        self.voltages_mv: list[int] | None = [180_000, 209_000, 231_000, 250_000]

    async def limits(self) -> LimitsReading | None:
        return None if self.voltages_mv is None else LimitsReading(at=self.clock.now(), voltages_mv=self.voltages_mv)


class ScriptedInstantMeter(ScriptedMemoryMeter):
    """The same with instant values: 700 W."""

    async def instants(self) -> InstantReading:
        return InstantReading(
            at=self.clock.now(),
            a_plus_wh=1,
            power_w=700,
            reactive_power_var=0,
            phase_powers_w=(700, 0, 0),
            voltages_mv=(230_000, None, None),
            currents_ma=(3_043, None, None),
            power_factor_thousandths=1_000,
            frequency_millihertz=50_000,
            frames=(b"frame",),
        )


def joined(blocks: Iterable[IntervalBlock]) -> dict[datetime, tuple[Quality, int | None]]:
    """Return quality and A+ of every slot; a slot that comes twice must say the same."""
    found: dict[datetime, tuple[Quality, int | None]] = {}
    for block in blocks:
        for i, (quality, value) in enumerate(zip(block.quality, block.a_plus_wh, strict=True)):
            start = block.start + i * timedelta(seconds=block.step_seconds)
            assert found.setdefault(start, (quality, value)) == (quality, value)
    return found


ANY_ID = UUID(int=7)
