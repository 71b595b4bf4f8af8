"""Energy arrays 05 and 15, and the extended day and month snapshots 18.

Source: maker's command system 12.2020, section 2.5.17.
"""

from datetime import date, datetime, timedelta

from simulators.account import EnergyAccount, Registers
from simulators.curves import ZERO, Energy, add, subtract
from simulators.mercury.encoding import NOT_MEASURED, date_from_bcd, energy
from simulators.mercury.status import Refused, Status

DAY_DEPTH = 123
MONTH_DEPTH = 36
_LOSSES = 5
_ALL_TARIFFS = 6
_PER_PHASE = 6
_PHASE_SHARES = (360, 330)
_MONTHS = 12


class EnergyArrays:
    """Answers for energy from an account. directions 1: A- is not measured."""

    def __init__(self, *, account: EnergyAccount, directions: int) -> None:
        self._account = account
        self._directions = directions

    def read(self, body: bytes, meter_at: datetime, *, by_quadrant: bool) -> bytes:
        """Answer 05 (A+, A-, R+, R-) or 15 (R1 to R4): `body` is array and month, tariff. Raises Refused."""
        array, month, tariff = body[0] >> 4, body[0] & 0x0F, body[1]
        if tariff > _ALL_TARIFFS or (array == _PER_PHASE and by_quadrant):
            raise Refused(Status.BAD_PARAMETER)
        counted = self._array(array, month, meter_at)
        if array == _PER_PHASE:
            return b"".join(_phases(value) for value in _tariffs(counted, tariff))
        return b"".join(self._four(value, by_quadrant=by_quadrant) for value in _tariffs(counted, tariff))

    def read_snapshot(self, body: bytes, meter_at: datetime) -> bytes:
        """Answer 18: `body` is kind, DD, MM, YY in BCD, tariff; the registers at 00:00. Raises Refused."""
        kind, tariff = body[0], body[4]
        try:
            day_on = date_from_bcd(body[1:4])
        except ValueError:
            raise Refused(Status.BAD_PARAMETER) from None
        if kind > 3 or tariff >= _LOSSES:
            raise Refused(Status.BAD_PARAMETER)
        today_on = self._account.day_of(meter_at)
        if kind % 2:
            day_on = day_on.replace(day=1)
            kept = _months_between(day_on, today_on) <= MONTH_DEPTH
        else:
            kept = (today_on - day_on).days <= DAY_DEPTH
        at = self._account.midnight(day_on)
        if not kept or not self._account.commissioned_at <= at <= meter_at:
            raise Refused(Status.BAD_PARAMETER)
        (value,) = _tariffs(self._account.registers(at), tariff)
        return self._four(value, by_quadrant=kind > 1)

    def _array(self, array: int, month: int, meter_at: datetime) -> Registers:
        today_on = self._account.day_of(meter_at)
        year_on = date(today_on.year, 1, 1)
        last_year_on = date(today_on.year - 1, 1, 1)
        yesterday_on = today_on - timedelta(days=1)
        now = self._account.registers(meter_at)
        if array in (0x0, _PER_PHASE):
            return now
        starts = {0x9: year_on, 0xA: last_year_on, 0xC: today_on, 0xD: yesterday_on}
        spans: dict[int, tuple[date, date | None]] = {
            0x1: (year_on, None),
            0x2: (last_year_on, year_on),
            0x4: (today_on, None),
            0x5: (yesterday_on, today_on),
        }
        if array in (0x3, 0xB):
            spans[0x3] = _month_span(month, today_on)
            starts[0xB] = spans[0x3][0]
        if array in starts:
            return self._at(starts[array])
        if array not in spans:
            raise Refused(Status.BAD_PARAMETER)
        start_on, end_on = spans[array]
        return _minus(now if end_on is None else self._at(end_on), self._at(start_on))

    def _at(self, day_on: date) -> Registers:
        return self._account.registers(self._account.midnight(day_on))

    def _four(self, value: Energy | None, *, by_quadrant: bool) -> bytes:
        if value is None:
            return NOT_MEASURED * 4
        if by_quadrant:
            return energy(value.r_plus_varh) + energy(0) + energy(0) + energy(value.r_minus_varh)
        fields = [energy(part) for part in value]
        if self._directions == 1:
            fields[1] = NOT_MEASURED
        return b"".join(fields)


def _tariffs(counted: Registers, tariff: int) -> tuple[Energy | None, ...]:
    """Return the values that a tariff number asks for; None: losses, which this meter does not count."""
    by_number = (add(counted.t1, counted.t2), counted.t1, counted.t2, ZERO, ZERO, None)
    return (*by_number[1:5], by_number[0]) if tariff == _ALL_TARIFFS else (by_number[tariff],)


def _month_span(month: int, today_on: date) -> tuple[date, date | None]:
    """Return the latest month of that number; its end is None while it runs. Raises Refused."""
    if not 1 <= month <= _MONTHS:
        raise Refused(Status.BAD_PARAMETER)
    year = today_on.year if month <= today_on.month else today_on.year - 1
    next_on = date(year + month // _MONTHS, month % _MONTHS + 1, 1)
    return date(year, month, 1), None if month == today_on.month else next_on


def _phases(value: Energy | None) -> bytes:
    if value is None:
        return NOT_MEASURED * 3
    first, second = (value.a_plus_wh * share // 1000 for share in _PHASE_SHARES)
    return energy(first) + energy(second) + energy(value.a_plus_wh - first - second)


def _minus(left: Registers, right: Registers) -> Registers:
    return Registers(subtract(left.t1, right.t1), subtract(left.t2, right.t2))


def _months_between(earlier_on: date, later_on: date) -> int:
    return (later_on.year - earlier_on.year) * _MONTHS + later_on.month - earlier_on.month
