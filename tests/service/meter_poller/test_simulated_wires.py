"""The whole wire against simulated meters over sockets: every half hour is the meter's own, to the watt-hour."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from time import process_time
from typing import Any

import pytest
from tests.unit.meter_poller.parts import HALF_HOUR, MemoryLog, endpoint, joined, meter, quick_settings

from common.clock import ScaledClock
from meter_poller.publish import Cursors
from meter_poller.wires import WirePoller
from simulators.config import CurveConfig, EastronConfig, FleetConfig, MercuryConfig, MeterConfig, WireConfig
from simulators.curves import CurveKind
from simulators.faults import Fault
from simulators.fleet import Fleet
from topics.metering import Endpoint
from topics.poller import INTERVAL_BLOCKS, JOURNAL_ENTRIES, LINK_STATES, REGISTER_SNAPSHOTS, MeterCursor
from topics.quality import Quality

START = datetime(2026, 7, 6, 9, 7, tzinfo=UTC)
DAY_IN_A_MINUTE = 1_440
DAY_IN_TEN_SECONDS = 8_640
PROTOCOLS = {"mercury": "mercury-tcp", "modbus-tcp": "modbus-tcp", "modbus-rtu-over-tcp": "modbus-rtu-tcp"}
WITHIN_SECONDS = 20


def fast_clock(speed: float) -> ScaledClock:
    return ScaledClock(anchor_at=datetime.now(UTC), start_at=START, speed=speed)


def household(seed: int) -> CurveConfig:
    return CurveConfig(kind=CurveKind.HOUSEHOLD, seed=seed, mean_w=700, solar_w=900)


def mercury(address: int, **changes: Any) -> MercuryConfig:
    fields: dict[str, Any] = {
        "serial": f"{41_000_000 + address}",
        "commissioned_on": date(2026, 6, 20),
        "curve": household(address),
    }
    return MercuryConfig(address=address, **fields | changes)


def sdm630(address: int, **changes: Any) -> EastronConfig:
    """The registers move at half hours only, so that the reading's own delay costs nothing."""
    fields: dict[str, Any] = {
        "serial": f"{23_000_000 + address}",
        "commissioned_on": date(2026, 6, 20),
        "curve": household(address),
        "register_step_seconds": 1_800,
    }
    return EastronConfig(address=address, **fields | changes)


class Polled:
    """One polled wire: its endpoint, its log and its meters."""

    def __init__(self, fleet: Fleet, of: Endpoint, clock: ScaledClock, settings: dict[str, Any]) -> None:
        self.fleet = fleet
        self.endpoint = of
        self.clock = clock
        self.log = MemoryLog()
        self._settings = quick_settings(border_tolerance_seconds=900, **settings)
        self._task: asyncio.Task[Any] | None = None

    def start(self, known: Iterable[MeterCursor] = ()) -> None:
        poller = WirePoller(
            self.endpoint,
            Cursors(self.endpoint.endpoint_id, known),
            settings=self._settings,
            clock=self.clock,
            sender=self.log,
        )
        self._task = asyncio.create_task(poller.run())

    async def stop(self) -> None:
        assert self._task is not None
        self._task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self._task

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_SECONDS):
            while not holds():
                assert self._task is not None
                assert not self._task.done(), self._task
                await asyncio.sleep(0.01)

    def slots(self, serial: str) -> dict[datetime, tuple[Quality, int | None]]:
        return joined(block for block in self.log.of(INTERVAL_BLOCKS) if block.serial == serial)

    def code(self, serial: str) -> str | None:
        """Return the meter's newest error code; `unknown` before the first state."""
        wanted = next(each.meter_id for each in self.endpoint.meters if each.serial == serial)
        states = self.log.of(LINK_STATES)
        found = [link.error_code for link in states[-1].meters if link.meter_id == wanted] if states else []
        return found[0] if found else "unknown"

    def assert_true(self, serial: str, *, at_least: int) -> None:
        """Hold every published slot to the meter's truth; the slots are one unbroken row."""
        slots = self.slots(serial)
        assert len(slots) >= at_least
        first, last = min(slots), max(slots)
        truth = self.fleet.truth(serial).slots(first, last + HALF_HOUR)
        assert sorted(slots) == [true.start_at for true in truth]
        for true in truth:
            expected = (Quality.RAW, true.energy.a_plus_wh) if true.is_written else (Quality.GAP, None)
            assert slots[true.start_at] == expected


