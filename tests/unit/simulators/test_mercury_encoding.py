"""Numbers and times as the Mercury protocol writes them."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.mercury.encoding import (
    bcd,
    clock_time,
    date_from_bcd,
    energy,
    from_bcd,
    journal_time,
    profile_time,
    serial,
    three_bytes,
    three_bytes_directed,
)


@given(st.integers(min_value=0, max_value=99))
def test_two_decimal_digits_read_as_they_print(value: int) -> None:
    assert f"{bcd(value):02x}" == f"{value:02d}"
    assert from_bcd(bcd(value)) == value


@pytest.mark.parametrize("value", [-1, 100])
def test_a_number_without_two_digits_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="two decimal digits"):
        bcd(value)


@pytest.mark.parametrize("byte", [0x0A, 0xA0, 0xFF])
def test_a_byte_that_is_no_two_digits_is_refused(byte: int) -> None:
    with pytest.raises(ValueError, match="two decimal digits"):
        from_bcd(byte)


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_a_register_is_sent_high_word_first_and_each_word_low_byte_first(value: int) -> None:
    p = energy(value)
    assert p[1] << 24 | p[0] << 16 | p[3] << 8 | p[2] == value


@given(st.integers(min_value=0, max_value=2**24 - 1))
def test_an_instant_value_is_sent_high_byte_then_low_word_low_byte_first(value: int) -> None:
    b = three_bytes(value)
    assert b[0] << 16 | b[2] << 8 | b[1] == value


@given(
    value=st.integers(min_value=0, max_value=2**22 - 1),
    active=st.integers(min_value=-1, max_value=1),
    reactive=st.integers(min_value=-1, max_value=1),
)
def test_the_two_highest_bits_of_a_power_are_its_directions(value: int, active: int, reactive: int) -> None:
    b = three_bytes_directed(value, active=active, reactive=reactive)
    assert (b[0] & 0x3F) << 16 | b[2] << 8 | b[1] == value
    assert (bool(b[0] & 0x80), bool(b[0] & 0x40)) == (active < 0, reactive < 0)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 12, 31)))  # noqa: DTZ001  # meter time
def test_a_time_prints_as_it_is_sent(meter_time: datetime) -> None:
    assert journal_time(meter_time).hex(" ") == meter_time.strftime("%S %M %H %d %m %y")
    assert profile_time(meter_time).hex(" ") == meter_time.strftime("%H %M %d %m %y")
    assert clock_time(meter_time, winter=True).hex(" ") == meter_time.strftime("%S %M %H 0%u %d %m %y 01")


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)))
def test_a_date_comes_back_from_its_digits(day_on: date) -> None:
    assert date_from_bcd(bytes.fromhex(day_on.strftime("%d%m%y"))) == day_on


@given(st.from_regex(r"\A[0-9]{8}\Z"))
def test_each_serial_byte_prints_as_two_digits(number: str) -> None:
    assert "".join(f"{byte:02d}" for byte in serial(number)) == number
