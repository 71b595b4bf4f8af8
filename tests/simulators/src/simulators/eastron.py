"""One Eastron SDM630: registers only, as float32 words that a Modbus request reads. No clock, no memory.

Takes and gives Modbus PDUs; framing is the wire's. Source: Eastron SDM630 Modbus protocol v2.0.
"""

import struct
from datetime import datetime
from zoneinfo import ZoneInfo

from common.clock import Clock
from simulators.assembly import account_of, curve_of, outages_of
from simulators.config import EastronConfig
from simulators.curves import Energy
from simulators.electrical import Phase, Snapshot, snapshot
from simulators.faults import FaultSwitch
from simulators.meter_clock import MeterClock
from simulators.truth import MeterTruth

_READ_HOLDING, _READ_INPUT = 0x03, 0x04
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3
_MAX_WORDS = 80
_INPUT_WORDS = 0x017E
_SERIAL_ADDRESS = 0xFC00
_BAUD_9600 = 2.0
_THREE_PHASE_FOUR_WIRE = 3.0
_REQUEST_BYTES = 5
_PHASE_ANGLES = (0.0, 120.0, 240.0)
_KILO = 1000


class EastronMeter:
    """A meter behind a wire. faults and truth are its handles for tests."""

    any_address: int | None = None

    def __init__(self, config: EastronConfig, clock: Clock) -> None:
        self.config = config
        self.serial = config.serial
        self.address = config.address
        self.faults = FaultSwitch()
        self._now = clock.now
        self._outages = outages_of(config)
        self._account = account_of(config, curve=curve_of(config), outages=self._outages, tariffs=1)
        true_clock = MeterClock(ZoneInfo(config.clock_zone), 0, 0, config.curve.seed)
        self.truth = MeterTruth(account=self._account, clock=true_clock)
        self._holding = _holding_words(config)

    def answer(self, request: bytes, *, to_any: bool) -> bytes | None:
        """Return the answer's PDU, an exception PDU, or None while the supply is off."""
        at = self._now()
        if to_any or self._outages.is_off(at):
            return None
        function = request[0]
        if function not in (_READ_HOLDING, _READ_INPUT):
            return _exception(function, _ILLEGAL_FUNCTION)
        if len(request) != _REQUEST_BYTES:
            return _exception(function, _ILLEGAL_VALUE)
        address, count = struct.unpack(">HH", request[1:])
        if count % 2 or not 0 < count <= _MAX_WORDS:
            return _exception(function, _ILLEGAL_VALUE)
        if function == _READ_INPUT:
            words = self._input_range(at, address, count)
        else:
            words = self._holding_range(address, count)
        if words is None:
            return _exception(function, _ILLEGAL_ADDRESS)
        return bytes((function, count * 2)) + words

    def _holding_range(self, address: int, count: int) -> bytes | None:
        found = [self._holding.get(address + offset) for offset in range(count)]
        if any(word is None for word in found):
            return None
        return b"".join(word for word in found if word is not None)

    def _input_range(self, at: datetime, address: int, count: int) -> bytes | None:
        """Values between the listed ones read as 0.0, so that a block may span them."""
        if address % 2 or address + count > _INPUT_WORDS:
            return None
        values = self._values(at)
        words = range(address, address + count, 2)
        return b"".join(struct.pack(">f", values.get(word, 0.0)) for word in words)

    def _values(self, at: datetime) -> dict[int, float]:
        slot = self._account.slot(self._account.slot_start(at))
        now = snapshot(self.config.curve.seed, at, slot.energy)
        return _instant_values(now) | _energy_values(self._account.registers(at).total)


def _exception(function: int, code: int) -> bytes:
    return bytes((function | 0x80, code))


def _float_words(value: float) -> tuple[bytes, bytes]:
    raw = struct.pack(">f", value)
    return raw[:2], raw[2:]


def _holding_words(config: EastronConfig) -> dict[int, bytes]:
    floats = {
        0x000A: _THREE_PHASE_FOUR_WIRE,
        0x0014: float(config.address),
        0x001C: _BAUD_9600,
    }
    words = {
        address + offset: word for address, value in floats.items() for offset, word in enumerate(_float_words(value))
    }
    number = int(config.serial).to_bytes(4, "big")
    return words | {_SERIAL_ADDRESS: number[:2], _SERIAL_ADDRESS + 1: number[2:]}


def _instant_values(now: Snapshot) -> dict[int, float]:
    values: dict[int, float] = {}
    for index, phase in enumerate(now.phases):
        values |= {block + 2 * index: value for block, value in _phase_values(index, phase).items()}
    voltage = sum(phase.centivolt for phase in now.phases) / 300
    current = sum(phase.milliampere for phase in now.phases) / 1000
    line_voltage = voltage * 3**0.5
    return values | {
        0x002A: voltage,
        0x002E: current / 3,
        0x0030: current,
        0x0034: now.p_centiwatt / 100,
        0x0038: now.s_centivoltampere / 100,
        0x003C: now.q_centivar / 100,
        0x003E: _signed_factor(now.cos_phi_thousandths, now.q_centivar),
        0x0046: now.centihertz / 100,
        0x00C8: line_voltage,
        0x00CA: line_voltage,
        0x00CC: line_voltage,
        0x00CE: line_voltage,
    }


def _phase_values(index: int, phase: Phase) -> dict[int, float]:
    return {
        0x0000: phase.centivolt / 100,
        0x0006: phase.milliampere / 1000,
        0x000C: phase.p_centiwatt / 100,
        0x0012: phase.s_centivoltampere / 100,
        0x0018: phase.q_centivar / 100,
        0x001E: _signed_factor(phase.cos_phi_thousandths, phase.q_centivar),
        0x0024: _PHASE_ANGLES[index],
    }


def _signed_factor(cos_phi_thousandths: int, q_centivar: int) -> float:
    """Return the power factor with this maker's sign: negative for an inductive load."""
    return -cos_phi_thousandths / 1000 if q_centivar > 0 else cos_phi_thousandths / 1000


def _energy_values(total: Energy) -> dict[int, float]:
    a_plus, a_minus, r_plus, r_minus = (value / _KILO for value in total)
    return {
        0x0048: a_plus,
        0x004A: a_minus,
        0x004C: r_plus,
        0x004E: r_minus,
        0x0050: ((a_plus + a_minus) ** 2 + (r_plus + r_minus) ** 2) ** 0.5,
        0x0156: a_plus + a_minus,
        0x0158: r_plus + r_minus,
    }
