"""Instant values 08 11 (one) and 08 16 (all phases), chosen by the BWRI byte.

Source: maker's command system 12.2020, section 2.6.16.
"""

from math import isqrt

from simulators.electrical import Phase, Snapshot
from simulators.mercury.encoding import three_bytes, three_bytes_directed
from simulators.mercury.status import Refused, Status

_RIGHT_ANGLES = (12_000, 24_000, 12_000)
_ANGLE_PHASES = ((0, 1), (0, 2), (1, 2))
_LINE_PHASES = ((0, 1), (1, 2), (0, 2))
_DISTORTION = (201, 187, 214)
_TEMPERATURE = 24
_POWER, _VOLTAGE, _CURRENT, _COS_PHI, _FREQUENCY, _ANGLE, _DISTORTED, _WARMTH, _LINE, _ALL = (
    *range(9),
    0xA,
)


def read_one(bwri: int, values: Snapshot) -> bytes:
    """Answer 08 11: one value. Raises Refused for a quantity or phase that is not measured."""
    quantity, phase = bwri >> 4, bwri & 0x03
    if quantity == _POWER:
        return _powers(values, bwri >> 2 & 0x03)[phase]
    if quantity == _COS_PHI:
        return _cos_phis(values)[phase]
    if quantity == _FREQUENCY:
        return three_bytes(values.centihertz)
    if quantity == _WARMTH:
        return _TEMPERATURE.to_bytes(2, "big", signed=True)
    by_phase = _by_phase(quantity, values)
    if not 1 <= phase <= len(by_phase):
        raise Refused(Status.BAD_PARAMETER)
    return by_phase[phase - 1]


def read_all(bwri: int, values: Snapshot) -> bytes:
    """Answer 08 16: the quantity on all phases, or the whole block for A0. Raises Refused."""
    quantity = bwri >> 4
    if quantity == _POWER:
        return b"".join(_powers(values, bwri >> 2 & 0x03))
    if quantity == _COS_PHI:
        return b"".join(_cos_phis(values))
    if quantity == _FREQUENCY:
        return three_bytes(values.centihertz)
    if quantity == _WARMTH:
        return read_one(bwri, values)
    if quantity == _ALL:
        blocks = (0x00, 0x04, 0x08, 0x11, 0x51, 0x21, 0x30, 0x40, 0x61, 0x70)
        return b"".join(read_all(block, values) for block in blocks)
    by_phase = _by_phase(quantity, values)
    if not by_phase:
        raise Refused(Status.BAD_PARAMETER)
    return b"".join(by_phase)


def _powers(values: Snapshot, kind: int) -> tuple[bytes, ...]:
    loads = _loads(values)
    numbers = {
        0: [load.p_centiwatt for load in loads],
        1: [load.q_centivar for load in loads],
        2: [load.s_centivoltampere for load in loads],
    }.get(kind)
    if numbers is None:
        raise Refused(Status.BAD_PARAMETER)
    return tuple(
        three_bytes_directed(number, active=load.p_centiwatt, reactive=load.q_centivar)
        for number, load in zip(numbers, loads, strict=True)
    )


def _cos_phis(values: Snapshot) -> tuple[bytes, ...]:
    return tuple(
        three_bytes_directed(load.cos_phi_thousandths, active=load.p_centiwatt, reactive=load.q_centivar)
        for load in _loads(values)
    )


def _loads(values: Snapshot) -> tuple[Snapshot | Phase, ...]:
    """Return the sum, then the phases: the order of every answer that has a sum."""
    return (values, *values.phases)


def _by_phase(quantity: int, values: Snapshot) -> tuple[bytes, ...]:
    phases = values.phases
    if quantity == _VOLTAGE:
        return tuple(three_bytes(phase.centivolt) for phase in phases)
    if quantity == _CURRENT:
        return tuple(three_bytes(phase.milliampere) for phase in phases)
    if quantity == _ANGLE:
        return tuple(
            three_bytes(angle if phases[one].centivolt and phases[other].centivolt else 0)
            for angle, (one, other) in zip(_RIGHT_ANGLES, _ANGLE_PHASES, strict=True)
        )
    if quantity == _DISTORTED:
        return tuple(number.to_bytes(2, "little") for number in _DISTORTION)
    if quantity == _LINE:
        return tuple(
            three_bytes(_line_centivolt(phases[one].centivolt, phases[other].centivolt)) for one, other in _LINE_PHASES
        )
    return ()


def _line_centivolt(one: int, other: int) -> int:
    return isqrt(one * one + other * other + one * other)