@asynccontextmanager
async def polled(
    *meters: MeterConfig,
    protocol: Any = "mercury",
    speed: float = DAY_IN_A_MINUTE,
    timing: Any = "instant",
    registered: dict[str, str] | None = None,
    endpoint_changes: dict[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[Polled]:
    """Run a wire with these meters, and make what polls it."""
    clock = fast_clock(speed)
    config = FleetConfig(wires=(WireConfig(name="wire", protocol=protocol, meters=meters, timing=timing),))
    async with Fleet(config, clock) as fleet:
        driver = "mercury" if protocol == "mercury" else "eastron_sdm630"
        of = endpoint(
            *(
                meter(each.address, driver=driver, serial=(registered or {}).get(each.serial, each.serial))
                for each in meters
            ),
            port=fleet.port("wire"),
            protocol=PROTOCOLS[protocol],
            **{"history_days": 3} | (endpoint_changes or {}),
        )
        found = Polled(fleet, of, clock, settings)
        yield found
        if found._task is not None and not found._task.done():
            await found.stop()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"memory_bytes": 65_536, "profile_addressing": "byte"},
        {"midnight_label": "previous-date", "drift_seconds": -40},
        {"script": "seeded", "tariffs": 1, "directions": 1},
    ],
    ids=["record addressing", "byte addressing", "midnight of the day before", "with outages"],
)
async def test_a_mercury_is_read_back_and_followed(changes: dict[str, Any]):
    async with polled(mercury(40, **changes), speed=DAY_IN_TEN_SECONDS, records_per_turn=50) as wire:
        wire.start()
        border = START + timedelta(hours=3)
        await wire.until(lambda: max(wire.slots("41000040"), default=START) >= border)
        wire.assert_true("41000040", at_least=3 * 48)
        assert wire.code("41000040") is None
        assert wire.log.of(JOURNAL_ENTRIES) or not changes.get("script")
        snapshot = wire.log.of(REGISTER_SNAPSHOTS)[-1]
        true = wire.fleet.truth("41000040").registers(snapshot.at).total
        shown = {register.channel: register.value_wh for register in snapshot.registers if register.zone == "sum"}
        assert abs(shown["a_plus"] - true.a_plus_wh) <= 200


@pytest.mark.parametrize("protocol", ["modbus-tcp", "modbus-rtu-over-tcp"])
async def test_half_hours_of_an_sdm630_are_its_register_differences(protocol: str):
    async with polled(sdm630(7), protocol=protocol) as wire:
        wire.start()
        await wire.until(lambda: len(wire.slots("23000007")) >= 3)
        wire.assert_true("23000007", at_least=3)


async def test_missed_borders_are_derived_and_add_up():
    """INVARIANT: over a time without poller the slots sum to the register difference, every one present."""
    async with polled(sdm630(7), protocol="modbus-tcp") as wire:
        wire.start()
        await wire.until(lambda: len(wire.slots("23000007")) >= 2)
        await wire.stop()
        (known,) = wire.log.last_cursor.meters
        await wire.clock.sleep(3 * 1_800)
        wire.start([known])
        await wire.until(lambda: max(wire.slots("23000007")) >= known.profile_until + 4 * HALF_HOUR)
        slots = wire.slots("23000007")
        truth = wire.fleet.truth("23000007").slots(min(slots), max(slots) + HALF_HOUR)
        assert sorted(slots) == [true.start_at for true in truth]
        derived = [start for start, (quality, _) in slots.items() if quality is Quality.DERIVED]
        assert len(derived) >= 3
        assert sum(value or 0 for _, value in slots.values()) == sum(true.energy.a_plus_wh for true in truth)


async def test_a_dead_meter_leaves_its_neighbours_their_half_hours():
    """INVARIANT: one dead meter costs its wire one bounded time-out a round."""
    async with polled(*(mercury(i) for i in range(1, 6)), speed=DAY_IN_TEN_SECONDS, reply_timeout_seconds=0.1) as wire:
        wire.fleet.meter("41000003").faults.set(Fault.SILENCE)
        wire.start()
        border = START + timedelta(hours=2)
        others = [f"4100000{i}" for i in (1, 2, 4, 5)]
        await wire.until(lambda: all(max(wire.slots(serial), default=START) >= border for serial in others))
        for serial in others:
            wire.assert_true(serial, at_least=3 * 48)
            assert wire.code(serial) is None
        assert wire.slots("41000003") == {}
        assert wire.code("41000003") == "timeout"
        wire.fleet.meter("41000003").faults.clear()
        await wire.until(lambda: wire.code("41000003") is None)
        await wire.until(lambda: len(wire.slots("41000003")) >= 3 * 48)
        wire.assert_true("41000003", at_least=3 * 48)


