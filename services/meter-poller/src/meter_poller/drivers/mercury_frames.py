"""Frames of the Mercury family: requests as bytes, replies as values. Pure functions, no link and no clock.

Source: maker's description of the command system, 12.2020; section numbers stand beside the functions. Times
are naive, as the meter said them. Raises BadReply for content that no meter would send.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastcrc.crc16 import modbus as crc16

from meter_poller.errors import BadReply

HEADER_AND_CRC = 3
STATUS_LENGTH = 4
RECORD_BYTES = 15
RECORD_STEP = 0x10
RUN_RECORDS = 17
ABSENT_COUNTS = 0xFFFF

STATUS_OK = 0
STATUS_BAD_REQUEST = 1
STATUS_ACCESS = 3
STATUS_CHANNEL_CLOSED = 5

RECORD_INCOMPLETE = 0x02
RECORD_MEMORY_INIT = 0x04
RECORD_WINTER = 0x08

_PULSES_PER_KWH = {0: 5_000, 1: 25_000, 2: 1_250, 3: 500, 4: 1_000, 5: 250}
_MEMORY_17_BITS = 0x80
_SMALL_MEMORY = 0x1_0000
_BCD_LIMIT = 9

# 08 16: P, Q, U, I, cos phi, f, each with the bytes of its answer; and all of them at once.
INSTANT_BYTES = {0x00: 12, 0x04: 12, 0x11: 9, 0x21: 9, 0x30: 12, 0x40: 3}
ALL_INSTANTS = 0xA0
ALL_INSTANTS_BYTES = 86
_PLACES_IN_ALL = {0x00: 0, 0x04: 12, 0x11: 36, 0x21: 54, 0x30: 63, 0x40: 75}
LIMITS_BYTES = 16
_VOLTAGE_LIMITS = 4
_MILLIVOLTS = 10
_ACTIVE_BACK = 0x80
_REACTIVE_BACK = 0x40


# Requests


def frame(address: int, *body: int) -> bytes:
    """Return a request: address, body, check sum (1.4)."""
    data = bytes((address, *body))
    return data + crc16(data).to_bytes(2, "little")


def test_channel(address: int) -> bytes:
    """2.1; the reply is a status."""
    return frame(address, 0x00)


def open_channel(address: int, *, level: int, password: bytes) -> bytes:
    """2.2; the reply is a status."""
    return frame(address, 0x01, level, *password)


def read_serial(address: int) -> bytes:
    """2.6.1; answered without an open channel."""
    return frame(address, 0x08, 0x00)


def read_variant(address: int) -> bytes:
    """2.6.17."""
    return frame(address, 0x08, 0x12)


def read_clock(address: int) -> bytes:
    """2.5.1."""
    return frame(address, 0x04, 0x00)


def read_energy(address: int, *, tariff: int) -> bytes:
    """2.5.17.1: since reset; tariff 0 is the sum."""
    return frame(address, 0x05, 0x00, tariff)


def read_instants(address: int, quantity: int) -> bytes:
    """2.6.16: a quantity on all phases, or `ALL_INSTANTS`."""
    return frame(address, 0x08, 0x16, quantity)


def read_limits(address: int) -> bytes:
    """2.6: the four limits of voltage, then those of frequency."""
    return frame(address, 0x08, 0x20)


def read_last_record(address: int) -> bytes:
    """2.6.18."""
    return frame(address, 0x08, 0x13)


def read_record(address: int, memory_address: int) -> bytes:
    """2.4: one profile record of memory 3."""
    return _read_memory(address, memory_address, RECORD_BYTES)


def read_record_run(address: int, memory_address: int) -> bytes:
    """2.4: length FF brings 17 consecutive profile records."""
    return _read_memory(address, memory_address, 0xFF)


def read_journal(address: int, journal: int, record: int) -> bytes:
    """2.5.4 and on: `record` is a slot, or FE down to FA for many at once."""
    return frame(address, 0x04, journal, record)


def _read_memory(address: int, memory_address: int, length: int) -> bytes:
    memory = 0x83 if memory_address >= _SMALL_MEMORY else 0x03
    return frame(address, 0x06, memory, memory_address >> 8 & 0xFF, memory_address & 0xFF, length)


def reply_length(data_bytes: int) -> int:
    """Return the whole length of a reply that carries `data_bytes`."""
    return data_bytes + HEADER_AND_CRC


# Replies: each takes the data without address and check sum


def data_of(reply: bytes) -> bytes:
    """Return the data of a checked reply frame."""
    return reply[1:-2]


def status_of(data: bytes) -> int:
    """Return the status code of a one-byte answer (1.5)."""
    return data[0] & 0x0F


def serial(data: bytes) -> str:
    """Return the serial number: each of four bytes is printed as two decimal digits."""
    return "".join(f"{byte:02d}" for byte in data[:4])


@dataclass(frozen=True, slots=True)
class Variant:
    """What the meter's variant says of its profile and journals."""

    pulses_per_kwh: int
    memory_bytes: int
    has_power_quality: bool


