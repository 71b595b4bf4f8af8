"""The half-hour profile memory: addresses, ring, labels, gaps."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.simulators.meters import FLAT, MOSCOW, ask, moscow, opened_mercury

from simulators.account import SLOT
from simulators.config import OutageConfig
from simulators.mercury.meter import MercuryMeter

NEVER_WRITTEN = bytes.fromhex("00 00 00 00 00 00 1E FFFF FFFF FFFF FFFF")


def read(meter: MercuryMeter, address: int, length: int = 15) -> bytes:
    """Read at a byte address of 17 bits, as a reader does."""
    selector = 0x03 | (address >> 16) << 7
    return ask(meter, bytes((0x06, selector, address >> 8 & 0xFF, address & 0xFF, length)))


def label(record: bytes) -> datetime:
    hour, minute, day, month, year = (int(f"{byte:x}") for byte in record[1:6])
    return datetime(2000 + year, month, day, hour, minute, tzinfo=MOSCOW)


def counts(record: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(record[at : at + 2], "little") for at in (7, 9, 11, 13))


@settings(max_examples=40)
@given(
    halves=st.integers(min_value=1, max_value=20_000),
    back=st.integers(min_value=0, max_value=8_000),
    memory_bytes=st.sampled_from((65_536, 131_072)),
    addressing=st.sampled_from(("record", "byte")),
)
def test_every_half_hour_in_memory_is_found_by_stepping_back_from_the_last(
    halves: int, back: int, memory_bytes: int, addressing: str
) -> None:
    """INVARIANT: (last address - steps * 16) mod memory is the record of that half hour, over every wrap."""
    if addressing == "byte":
        memory_bytes = 65_536
    commissioned_at = moscow(2026, 1, 1)
    meter, _ = opened_mercury(
        commissioned_at + halves * SLOT + timedelta(seconds=7),
        memory_bytes=memory_bytes,
        profile_addressing=addressing,
    )
    last = ask(meter, "08 13")
    pointer = int.from_bytes(last[:2], "big")
    address = pointer if addressing == "byte" else pointer * 0x10
    steps = min(back, halves - 1, memory_bytes // 16 - 1)
    record = read(meter, (address - steps * 0x10) % memory_bytes)
    start_at = commissioned_at + (halves - 1 - steps) * SLOT
    assert label(record) == start_at + SLOT
    (slot,) = meter.truth.slots(start_at, start_at + SLOT)
    assert counts(record) == tuple(2 * value for value in slot.energy)


def test_the_last_record_tells_its_address_by_record_or_by_byte() -> None:
    at = moscow(2026, 1, 2, 0, 5)
    by_record, _ = opened_mercury(at)
    by_byte, _ = opened_mercury(at, profile_addressing="byte", memory_bytes=65_536)
    assert ask(by_record, "08 13")[:2] == (47).to_bytes(2, "big")
    assert ask(by_byte, "08 13")[:2] == (47 * 16).to_bytes(2, "big")


def test_the_seventeenth_address_bit_reaches_the_upper_half_of_a_large_memory() -> None:
    meter, _ = opened_mercury(moscow(2026, 1, 1) + 5000 * SLOT)
    upper = read(meter, 4500 * 16)
    assert label(upper) == moscow(2026, 1, 1) + 4501 * SLOT
    assert read(meter, 404 * 16) != upper


def test_a_small_memory_refuses_the_seventeenth_bit() -> None:
    meter, _ = opened_mercury(moscow(2026, 1, 2), memory_bytes=65_536)
    assert read(meter, 0x10000) == b"\x01"


@pytest.mark.parametrize("address", [0x08, 0x1F])
def test_an_address_between_records_is_refused(address: int) -> None:
    meter, _ = opened_mercury(moscow(2026, 1, 2))
    assert read(meter, address) == b"\x01"


@pytest.mark.parametrize("length", [0, 14, 16])
def test_a_length_that_cuts_a_record_is_an_error(length: int) -> None:
    meter, _ = opened_mercury(moscow(2026, 1, 2))
    assert read(meter, 0, length) == b"\x02"


def test_seventeen_records_come_in_one_answer_and_wrap_at_the_end_of_memory() -> None:
    meter, _ = opened_mercury(moscow(2026, 1, 1) + 8200 * SLOT)
    block = read(meter, (8192 - 2) * 16, 0xFF)
    records = [block[at : at + 15] for at in range(0, 255, 15)]
    assert len(records) == 17
    starts = [label(record) - SLOT for record in records[:10]]
    assert starts == [moscow(2026, 1, 1) + number * SLOT for number in range(8190, 8200)]
    # Behind the newest record the memory still holds the lap before.
    assert label(records[10]) == moscow(2026, 1, 1) + 9 * SLOT


def test_a_half_hour_that_has_not_come_yet_shows_what_was_there_before() -> None:
    meter, _ = opened_mercury(moscow(2026, 1, 2))
    assert read(meter, 60 * 16) == NEVER_WRITTEN


def test_reading_back_by_offset_gives_the_oldest_record_first() -> None:
    meter, _ = opened_mercury(moscow(2026, 1, 3, 0, 1))
    block = ask(meter, "16 03 00 01 03")
    labels = [label(block[at : at + 15]) for at in range(0, 45, 15)]
    assert labels == [moscow(2026, 1, 2, 22, 30), moscow(2026, 1, 2, 23), moscow(2026, 1, 2, 23, 30)]


def test_one_quantity_can_be_read_alone() -> None:
    meter, _ = opened_mercury(moscow(2026, 1, 2), curve=FLAT)
    assert ask(meter, "06 13 00 10 06") == (1000).to_bytes(2, "little") * 3
    assert ask(meter, "06 33 00 10 02") == (500).to_bytes(2, "little")


@pytest.mark.parametrize(
    ("style", "labelled_on"), [("next-date", date(2026, 1, 2)), ("previous-date", date(2026, 1, 1))]
)
def test_midnight_is_labelled_with_the_next_or_the_previous_date(style: str, labelled_on: date) -> None:
    meter, _ = opened_mercury(moscow(2026, 1, 2, 5), midnight_label=style)
    midnight = label(read(meter, 47 * 16))
    assert (midnight.date(), midnight.hour, midnight.minute) == (labelled_on, 0, 0)
    assert label(read(meter, 48 * 16)).date() == date(2026, 1, 2)


def test_the_address_grows_while_the_supply_is_off_and_the_slot_keeps_an_older_record() -> None:
    """INVARIANT: a half hour without supply has no record; a reader sees a foreign date, not a zero."""
    outage = OutageConfig(off_at=moscow(2026, 7, 1, 10, 10), on_at=moscow(2026, 7, 1, 11, 40))
    meter, _ = opened_mercury(moscow(2026, 7, 1, 12, 1), outages=(outage,), memory_bytes=65_536)
    address = int.from_bytes(ask(meter, "08 13")[:2], "big") * 16
    records = [read(meter, (address - steps * 16) % 65_536) for steps in range(4, -1, -1)]
    assert [label(record).date() for record in records] == [
        date(2026, 7, 1),
        date(2026, 7, 1),
        date(2026, 4, 7),
        date(2026, 4, 7),
        date(2026, 7, 1),
    ]
    assert [record[0] & 0x02 for record in records] == [0, 2, 0, 0, 2]


def test_the_last_record_stays_before_the_outage_until_the_next_half_hour_is_full() -> None:
    outage = OutageConfig(off_at=moscow(2026, 7, 1, 10, 10), on_at=moscow(2026, 7, 1, 11, 40))
    meter, clock = opened_mercury(moscow(2026, 7, 1, 10, 9), outages=(outage,))
    clock.instant = moscow(2026, 7, 1, 11, 10)
    assert meter.answer(b"\x00", to_any=False) is None
    clock.instant = moscow(2026, 7, 1, 11, 45)
    assert meter.answer(bytes.fromhex("01 01 010101010101"), to_any=False) == b"\x00"
    assert ask(meter, "08 13")[2:8].hex(" ") == "0b 10 30 01 07 26"


def test_the_status_byte_tells_tariff_season_start_and_wrap() -> None:
    meter, clock = opened_mercury(moscow(2026, 1, 2), memory_bytes=65_536)
    assert read(meter, 0)[0] == 0b0010_1110
    assert read(meter, 20 * 16)[0] == 0b0000_1000
    clock.instant = moscow(2026, 1, 1) + 4097 * SLOT
    assert read(meter, 0)[0] & 0b0000_0101 == 0b0000_0001


def test_a_season_is_marked_where_the_zone_has_one() -> None:
    meter, _ = opened_mercury(moscow(2026, 7, 2), clock_zone="Europe/Berlin")
    assert ask(meter, "04 00")[7] == 0
    assert ask(meter, "08 13")[2] & 0x08 == 0


@pytest.mark.parametrize(("constant", "per_wh"), [(1000, 2), (500, 1), (5000, 10), (250, 0.5), (1250, 2.5)])
def test_counts_are_whole_for_every_meter_constant(constant: int, per_wh: float) -> None:
    meter, _ = opened_mercury(moscow(2026, 1, 2), impulses_per_kwh=constant)
    start_at = moscow(2026, 1, 1, 18)
    (slot,) = meter.truth.slots(start_at, start_at + SLOT)
    assert counts(read(meter, 36 * 16)) == tuple(value * per_wh for value in slot.energy)


def test_a_curve_too_large_for_sixteen_bits_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="does not fit 16 bits"):
        opened_mercury(moscow(2026, 1, 2), impulses_per_kwh=25_000)
