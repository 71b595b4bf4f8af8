"""Instant values: read from both families as the meters show them, and only with what the wire has to spare."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.meter_poller.parts import NOON, ScriptedInstantMeter, meter
from tests.unit.meter_poller.test_mercury_profile import pair
from tests.unit.meter_poller.test_wires import Wire
from tests.unit.simulators.meters import eastron

from common.clock import FixedClock
from meter_poller.drivers import mercury_frames as frames
from meter_poller.drivers.eastron import EastronMeter
from meter_poller.drivers.modbus_link import ModbusReply
from meter_poller.drivers.register_map import load_map
from meter_poller.errors import NoReply
from meter_poller.instants import InstantSchedule
from meter_poller.readings import InstantReading
from simulators.electrical import Snapshot, snapshot
from topics.poller import INSTANT_VALUES

AT = datetime(2026, 7, 6, 9, 10, tzinfo=UTC)
EVERY = timedelta(seconds=60)


def shown(simulated: Any) -> Snapshot:
    """What the simulated meter shows now."""
    account = simulated._account
    return snapshot(simulated.config.curve.seed, AT, account.slot(account.slot_start(AT)).energy)


def check(found: InstantReading, simulated: Any) -> None:
    true = shown(simulated)
    assert found.at == AT
    assert found.a_plus_wh == simulated.truth.registers(AT).total.a_plus_wh
    assert found.voltages_mv == tuple(phase.centivolt * 10 for phase in true.phases)
    assert found.currents_ma == tuple(phase.milliampere for phase in true.phases)
    assert found.power_w == pytest.approx(true.p_centiwatt / 100, abs=0.51)
    assert found.reactive_power_var == pytest.approx(true.q_centivar / 100, abs=0.51)
    powers = zip(found.phase_powers_w, true.phases, strict=True)
    assert all(power == pytest.approx(phase.p_centiwatt / 100, abs=0.51) for power, phase in powers)
    assert (found.power_factor_thousandths, found.frequency_millihertz) == (
        true.cos_phi_thousandths,
        true.centihertz * 10,
    )


async def test_a_mercury_shows_all_in_one_request():
    driver, link, simulated, _ = pair(AT)
    await driver.begin()
    before = len(link.requests)
    check(await driver.instants(), simulated)
    assert len(link.requests) - before == 2


async def test_a_mercury_that_refuses_the_one_request_is_asked_by_quantity():
    driver, link, simulated, _ = pair(AT)
    link.change = lambda request, body: b"\x01" if request[:3] == b"\x08\x16\xa0" else body
    await driver.begin()
    check(await driver.instants(), simulated)
    link.requests.clear()
    check(await driver.instants(), simulated)
    assert len(link.requests) == len(frames.INSTANT_BYTES) + 1, "it is not asked for what it refused"


def test_power_that_is_given_is_negative():
    """Bit 7 of the high byte is the direction of active, bit 6 that of reactive power."""
    parts = {quantity: bytes(length) for quantity, length in frames.INSTANT_BYTES.items()}
    parts[0x00] = bytes.fromhex("801027") + bytes(9)
    parts[0x04] = bytes.fromhex("401027") + bytes(9)
    found = frames.instants(parts)
    assert (found.powers_w[0], found.reactive_powers_var[0]) == (-100, -100)


async def test_an_eastron_shows_all_in_one_request():
    simulated, clock = eastron(AT)

    class Link:
        async def read(self, address: int, *, function_code: int, word_address: int, word_count: int) -> ModbusReply:
            assert address == simulated.address
            pdu = simulated.answer(struct.pack(">BHH", function_code, word_address, word_count), to_any=False)
            assert pdu is not None
            return ModbusReply([each for (each,) in struct.iter_unpack(">H", pdu[2:])], pdu)

    link: Any = Link()
    driver = EastronMeter(
        link, meter(simulated.address), registers=load_map("eastron_sdm630"), clock=FixedClock(clock.now())
    )
    check(await driver.instants(), simulated)


@dataclass
class Place:
    due_at: datetime
    instants_at: datetime


def schedule(real: Callable[[], float], **changes: Any) -> InstantSchedule:
    told: dict[str, Any] = {"every_seconds": 60, "wire_share": 0.2, "clear_seconds": 1.5, "clock": FixedClock(NOON)}
    return InstantSchedule(**told | changes, monotonic=real)


def test_a_wire_gives_a_share_of_its_time_and_no_more():
    """INVARIANT: instant values take no more than their share of a wire, however many meters are on it."""
    real = [0.0]
    turns = schedule(lambda: real[0])
    place = Place(NOON + timedelta(minutes=10), NOON)
    assert turns.due([place], NOON) is place
    with turns.spending():
        real[0] += 2.0
    assert turns.due([place], NOON) is None
    assert turns.rest_seconds([place], NOON) == pytest.approx(8.0)
    real[0] += 8.0
    assert turns.due([place], NOON) is place


def test_no_turn_begins_that_could_delay_what_is_due():
    """INVARIANT: half hours come first: a border is never read late for the sake of an instant value."""
    turns = schedule(lambda: 0.0)
    late, waits = Place(NOON + timedelta(seconds=1), NOON), Place(NOON + timedelta(hours=1), NOON - EVERY)
    assert turns.due([late, waits], NOON) is None
    assert turns.rest_seconds([late, waits], NOON) is None
    late.due_at += timedelta(seconds=1)
    assert turns.due([late, waits], NOON) is waits


def test_none_are_asked_for_where_that_is_switched_off_and_once_a_real_second_under_a_fast_clock():
    place = Place(NOON + timedelta(hours=1), NOON)
    off = schedule(lambda: 0.0, every_seconds=0)
    assert (off.due([place], NOON), off.rest_seconds([place], NOON)) == (None, None)
    fast = FixedClock(NOON)
    fast.speed = 600.0
    turns = schedule(lambda: 0.0, clock=fast)
    assert turns.next(NOON, offset=timedelta()) == NOON + timedelta(seconds=600)


async def test_between_rounds_each_meter_that_answers_is_asked_and_a_dead_one_is_not():
    """INVARIANT: a dead meter costs its neighbours no more with instant values than without."""
    wire = Wire(meters=2, of=ScriptedInstantMeter, instants_wire_share=1.0)
    wire.meters[1].fault = NoReply("silence")
    await wire.steps(1)
    begun = len(wire.meters[1].begins)
    await wire.steps(1)
    (values,) = wire.log.of(INSTANT_VALUES)
    assert (wire.index(values.meter_id), values.power_w, values.at) == (0, 700, NOON)
    wire.clock.instant += EVERY
    await wire.steps(1)
    assert len(wire.log.of(INSTANT_VALUES)) == 2
    assert len(wire.meters[1].begins) == begun