def variant(data: bytes) -> Variant:
    """2.6.17: byte 2 low nibble is the meter constant, byte 4 bit 7 the memory, byte 5 bit 1 power quality."""
    pulses = _PULSES_PER_KWH.get(data[1] & 0x0F)
    if pulses is None:
        raise BadReply(f"unknown meter constant {data[1] & 0x0F}")
    memory = 2 * _SMALL_MEMORY if data[3] & _MEMORY_17_BITS else _SMALL_MEMORY
    return Variant(pulses, memory, bool(data[4] & 0x02))


@dataclass(frozen=True, slots=True)
class MeterClock:
    """The meter's clock; `winter` tells the two passes of an ambiguous hour apart."""

    meter_time: datetime
    winter: bool


def clock(data: bytes) -> MeterClock:
    """2.5.1: ss mm hh weekday DD MM YY season."""
    meter_time = _time(second=data[0], minute=data[1], hour=data[2], day=data[4], month=data[5], year=data[6])
    if meter_time is None:
        raise BadReply(f"no time: {data.hex()}")
    return MeterClock(meter_time, winter=bool(data[7]))


def energies(data: bytes) -> tuple[int | None, int | None, int | None, int | None]:
    """2.5.17: A+, A-, R+, R- in Wh and varh; None: the meter does not measure it."""
    a_plus, a_minus, r_plus, r_minus = (_energy(data[at : at + 4]) for at in range(0, 16, 4))
    return a_plus, a_minus, r_plus, r_minus


@dataclass(frozen=True, slots=True)
class Instants:
    """2.6.16: powers of the sum and three phases; voltages, currents; power factor of the sum; all as whole numbers."""

    powers_w: Sequence[int]
    reactive_powers_var: Sequence[int]
    voltages_mv: Sequence[int]
    currents_ma: Sequence[int]
    power_factor_thousandths: int
    frequency_millihertz: int


def instants(parts: Mapping[int, bytes]) -> Instants:
    """2.6.16, by quantity as in `INSTANT_BYTES`. Hundredths of W, var, V, Hz; thousandths of A and cos phi."""
    powers, reactive, voltages, currents, factors, frequency = (
        [_instant(parts[quantity][at : at + 3], sign) for at in range(0, INSTANT_BYTES[quantity], 3)]
        for quantity, sign in zip(INSTANT_BYTES, (_ACTIVE_BACK, _REACTIVE_BACK, 0, 0, 0, 0), strict=True)
    )
    return Instants(
        powers_w=[_rounded(each) for each in powers],
        reactive_powers_var=[_rounded(each) for each in reactive],
        voltages_mv=[each * 10 for each in voltages],
        currents_ma=currents,
        power_factor_thousandths=factors[0],
        frequency_millihertz=frequency[0] * 10,
    )


def all_instants(data: bytes) -> dict[int, bytes]:
    """Cut the answer to `ALL_INSTANTS` into its quantities."""
    return {quantity: data[at : at + INSTANT_BYTES[quantity]] for quantity, at in _PLACES_IN_ALL.items()}


def voltage_limits_mv(data: bytes) -> list[int]:
    """2.6: lowest limit, lowest normal, highest normal, highest limit; little-endian 0.01 V."""
    words = [data[at : at + 2] for at in range(0, 2 * _VOLTAGE_LIMITS, 2)]
    return [int.from_bytes(word, "little") * _MILLIVOLTS for word in words]


