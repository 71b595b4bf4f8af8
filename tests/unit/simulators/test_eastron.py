"""The Eastron SDM630: words, float32 registers, exceptions."""

import struct
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.simulators.meters import ask, eastron, moscow

from simulators.config import CurveConfig, OutageConfig, StartRegisters
from simulators.curves import CurveKind

AT = moscow(2026, 5, 20, 19, 10, 30)


def floats(answer: bytes) -> list[float]:
    assert answer[1] == len(answer) - 2
    return [value for (value,) in struct.iter_unpack(">f", answer[2:])]


@settings(max_examples=60)
@given(
    seconds=st.integers(min_value=0, max_value=86_400 * 300),
    start_wh=st.integers(min_value=0, max_value=15_000_000),
)
def test_energy_registers_round_back_to_the_whole_watt_hour(seconds: int, start_wh: int) -> None:
    """INVARIANT: below 16,384 kWh a float32 register, rounded to whole watt-hours, loses none."""
    curve = CurveConfig(kind=CurveKind.SHOP, seed=2, mean_w=120, solar_w=300)
    start = StartRegisters(t1=(start_wh, 10, 20, 30))
    meter, clock = eastron(moscow(2026, 1, 1), curve=curve, start=start)
    clock.instant += timedelta(seconds=seconds)
    shown = floats(ask(meter, struct.pack(">BHH", 4, 0x0048, 8)))
    assert [round(value * 1000) for value in shown] == list(meter.truth.registers(clock.now()).total)


def test_the_sums_of_both_directions_have_their_own_registers() -> None:
    meter, clock = eastron(AT, start=StartRegisters(t1=(5, 7, 11, 13)))
    total = meter.truth.registers(clock.now()).total
    active, reactive = floats(ask(meter, struct.pack(">BHH", 4, 0x0156, 4)))
    assert round(active * 1000) == total.a_plus_wh + total.a_minus_wh
    assert round(reactive * 1000) == total.r_plus_varh + total.r_minus_varh


def test_the_first_block_holds_voltage_current_power_and_factor_of_three_phases() -> None:
    meter, _ = eastron(AT)
    values = floats(ask(meter, struct.pack(">BHH", 4, 0x0000, 72)))
    voltages, currents, powers, apparent = values[0:3], values[3:6], values[6:9], values[9:12]
    factors = values[15:18]
    assert all(220 < volt < 240 for volt in voltages)
    for volt, ampere, voltampere in zip(voltages, currents, apparent, strict=True):
        assert volt * ampere == pytest.approx(voltampere, rel=0.01)
    for watt, voltampere, factor in zip(powers, apparent, factors, strict=True):
        assert abs(factor) == pytest.approx(watt / voltampere, abs=0.002)
        assert factor < 0  # this maker's sign of an inductive load
    assert values[0x34 // 2] == pytest.approx(sum(powers), abs=0.02)
    assert values[0x46 // 2] == pytest.approx(50, abs=0.1)


def test_the_serial_number_is_a_whole_number_of_two_words() -> None:
    meter, _ = eastron(AT)
    answer = ask(meter, struct.pack(">BHH", 3, 0xFC00, 2))
    assert answer == bytes((3, 4)) + (23_100_017).to_bytes(4, "big")


def test_holding_registers_tell_address_and_wiring() -> None:
    meter, _ = eastron(AT, address=17)
    assert floats(ask(meter, struct.pack(">BHH", 3, 0x0014, 2))) == [17.0]
    assert floats(ask(meter, struct.pack(">BHH", 3, 0x000A, 2))) == [3.0]


@pytest.mark.parametrize(
    ("function", "address", "count", "code"),
    [
        pytest.param(4, 0, 3, 3, id="odd number of words"),
        pytest.param(4, 0, 82, 3, id="more than 80 words"),
        pytest.param(4, 0, 0, 3, id="no words"),
        pytest.param(4, 1, 2, 2, id="in the middle of a value"),
        pytest.param(4, 0x017C, 4, 2, id="past the last input register"),
        pytest.param(3, 0x0100, 2, 2, id="no such holding register"),
        pytest.param(1, 0, 2, 1, id="no such function"),
    ],
)
def test_a_wrong_request_gets_an_exception(function: int, address: int, count: int, code: int) -> None:
    meter, _ = eastron(AT)
    assert ask(meter, struct.pack(">BHH", function, address, count)) == bytes((function | 0x80, code))


def test_values_that_are_not_in_the_list_read_as_zero() -> None:
    meter, _ = eastron(AT)
    assert floats(ask(meter, struct.pack(">BHH", 4, 0x006C, 4))) == [0.0, 0.0]


def test_a_meter_without_supply_is_silent() -> None:
    outage = OutageConfig(off_at=AT, on_at=AT + timedelta(hours=1))
    meter, clock = eastron(AT, outages=(outage,))
    request = struct.pack(">BHH", 4, 0, 2)
    assert meter.answer(request, to_any=False) is None
    clock.instant += timedelta(hours=1)
    assert meter.answer(request, to_any=False) is not None
