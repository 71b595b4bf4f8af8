"""The journals: rings, open entries, and the seeded script."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.unit.simulators.meters import ask, moscow, opened_mercury

from simulators.config import EntryConfig, OutageConfig

ZEROS = bytes(6)
EVENT_JOURNALS = (*range(0x01, 0x1B), *range(0x80, 0x87))
QUALITY_JOURNALS = tuple(range(0x20, 0x33))
ONE_TIME = (0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x15, 0x16)


def bcd_time(at: datetime) -> bytes:
    return bytes.fromhex(at.astimezone(ZoneInfo("Europe/Moscow")).strftime("%S%M%H%d%m%y"))


def minute_entries(journal: int, count: int, first_at: datetime) -> tuple[EntryConfig, ...]:
    starts = [first_at + timedelta(hours=number) for number in range(count)]
    return tuple(
        EntryConfig(journal=journal, opened_at=start_at, closed_at=start_at + timedelta(minutes=1))
        for start_at in starts
    )


@pytest.mark.parametrize("journal", EVENT_JOURNALS)
def test_all_ten_event_records_come_at_once_and_each_alone(journal: int) -> None:
    meter, _ = opened_mercury(moscow(2026, 9, 1), script="seeded", daily_correction_seconds=117)
    size = 6 if journal in ONE_TIME else 12
    ring = ask(meter, bytes((0x04, journal, 0xFE)))
    assert len(ring) == 10 * size
    assert ring == b"".join(ask(meter, bytes((0x04, journal, number))) for number in range(10))
    assert ask(meter, bytes((0x04, journal, 10))) == b"\x01"


@pytest.mark.parametrize("journal", QUALITY_JOURNALS)
def test_a_hundred_quality_records_come_in_five_blocks(journal: int) -> None:
    meter, _ = opened_mercury(moscow(2026, 9, 1), script="seeded")
    blocks = b"".join(ask(meter, bytes((0x04, journal, code))) for code in (0xFE, 0xFD, 0xFC, 0xFB, 0xFA))
    assert len(blocks) == 1200
    assert blocks[12 * 99 :] == ask(meter, bytes((0x04, journal, 99)))
    assert ask(meter, bytes((0x04, journal, 100))) == b"\x01"


@pytest.mark.parametrize("journal", [0x1B, 0x33, 0x7F, 0x87])
def test_a_journal_that_does_not_exist_is_refused(journal: int) -> None:
    meter, _ = opened_mercury(moscow(2026, 9, 1))
    assert ask(meter, bytes((0x04, journal, 0))) == b"\x01"


def test_the_eleventh_entry_takes_the_first_place() -> None:
    first_at = moscow(2026, 3, 1)
    meter, _ = opened_mercury(moscow(2026, 3, 5), entries=minute_entries(0x06, 11, first_at))
    assert ask(meter, "04 06 00")[:6] == bcd_time(first_at + timedelta(hours=10))
    assert ask(meter, "04 06 01")[:6] == bcd_time(first_at + timedelta(hours=1))
    assert ask(meter, "04 06 FF") == ask(meter, "04 06 00") + b"\x00"


def test_the_hundred_and_first_quality_entry_takes_the_first_place() -> None:
    first_at = moscow(2026, 3, 1)
    meter, _ = opened_mercury(moscow(2026, 3, 9), entries=minute_entries(0x22, 101, first_at))
    assert ask(meter, "04 22 00")[:6] == bcd_time(first_at + timedelta(hours=100))
    assert ask(meter, "04 22 FF")[12] == 0


def test_an_open_entry_shows_zeros_and_is_rewritten_in_its_place_when_it_closes() -> None:
    opened_at, closed_at = moscow(2026, 3, 1, 8, 50), moscow(2026, 3, 1, 9, 20)
    entry = EntryConfig(journal=0x20, opened_at=opened_at, closed_at=closed_at)
    meter, clock = opened_mercury(moscow(2026, 3, 1, 8, 49, 59), entries=(entry,))
    assert ask(meter, "04 20 00") == ZEROS * 2
    clock.instant = moscow(2026, 3, 1, 9)
    assert ask(meter, "04 20 FF") == bcd_time(opened_at) + ZEROS + b"\x00"
    clock.instant = closed_at
    assert ask(meter, "04 20 FF") == bcd_time(opened_at) + bcd_time(closed_at) + b"\x00"


def test_the_power_journal_tells_each_time_the_supply_was_on() -> None:
    off_at, on_at = moscow(2026, 3, 1, 10, 10), moscow(2026, 3, 1, 11, 40)
    outage = OutageConfig(off_at=off_at, on_at=on_at)
    meter, _ = opened_mercury(moscow(2026, 3, 2), outages=(outage,))
    for journal in ("01", "03", "04", "05", "17", "18", "19"):
        assert ask(meter, f"04 {journal} 00") == bcd_time(moscow(2026, 1, 1)) + bcd_time(off_at)
        assert ask(meter, f"04 {journal} FF") == bcd_time(on_at) + ZEROS + b"\x01"


def test_a_phase_without_voltage_closes_its_record_and_shows_zero_volts() -> None:
    entry = EntryConfig(journal=0x04, opened_at=moscow(2026, 3, 1, 8), closed_at=moscow(2026, 3, 1, 9))
    meter, clock = opened_mercury(moscow(2026, 3, 1, 8, 30), entries=(entry,))
    assert ask(meter, "04 04 FF") == bcd_time(moscow(2026, 1, 1)) + bcd_time(moscow(2026, 3, 1, 8)) + b"\x00"
    assert ask(meter, "08 11 12") == bytes(3)
    assert ask(meter, "08 11 11") != bytes(3)
    clock.instant = moscow(2026, 3, 1, 9)
    assert ask(meter, "04 04 FF") == bcd_time(moscow(2026, 3, 1, 9)) + ZEROS + b"\x01"
    assert ask(meter, "08 11 12") != bytes(3)


def test_the_clock_is_corrected_once_a_day_by_about_two_minutes() -> None:
    meter, _ = opened_mercury(moscow(2026, 3, 20), daily_correction_seconds=117)
    ring = ask(meter, "04 02 FE")
    lost = []
    for at in range(0, 120, 12):
        before, after = (
            datetime.strptime(ring[start : start + 6].hex(), "%S%M%H%d%m%y")  # noqa: DTZ007  # meter time
            for start in (at, at + 6)
        )
        lost.append((after - before).total_seconds())
    assert all(114 <= seconds <= 120 for seconds in lost)
    assert len({ring[at + 3 : at + 6] for at in range(0, 120, 12)}) == 10


def test_the_two_seals_share_the_cover_journal_and_the_last_entry_cannot_be_asked() -> None:
    meter, _ = opened_mercury(moscow(2028, 9, 1), script="seeded")
    ring = ask(meter, "04 12 FE")
    halves = ring[:60], ring[60:]
    assert all(half != bytes(60) for half in halves)
    assert ask(meter, "04 12 FF") == b"\x01"


def test_the_statistics_count_every_dip_of_a_range() -> None:
    meter, _ = opened_mercury(moscow(2026, 9, 1), script="seeded")
    counted = 0
    for voltage_range in range(8):
        row = ask(meter, bytes((0x04, 0x30, 0xF9, voltage_range)))
        counted += sum(int.from_bytes(row[at : at + 2], "little") for at in range(0, 16, 2))
    assert counted == ask(meter, "04 30 FF")[12] + 1
    assert ask(meter, "04 30 F9 08") == b"\x01"


def test_the_seeded_script_is_the_same_after_a_restart_and_whatever_was_asked_before() -> None:
    """INVARIANT: journals derive from seed and clock, so that a restarted process tells the same."""
    at = moscow(2026, 9, 1, 12)
    first, clock = opened_mercury(moscow(2026, 2, 1), script="seeded")
    for journal in (*EVENT_JOURNALS, *QUALITY_JOURNALS):
        ask(first, bytes((0x04, journal, 0xFE)))
    clock.instant = at
    second, _ = opened_mercury(at, script="seeded")
    for journal in (*EVENT_JOURNALS, *QUALITY_JOURNALS):
        request = bytes((0x04, journal, 0xFE))
        assert ask(first, request) == ask(second, request), hex(journal)


def test_the_seeded_script_has_entries_in_every_common_journal_and_leaves_some_open() -> None:
    meter, clock = opened_mercury(moscow(2026, 1, 2), script="seeded", commissioned_on=date(2026, 1, 1))
    open_entries = 0
    for day in range(20, 60):
        clock.instant = moscow(2026, 1, 1, 15) + timedelta(days=day)
        if meter.answer(bytes.fromhex("01 01 010101010101"), to_any=False) is None:
            continue
        for journal in range(0x20, 0x2C):
            last = ask(meter, bytes((0x04, journal, 0xFF)))
            open_entries += last[:6] != ZEROS and last[6:12] == ZEROS
    assert open_entries > 5
    for journal in (0x01, 0x03, 0x04, 0x05, 0x0A, 0x21, 0x22, 0x25, 0x26):
        assert ask(meter, bytes((0x04, journal, 0xFF)))[:6] != ZEROS, hex(journal)
