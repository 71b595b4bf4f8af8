import csv
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.meter_poller.parts import naive

from meter_poller.drivers import mercury_frames as frames
from meter_poller.drivers import mercury_journals as rings
from meter_poller.errors import BadReply
from meter_poller.link import has_good_crc

MOSCOW = ZoneInfo("Europe/Moscow")


def vectors() -> dict[str, tuple[bytes, bytes]]:
    text = (Path(__file__).parent / "mercury_vectors.csv").read_text()
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["name"]: (bytes.fromhex(row["request"]), bytes.fromhex(row["reply"])) for row in rows}


VECTORS = vectors()


def reply_data(name: str) -> bytes:
    return frames.data_of(VECTORS[name][1])


@pytest.mark.parametrize("name", VECTORS)
def test_each_frame_of_the_manual_has_the_check_sum_that_we_compute(name: str):
    assert all(has_good_crc(frame) for frame in VECTORS[name])


@pytest.mark.parametrize(
    ("name", "request_frame"),
    [
        ("test_channel", frames.test_channel(0x80)),
        ("open_channel_any", frames.open_channel(0, level=1, password=bytes([1] * 6))),
        ("energy_from_reset", frames.read_energy(0, tariff=0)),
        ("variant", frames.read_variant(0x42)),
        ("power_journal", frames.read_journal(0x80, 0x01, 2)),
        ("voltage_below_limit", frames.read_journal(0x80, 0x20, 1)),
    ],
)
def test_requests_are_those_of_the_manual(name: str, request_frame: bytes):
    assert request_frame == VECTORS[name][0]


def test_energy_comes_in_watt_hours_with_the_high_word_first():
    assert frames.energies(reply_data("energy_from_reset")) == (3_196_200, None, 300_444, None)
    assert frames.energies(reply_data("energy_from_reset_next")) == (3_196_201, None, 300_445, None)


def test_a_register_that_the_meter_does_not_measure_is_none_and_not_zero():
    assert frames.energies(reply_data("energy_of_month")) == (2_672, None, 1_000, 0)


def test_the_variant_tells_constant_memory_and_power_quality():
    variant = frames.variant(reply_data("variant"))
    assert (variant.pulses_per_kwh, variant.memory_bytes, variant.has_power_quality) == (500, 131_072, True)


def test_an_unknown_meter_constant_is_refused():
    with pytest.raises(BadReply, match="meter constant 15"):
        frames.variant(bytes.fromhex("B4EFC297DF58"))


def test_a_record_of_the_manual_is_ten_and_a_half_kilowatts():
    record = frames.profile_record(reply_data("relative_record"))
    assert record.meter_time == naive("2008-03-05 10:00")
    assert record.period_minutes == 30
    assert record.counts == (10_500, None, 0, 0)
    assert frames.energy_of_counts(10_500, 1_000) == 5_250


def test_half_a_watt_hour_rounds_up():
    assert [frames.energy_of_counts(n, 1_000) for n in range(5)] == [0, 1, 1, 2, 2]
    assert [frames.energy_of_counts(n, 25_000) for n in (24, 25, 75)] == [0, 1, 2]


@given(st.integers(0, 0xFFFE), st.sampled_from([250, 500, 1_000, 1_250, 5_000, 25_000]))
def test_energy_of_counts_is_the_nearest_watt_hour(counts: int, pulses: int):
    doubled_error = 2 * pulses * frames.energy_of_counts(counts, pulses) - 2 * 500 * counts
    assert -pulses < doubled_error <= pulses


def test_the_clock_is_read_with_its_season():
    clock = frames.clock(bytes.fromhex("4314160327020801"))
    assert (clock.meter_time, clock.winter) == (naive("2008-02-27 16:14:43"), True)


@pytest.mark.parametrize("raw", ["FF14160327020801", "4314160332020801", "4A14160327020801"])
def test_a_clock_that_shows_no_time_is_refused(raw: str):
    with pytest.raises(BadReply):
        frames.clock(bytes.fromhex(raw))


def test_hour_24_is_the_midnight_after_the_named_day():
    record = frames.profile_record(bytes.fromhex("08 24 00 31 12 25 1E") + bytes(8))
    assert record.meter_time == naive("2026-01-01")


def test_memory_above_64_kilobytes_is_asked_for_by_the_17th_bit():
    assert frames.read_record(0x01, 0x176E0)[:-2] == bytes.fromhex("01 06 83 76 E0 0F")
    assert frames.read_record_run(0x01, 0x0010)[:-2] == bytes.fromhex("01 06 03 00 10 FF")


@given(st.datetimes(naive("2000-01-01"), naive("2099-12-31")))
def test_times_survive_their_way_through_bcd(moment: datetime):
    moment = moment.replace(microsecond=0)
    raw = bytes.fromhex(moment.strftime("%S%M%H%d%m%y"))
    assert frames.journal_time(raw) == moment


def test_the_serial_number_is_printed_as_pairs_of_digits():
    assert frames.serial(bytes.fromhex("042F0D3B020606")) == "04471359"


def test_journal_records_of_the_manual_are_decoded():
    power = rings.entry(0x01, 2, reply_data("power_journal"), MOSCOW)
    assert power is not None
    assert (power.journal, power.slot) == ("01", 2)
    assert (power.opened, power.closed) == (naive("2008-02-01 07:53:01"), naive("2008-02-01 12:50:09"))
    assert power.opened_at.isoformat() == "2008-02-01T04:53:01+00:00"
    init = rings.entry(0x0A, 5, reply_data("profile_init_time"), MOSCOW)
    assert init is not None
    assert (init.opened, init.closed) == (naive("2008-03-03 10:20:07"), None)
    reprogrammed = rings.entry(0x13, 5, reply_data("reprogramming"), MOSCOW)
    assert reprogrammed is not None
    assert (reprogrammed.opened.date(), reprogrammed.closed) == (date(2018, 8, 1), None)


def test_a_second_time_that_is_not_set_means_still_open():
    record = reply_data("voltage_below_limit")[:6]
    for unset in (bytes(6), b"\xff" * 6):
        entry = rings.entry(0x20, 1, record + unset, MOSCOW)
        assert entry is not None
        assert (entry.opened, entry.closed, entry.closed_at) == (naive("2008-01-18 15:09:43"), None, None)


def test_an_empty_ring_slot_is_no_entry():
    assert rings.entry(0x20, 0, bytes(12), MOSCOW) is None
    assert rings.entry(0x13, 0, bytes(12), MOSCOW) is None
    assert rings.is_empty(0x09, bytes(6))


def test_a_block_of_records_is_cut_by_the_journals_own_size():
    assert [len(part) for part in rings.split_records(0x09, bytes(60))] == [6] * 10
    assert [len(part) for part in rings.split_records(0x20, bytes(240))] == [12] * 20


def test_a_state_word_is_not_taken_for_a_closing_time():
    entry = rings.entry(0x14, 0, bytes.fromhex("010203040526") + bytes.fromhex("010203040526"), MOSCOW)
    assert entry is not None
    assert entry.closed is None
    assert entry.opened_at == datetime.fromisoformat("2026-05-04T00:02:01+00:00")