@pytest.mark.parametrize("fault", [Fault.WRONG_CRC, Fault.FOREIGN_ADDRESS, Fault.TRUNCATED, Fault.LATE])
@pytest.mark.parametrize("protocol", ["mercury", "modbus-rtu-over-tcp"])
async def test_a_spoilt_answer_is_never_a_value(protocol: str, fault: Fault):
    """INVARIANT: whatever a bad wire does, what is published is the meter's truth."""
    one = mercury(40) if protocol == "mercury" else sdm630(40)
    async with polled(one, protocol=protocol, reply_timeout_seconds=0.1, records_per_turn=40) as wire:
        wire.start()
        for _ in range(3):
            seen = len(wire.log.of(REGISTER_SNAPSHOTS))
            await wire.until(lambda seen=seen: len(wire.log.of(REGISTER_SNAPSHOTS)) > seen)  # type: ignore[misc]
            wire.fleet.meter(one.serial).faults.set(fault, requests=1)
        await wire.until(lambda: wire.code(one.serial) is None)
        slots = wire.slots(one.serial)
        truth = wire.fleet.truth(one.serial).slots(min(slots), max(slots) + HALF_HOUR)
        assert sorted(slots) == [true.start_at for true in truth]
        assert sum(value or 0 for _, value in slots.values()) == sum(true.energy.a_plus_wh for true in truth)


@pytest.mark.parametrize("protocol", ["mercury", "modbus-tcp"])
async def test_another_meter_at_the_address_gives_no_value(protocol: str):
    one = mercury(40) if protocol == "mercury" else sdm630(40)
    async with polled(one, protocol=protocol, registered={one.serial: "41999999"}) as wire:
        wire.start()
        await wire.until(lambda: wire.code("41999999") == "wrong_serial")
        await wire.clock.sleep(1_900)
        assert wire.log.of(INTERVAL_BLOCKS) == []
        assert wire.log.of(REGISTER_SNAPSHOTS) == []


async def test_a_wrong_password_is_told_and_gives_no_value():
    async with polled(mercury(40, password_level_1="0a0b0c0d0e0f")) as wire:
        wire.start()
        await wire.until(lambda: wire.code("41000040") == "access_denied")
        assert wire.log.of(REGISTER_SNAPSHOTS) == []


async def test_a_gateway_that_comes_back_is_found_again():
    async with polled(mercury(40), connect_timeout_seconds=0.5) as wire:
        wire.start()
        await wire.until(lambda: wire.code("41000040") is None)
        await wire.fleet.wires["wire"].close()
        await wire.until(lambda: wire.code("41000040") == "connection_refused")
        await wire.fleet.wires["wire"].open()
        await wire.until(lambda: wire.code("41000040") is None)


async def test_real_timing_of_9600_baud_is_read():
    """A long reply takes 0.27 s on the wire, in the settings' own time-outs."""
    async with polled(
        mercury(40),
        speed=1,
        timing="9600",
        reply_timeout_seconds=1.5,
        gap_seconds=0.1,
        endpoint_changes={"history_days": 1},
    ) as wire:
        wire.start()
        await wire.until(lambda: len(wire.slots("41000040")) >= 47)
        wire.assert_true("41000040", at_least=47)


async def test_time_that_flies_does_not_spin():
    """A day in ten seconds: the poller sleeps between rounds, and still every half hour is there."""
    async with polled(
        mercury(40), speed=DAY_IN_TEN_SECONDS, round_pause_seconds=0.05, endpoint_changes={"history_days": 1}
    ) as wire:
        wire.start()
        await wire.until(lambda: wire.code("41000040") is None)
        began, rounds = process_time(), len(wire.log.of(REGISTER_SNAPSHOTS))
        await asyncio.sleep(2)
        used, rounds = process_time() - began, len(wire.log.of(REGISTER_SNAPSHOTS)) - rounds
        assert rounds <= 2 / 0.05
        assert used < 1.5
        wire.assert_true("41000040", at_least=54)
