from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.meter_poller.parts import ANY_ID, HALF_HOUR, NOON, gap_slot, meter, raw_slot, reading

from meter_poller.plan import (
    MAX_BLOCK_SLOTS,
    BlockSource,
    between_borders,
    border_registers,
    half_hour_floor,
    interval_blocks,
    went_back,
)
from meter_poller.readings import NOTHING, digest_of
from topics.poller import BorderRegisters
from topics.quality import Quality

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
Four = tuple[int | None, int | None, int | None, int | None]


def border(at: datetime, *energies: int | None) -> BorderRegisters:
    padded = (*energies, 0, 0, 0, 0)
    return BorderRegisters(
        at=at, a_plus_wh=padded[0], a_minus_wh=padded[1], r_plus_varh=padded[2], r_minus_varh=padded[3]
    )


def source(zone: ZoneInfo = MOSCOW) -> BlockSource:
    return BlockSource(endpoint_id=ANY_ID, meter=meter(), zone=zone)


def test_two_borders_in_a_row_give_a_measured_half_hour():
    (slot,) = between_borders(border(NOON, 1_000, 5), border(NOON + HALF_HOUR, 1_250, 5))
    assert (slot.start, slot.quality, slot.energies) == (NOON, Quality.RAW, (250, 0, 0, 0))


def test_a_missed_border_gives_every_slot_marked_derived():
    slots = between_borders(border(NOON, 1_000), border(NOON + 3 * HALF_HOUR, 1_100))
    assert [slot.quality for slot in slots] == [Quality.DERIVED] * 3
    assert [slot.energies[0] for slot in slots] == [33, 33, 34]


@given(
    st.integers(1, 400),
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**7)), min_size=4, max_size=4),
)
def test_spread_energy_adds_up_to_the_register_difference(count: int, registers: list[tuple[int, int]]):
    """INVARIANT: the slots between two borders sum to the registers' difference, and none is negative."""
    before = border(NOON, *(start for start, _ in registers))
    after = border(NOON + count * HALF_HOUR, *(start + used for start, used in registers))
    slots = between_borders(before, after)
    assert [slot.start for slot in slots] == [NOON + i * HALF_HOUR for i in range(count)]
    for channel, (_, used) in enumerate(registers):
        values = [slot.energies[channel] for slot in slots]
        assert sum(value for value in values if value is not None) == used
        assert all(value is not None and value >= 0 for value in values)
        assert max(values, default=0) - min(values, default=0) <= 1  # type: ignore[operator,type-var]


@pytest.mark.parametrize("count", [1, 3])
def test_registers_that_went_back_give_gaps_and_never_a_negative(count: int):
    """INVARIANT: a register reset is a gap, never a negative energy and never a zero."""
    before, after = border(NOON, 1_000, 10), border(NOON + count * HALF_HOUR, 1_200, 3)
    slots = between_borders(before, after)
    assert went_back(before, after)
    assert [(slot.quality, slot.energies) for slot in slots] == [(Quality.GAP, NOTHING)] * count


def test_a_channel_that_is_not_measured_stays_unknown():
    (slot,) = between_borders(border(NOON, 1_000, None), border(NOON + HALF_HOUR, 1_250, None))
    assert slot.energies == (250, None, 0, 0)
    (unknown,) = between_borders(border(NOON, *[None] * 4), border(NOON + HALF_HOUR, *[None] * 4))
    assert unknown.quality is Quality.GAP


def test_the_same_border_again_gives_nothing():
    assert between_borders(border(NOON, 1_000), border(NOON, 1_000)) == []


def test_a_reading_counts_for_the_border_only_within_the_tolerance():
    tolerance = timedelta(seconds=5)
    found = border_registers(reading(NOON + tolerance, 7, None), tolerance=tolerance)
    assert found == border(NOON, 7, None)
    assert border_registers(reading(NOON + timedelta(seconds=5.1), 7), tolerance=tolerance) is None
    assert border_registers(reading(NOON - timedelta(seconds=1), 7), tolerance=tolerance) is None


def test_a_reading_that_was_asked_for_before_the_border_may_be_of_before_it():
    """INVARIANT: energy of before a border is never counted after it, however short the exchange was."""
    tolerance, moment = timedelta(seconds=5), timedelta(milliseconds=10)
    astride = reading(NOON + moment, 7, asked_at=NOON - moment)
    assert border_registers(astride, tolerance=tolerance) is None
    assert border_registers(reading(NOON + moment, 7, asked_at=NOON), tolerance=tolerance) is not None


def test_borders_are_those_of_utc_half_hours():
    assert half_hour_floor(datetime(2026, 7, 6, 12, 29, 59, 999_999, tzinfo=UTC)) == NOON
    assert half_hour_floor(NOON) == NOON


@given(st.integers(1, 1_000), st.sampled_from([MOSCOW, BERLIN]), st.integers(0, 48 * 200))
def test_blocks_hold_every_slot_once_and_end_at_local_midnight(count: int, zone: ZoneInfo, first: int):
    start = datetime(2026, 1, 1, tzinfo=UTC) + first * HALF_HOUR
    slots = [raw_slot(start + i * HALF_HOUR, i) for i in range(count)]
    blocks = interval_blocks(source(zone), slots, step=HALF_HOUR, polled_at=NOON)
    assert [value for block in blocks for value in block.a_plus_wh] == list(range(count))
    at = start
    for block in blocks:
        assert block.start == at
        days = {(at + i * HALF_HOUR).astimezone(zone).date() for i in range(len(block.quality))}
        assert len(days) == 1
        at += len(block.quality) * HALF_HOUR


def test_a_short_step_is_cut_by_the_number_of_slots():
    minute = timedelta(minutes=1)
    start = datetime(2026, 7, 5, 21, tzinfo=UTC)
    slots = [raw_slot(start + i * minute) for i in range(1_440)]
    blocks = interval_blocks(source(), slots, step=minute, polled_at=NOON)
    assert [len(block.quality) for block in blocks] == [MAX_BLOCK_SLOTS] * 4 + [80]
    assert blocks[1].start == start + MAX_BLOCK_SLOTS * minute


def test_a_gap_is_null_in_every_column():
    (block,) = interval_blocks(
        source(), [raw_slot(NOON), gap_slot(NOON + HALF_HOUR)], step=HALF_HOUR, polled_at=NOON + 2 * HALF_HOUR
    )
    columns = (block.a_plus_wh, block.a_minus_wh, block.r_plus_varh, block.r_minus_varh)
    assert [column[1] for column in columns] == [None] * 4
    assert block.quality == [Quality.RAW, Quality.GAP]
    assert block.flags == [0, 0]


def test_the_digest_covers_each_frame_once_in_order():
    slots = [raw_slot(NOON + i * HALF_HOUR) for i in range(3)]
    (block,) = interval_blocks(source(), slots, step=HALF_HOUR, polled_at=NOON)
    assert block.frames_sha256 == digest_of([b"frame"])
