"""Whole frames printed in the maker's command system of 12.2020 and frames that others have recorded.

The manual prints no CRC; the two last bytes of its frames are computed.
"""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.unit.simulators.meters import OPEN_LEVEL_1, exchange, mercury, moscow, opened_mercury

from simulators.account import Slot
from simulators.config import EntryConfig, OutageConfig
from simulators.curves import Energy
from simulators.faults import Fault
from simulators.framing import serial_answer
from simulators.mercury.encoding import NOT_MEASURED, energy, three_bytes, three_bytes_directed
from simulators.mercury.energy import EnergyArrays

MANUAL_AT = moscow(2008, 3, 10, 12)


def entries(journal: int, *times: tuple[datetime, datetime | None]) -> tuple[EntryConfig, ...]:
    return tuple(EntryConfig(journal=journal, opened_at=first, closed_at=second) for first, second in times)


def earlier(count: int, first_at: datetime) -> list[tuple[datetime, datetime | None]]:
    """Fill the ring's first records with entries of one minute each."""
    starts = [first_at + timedelta(hours=number) for number in range(count)]
    return [(start_at, start_at + timedelta(minutes=1)) for start_at in starts]


@pytest.mark.parametrize(
    ("request_frame", "answer_frame"),
    [
        pytest.param("80 00 60 70", "80 00 60 70", id="2.1 channel test"),
        pytest.param("80 08 00 77 E8", "80 04 2F 0D 3B 02 06 06 08 B3", id="2.6.2 serial and date, channel closed"),
    ],
)
def test_frames_that_need_no_open_channel(request_frame: str, answer_frame: str) -> None:
    meter, _ = mercury(MANUAL_AT, serial="04471359", address=0x80, commissioned_on=date(2006, 6, 2))
    assert exchange(meter, request_frame) == answer_frame


@pytest.mark.parametrize(
    ("request_frame", "answer_frame"),
    [
        pytest.param("80 08 04 76 2B", "80 00 01 B1 E8", id="2.6.6 time-out multiplier"),
        pytest.param("80 08 17 00 A7 D6", "80 00 00 70 28", id="2.6.19 kind of tariff schedule"),
        pytest.param("80 08 21 B7 F0", "80 14 14 7F 27", id="2.6.30 averaging times"),
        pytest.param("80 08 11 70 A5 92", "80 00 18 70 22", id="2.6.16.6 temperature"),
    ],
)
def test_parameter_frames(request_frame: str, answer_frame: str) -> None:
    meter, _ = opened_mercury(MANUAL_AT, address=0x80, commissioned_on=date(2008, 1, 1))
    assert exchange(meter, request_frame) == answer_frame


def test_the_recorded_opening_of_a_channel_at_the_common_address() -> None:
    meter, _ = mercury(MANUAL_AT, commissioned_on=date(2008, 1, 1))
    assert exchange(meter, "00 01 01 01 01 01 01 01 01 77 81") == "00 00 01 B0"


def test_the_clock_of_the_manual() -> None:
    meter, _ = opened_mercury(moscow(2008, 2, 27, 16, 14, 43), address=0x80, commissioned_on=date(2008, 1, 1))
    assert meter.answer(b"\x04\x00", to_any=False) == bytes.fromhex("43 14 16 03 27 02 08 01")


def test_the_power_journal_of_the_manual() -> None:
    outages = (
        OutageConfig(off_at=moscow(2008, 1, 30, 10), on_at=moscow(2008, 1, 30, 11)),
        OutageConfig(off_at=moscow(2008, 1, 31, 10), on_at=moscow(2008, 2, 1, 7, 53, 1)),
        OutageConfig(off_at=moscow(2008, 2, 1, 12, 50, 9), on_at=moscow(2008, 2, 1, 13)),
    )
    meter, _ = opened_mercury(MANUAL_AT, address=0x80, commissioned_on=date(2008, 1, 30), outages=outages)
    assert exchange(meter, "80 04 01 02 E8 74") == "80 01 53 07 01 02 08 09 50 12 01 02 08 2F 74"


@pytest.mark.parametrize(
    ("address", "journal", "number", "opened_at", "closed_at", "request_frame", "answer_frame"),
    [
        pytest.param(
            0x14,
            0x81,
            1,
            moscow(2018, 9, 20, 7, 58, 6),
            moscow(2018, 10, 3, 10, 51, 58),
            "14 04 81 01 E5 85",
            "14 06 58 07 20 09 18 58 51 10 03 10 18 69 38",
            id="2.5.6 reverse current",
        ),
        pytest.param(
            0x80,
            0x0A,
            5,
            moscow(2008, 3, 3, 10, 20, 7),
            None,
            "80 04 0A 05 AE 86",
            "80 07 20 10 03 03 08 EF 4E",
            id="2.5.9 profile initialised",
        ),
        pytest.param(
            0x80,
            0x20,
            1,
            moscow(2008, 1, 18, 15, 9, 43),
            moscow(2008, 1, 18, 15, 10, 30),
            "80 04 20 01 B0 25",
            "80 43 09 15 18 01 08 30 10 15 18 01 08 64 6A",
            id="2.5.15 voltage below its limit",
        ),
    ],
)
def test_journal_frames(
    address: int,
    journal: int,
    number: int,
    opened_at: datetime,
    closed_at: datetime | None,
    request_frame: str,
    answer_frame: str,
) -> None:
    given = entries(journal, *earlier(number, opened_at - timedelta(days=1)), (opened_at, closed_at))
    meter, _ = opened_mercury(
        opened_at + timedelta(days=30), address=address, commissioned_on=date(2007, 12, 1), entries=given
    )
    assert exchange(meter, request_frame) == answer_frame


