"""How the Mercury protocol writes numbers and times. Pure functions, no state.

Source: maker's description of the command system, 12.2020, sections 2.5 and 2.6.
"""

from datetime import date, datetime

NOT_MEASURED = b"\xff\xff\xff\xff"
EMPTY_TIME = bytes(6)
_DIRECTION_ACTIVE = 0x80
_DIRECTION_REACTIVE = 0x40
_MAX_POWER_MAGNITUDE = 0x3F_FFFF


def bcd(value: int) -> int:
    """Return 0 to 99 as one byte of two decimal digits. Raises ValueError outside of that."""
    if not 0 <= value <= 99:
        msg = f"{value} has no two decimal digits"
        raise ValueError(msg)
    return value // 10 * 16 + value % 10


def from_bcd(byte: int) -> int:
    """Return the number that a byte of two decimal digits shows. Raises ValueError for other digits."""
    tens, ones = byte >> 4, byte & 0x0F
    if tens > 9 or ones > 9:
        msg = f"0x{byte:02X} is not two decimal digits"
        raise ValueError(msg)
    return tens * 10 + ones


def clock_time(meter_time: datetime, *, winter: bool) -> bytes:
    """Return the eight bytes of the clock: ss mm hh weekday DD MM YY season (1 winter)."""
    weekday = meter_time.isoweekday()
    time6 = journal_time(meter_time)
    return bytes((*time6[:3], weekday, *time6[3:], int(winter)))


def journal_time(meter_time: datetime) -> bytes:
    """Return six bytes ss mm hh DD MM YY of a naive meter time."""
    parts = (
        meter_time.second,
        meter_time.minute,
        meter_time.hour,
        meter_time.day,
        meter_time.month,
        meter_time.year % 100,
    )
    return bytes(bcd(part) for part in parts)


def profile_time(meter_time: datetime) -> bytes:
    """Return five bytes hh mm DD MM YY of a naive meter time."""
    parts = (meter_time.hour, meter_time.minute, meter_time.day, meter_time.month, meter_time.year % 100)
    return bytes(bcd(part) for part in parts)


def date_from_bcd(raw: bytes) -> date:
    """Return the date of three bytes DD MM YY. Raises ValueError if there is no such day."""
    day, month, year = (from_bcd(byte) for byte in raw)
    return date(2000 + year, month, day)


def energy(value: int) -> bytes:
    """Return a register of four bytes, high word first and each word low byte first; it wraps at 2**32."""
    high, low = value >> 16 & 0xFFFF, value & 0xFFFF
    return high.to_bytes(2, "little") + low.to_bytes(2, "little")


def three_bytes(magnitude: int) -> bytes:
    """Return an unsigned instant value: high byte, then the low word low byte first."""
    return bytes((magnitude >> 16 & 0xFF, magnitude & 0xFF, magnitude >> 8 & 0xFF))


def three_bytes_directed(value: int, *, active: int, reactive: int) -> bytes:
    """Return a power or cos phi of three bytes: 22 bits and the signs of active and reactive power."""
    high, low, middle = three_bytes(min(abs(value), _MAX_POWER_MAGNITUDE))
    return bytes((high | _direction(active, reactive), low, middle))


def serial(number: str) -> bytes:
    """Return the four serial bytes; each one is printed as two decimal digits."""
    return bytes(int(number[at : at + 2]) for at in range(0, 8, 2))


def _direction(active: int, reactive: int) -> int:
    return (_DIRECTION_ACTIVE if active < 0 else 0) | (_DIRECTION_REACTIVE if reactive < 0 else 0)