def _instant(raw: bytes, sign: int) -> int:
    value = (raw[0] & 0x3F) << 16 | raw[2] << 8 | raw[1]
    return -value if raw[0] & sign else value


def _rounded(hundredths: int) -> int:
    return (hundredths + 50) // 100


def _energy(raw: bytes) -> int | None:
    value = raw[1] << 24 | raw[0] << 16 | raw[3] << 8 | raw[2]
    return None if value == 0xFFFF_FFFF else value  # noqa: PLR2004 -- the maker's mark


@dataclass(frozen=True, slots=True)
class LastRecord:
    """Where the newest profile record stands. `pointer` is in one of two units, see `mercury_profile.py`."""

    pointer: int
    meter_time: datetime
    winter: bool
    period_minutes: int


def last_record(data: bytes) -> LastRecord:
    """2.6.18: address hi lo, status, hh mm DD MM YY, period."""
    meter_time = _record_time(data[3:8])
    if meter_time is None or not data[8]:
        raise BadReply(f"no last profile record: {data.hex()}")
    return LastRecord(data[0] << 8 | data[1], meter_time, bool(data[2] & RECORD_WINTER), data[8])


@dataclass(frozen=True, slots=True)
class ProfileRecord:
    """One record as read. `meter_time` is the interval's END; None: the slot was never written."""

    meter_time: datetime | None
    status: int
    period_minutes: int
    counts: tuple[int | None, int | None, int | None, int | None]


def profile_record(raw: bytes) -> ProfileRecord:
    """2.4: status, hh mm DD MM YY, period, P+ P- Q+ Q- low byte first; FFFF: absent."""
    p_plus, p_minus, q_plus, q_minus = (_counts(raw[at : at + 2]) for at in range(7, 15, 2))
    return ProfileRecord(_record_time(raw[1:6]), raw[0], raw[6], (p_plus, p_minus, q_plus, q_minus))


def _counts(raw: bytes) -> int | None:
    value = int.from_bytes(raw, "little")
    return None if value == ABSENT_COUNTS else value


def energy_of_counts(counts: int, pulses_per_kwh: int) -> int:
    """Return Wh of a record's counts: N / (2A) kWh. Half a watt-hour rounds up."""
    return (2 * 500 * counts + pulses_per_kwh) // (2 * pulses_per_kwh)


def journal_time(raw: bytes) -> datetime | None:
    """Return the time ss mm hh DD MM YY; None: not set (zeros, FF, or no such time)."""
    if len(raw) < 6:  # noqa: PLR2004 -- six parts
        return None
    return _time(second=raw[0], minute=raw[1], hour=raw[2], day=raw[3], month=raw[4], year=raw[5])


def journal_date(raw: bytes) -> datetime | None:
    """Return midnight of the date DD MM YY; None: not set."""
    return _time(second=0, minute=0, hour=0, day=raw[0], month=raw[1], year=raw[2])


def _record_time(raw: bytes) -> datetime | None:
    """Return the time hh mm DD MM YY. Hour 24 is midnight at the end of the day that it names."""
    if raw[0] == 0x24:  # noqa: PLR2004 -- 24 in BCD
        day = _time(second=0, minute=raw[1], hour=0, day=raw[2], month=raw[3], year=raw[4])
        return day + timedelta(days=1) if day else None
    return _time(second=0, minute=raw[1], hour=raw[0], day=raw[2], month=raw[3], year=raw[4])


def _time(*, second: int, minute: int, hour: int, day: int, month: int, year: int) -> datetime | None:
    try:
        on = date(2000 + _bcd(year), _bcd(month), _bcd(day))
        return datetime(on.year, on.month, on.day, _bcd(hour), _bcd(minute), _bcd(second))  # noqa: DTZ001 -- naive
    except ValueError:
        return None


def _bcd(byte: int) -> int:
    tens, ones = byte >> 4, byte & 0x0F
    if tens > _BCD_LIMIT or ones > _BCD_LIMIT:
        msg = f"0x{byte:02X} is not two decimal digits"
        raise ValueError(msg)
    return tens * 10 + ones