@pytest.mark.parametrize(
    ("address", "counted", "directions", "by_quadrant", "answer_frame"),
    [
        pytest.param(
            0x80,
            Energy(2672, 0, 1000, 0),
            1,
            False,
            "80 00 00 70 0A FF FF FF FF 00 00 E8 03 00 00 00 00 3F 0F",
            id="2.5.17.1 a meter of one direction",
        ),
        pytest.param(
            0x14,
            Energy(0, 0, 2510, 274),
            2,
            True,
            "14 00 00 CE 09 00 00 00 00 00 00 00 00 00 00 12 01 20 D3",
            id="2.5.17.2 by quadrant",
        ),
    ],
)
def test_energy_frames(address: int, counted: Energy, directions: int, by_quadrant: bool, answer_frame: str) -> None:
    meter, _ = mercury(MANUAL_AT, commissioned_on=date(2008, 1, 1))
    arrays = EnergyArrays(account=meter._account, directions=directions)
    body = arrays._four(counted, by_quadrant=by_quadrant)
    assert serial_answer(address, body, Fault.NONE).hex(" ").upper() == answer_frame


@pytest.mark.parametrize(
    ("body", "answer_frame"),
    [
        pytest.param(
            energy(3_196_200) + NOT_MEASURED + energy(300_444) + NOT_MEASURED,
            "00 30 00 28 C5 FF FF FF FF 04 00 9C 95 FF FF FF FF 44 AB",
            id="energy from reset",
        ),
        pytest.param(
            energy(3_196_201) + NOT_MEASURED + energy(300_445) + NOT_MEASURED,
            "00 30 00 29 C5 FF FF FF FF 04 00 9D 95 FF FF FF FF 45 BB",
            id="energy from reset, a watt-hour later",
        ),
        pytest.param(three_bytes(24_128), "00 00 40 5E B0 1C", id="voltage 241.28 V"),
        pytest.param(three_bytes(69), "00 00 45 00 32 B4", id="current 0.069 A"),
        pytest.param(
            three_bytes_directed(553_095, active=1, reactive=-1),
            "00 48 87 70 E2 26",
            id="power 5530.95 W with reactive power reversed",
        ),
    ],
)
def test_recorded_values(body: bytes, answer_frame: str) -> None:
    assert serial_answer(0, body, Fault.NONE).hex(" ").upper() == answer_frame


def profile_record(**changes: Any) -> bytes:
    meter, _ = mercury(MANUAL_AT, address=0x80, commissioned_on=date(2008, 3, 5), **changes)
    slot = Slot(moscow(2008, 3, 5, 9, 30), Energy(5250, 0, 0, 0), is_written=True, is_incomplete=True)
    return meter._profile._encode(1, slot)


def test_the_profile_record_of_the_manual() -> None:
    """10,500 counts at A = 1000 are 10.5 kW over the half hour that ENDS at 10:00."""
    frame = serial_answer(0x80, profile_record(directions=1), Fault.NONE)
    assert frame.hex(" ").upper() == "80 0A 10 00 05 03 08 1E 04 29 FF FF 00 00 00 00 FE AF"


def test_every_manual_request_of_a_supported_command_is_answered_with_its_length() -> None:
    """The manual's meters are other meters: their values cannot be ours, their lengths must be."""
    meter, _ = opened_mercury(MANUAL_AT, address=0x80, commissioned_on=date(2008, 1, 1))
    lengths = {
        "05 31 00": 16,
        "08 01": 16,
        "08 01 00": 24,
        "08 0A": 6,
        "08 12": 6,
        "08 13": 9,
        "08 02": 4,
        "08 16 00": 12,
        "08 16 11": 9,
        "08 16 A0": 86,
        "16 03 00 01 01": 15,
        "04 13 05": 12,
        "04 14 06": 12,
        "04 30 03": 12,
        "04 30 F9 02": 16,
        "05 60 00": 12,
        "05 00 06": 80,
    }
    for request, length in lengths.items():
        answer = meter.answer(bytes.fromhex(request), to_any=False)
        assert answer is not None, request
        assert len(answer) == length, request


def test_a_password_of_the_wrong_length_gets_silence() -> None:
    meter, _ = mercury(MANUAL_AT, commissioned_on=date(2008, 1, 1))
    assert meter.answer(OPEN_LEVEL_1[:-1], to_any=False) is None
