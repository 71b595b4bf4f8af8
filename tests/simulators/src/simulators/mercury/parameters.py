"""Parameters 08 that do not change while the meter runs: passport, variant, ratios, limits.

Source: maker's command system 12.2020, sections 2.6.2 to 2.6.17, 2.6.28 and 2.6.30.
"""

from simulators.config import MercuryConfig
from simulators.mercury.encoding import serial

PASSPORT = 0x00
_FIRMWARE = bytes((0x09, 0x00, 0x00))
_FIRMWARE_CRC = bytes((0x7E, 0xF5))
_MODEL_CODE = bytes((0x32, 0x3A))
_MORE_VARIANT = bytes((0x0C, 0x00, 0x00, 0x00))
_CONSTANT_CODES = {5000: 0, 25_000: 1, 1250: 2, 500: 3, 1000: 4, 250: 5}
_ONE_DIRECTION = 0x80
_LARGE_MEMORY = 0x80
_ACCURACY_02S_230V_5A = 0x14
_COLD_WITH_PROFILE = 0x60
_TARIFFS_INSIDE_AR = 0xC2
_OPTICAL_AND_RS485 = 0x17
_QUALITY_AND_PHASES = 0xDF
_SNAPSHOTS = 0x40
_ONE_TARIFF = 0x01
# Umin limit, Umin normal, Umax normal, Umax limit in 0.01 V, then the same of the frequency in 0.01 Hz.
LIMITS = (18_000, 20_900, 23_100, 25_000, 4_950, 4_980, 5_020, 5_050)


def fixed_parameters(config: MercuryConfig) -> dict[bytes, bytes]:
    """Return request body after 08 (number and its extension) -> answer data."""
    made_on = config.commissioned_on
    passport = serial(config.serial) + bytes((made_on.day, made_on.month, made_on.year % 100))
    variant = _variant(config)
    individual = passport + _FIRMWARE + variant
    return {
        b"\x00": passport,
        b"\x01": individual,
        b"\x01\x00": individual + _FIRMWARE_CRC + _MODEL_CODE + _MORE_VARIANT,
        b"\x02": config.ratio_voltage.to_bytes(2, "big") + config.ratio_current.to_bytes(2, "big"),
        b"\x03": _FIRMWARE,
        b"\x04": b"\x00\x01",
        b"\x05": bytes((0, config.address)),
        b"\x0a": bytes(6),
        b"\x12": variant,
        b"\x17\x00": b"\x00\x00",
        b"\x18": b"\x00\x00",
        b"\x20": b"".join(limit.to_bytes(2, "little") for limit in LIMITS),
        b"\x21": b"\x14\x14",
        b"\x26": _FIRMWARE_CRC,
    }


def tariff_state(tariff: int, tariffs: int) -> bytes:
    """Answer 08 17: the tariff that counts now and whether there is only one."""
    return bytes((0, (tariff - 1) << 1 | (_ONE_TARIFF if tariffs == 1 else 0)))


def _variant(config: MercuryConfig) -> bytes:
    directions = _ONE_DIRECTION if config.directions == 1 else 0
    memory = _LARGE_MEMORY if config.memory_bytes == 131_072 else 0
    return bytes(
        (
            _ACCURACY_02S_230V_5A,
            directions | _COLD_WITH_PROFILE | _CONSTANT_CODES[config.impulses_per_kwh],
            _TARIFFS_INSIDE_AR,
            memory | _OPTICAL_AND_RS485,
            _QUALITY_AND_PHASES,
            _SNAPSHOTS,
        )
    )
