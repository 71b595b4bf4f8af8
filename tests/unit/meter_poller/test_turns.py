"""What one meter's turn publishes and how far its cursor moves."""

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.unit.meter_poller.parts import (
    ANY_ID,
    HALF_HOUR,
    NOON,
    MemoryLog,
    ScriptedLimitsMeter,
    ScriptedMemoryMeter,
    endpoint,
    gap_slot,
    joined,
    meter,
    raw_slot,
    reading,
)

from common.clock import FixedClock
from meter_poller.errors import NoReply
from meter_poller.publish import Cursors, Delivery, Outbox
from meter_poller.readings import RegisterReading
from meter_poller.turns import TurnLimits, Turns
from topics.poller import (
    CURSORS,
    INTERVAL_BLOCKS,
    JOURNAL_ENTRIES,
    METER_LIMITS,
    REGISTER_SNAPSHOTS,
    JournalEntry,
    MeterCursor,
)
from topics.quality import Quality


class ScriptedRegisters:
    """A meter without memory that shows `values`, `late` after it is asked."""

    driver = "eastron_sdm630"

    def __init__(self, clock: FixedClock) -> None:
        self.meter = meter(driver="eastron_sdm630")
        self.clock = clock
        self.values: tuple[int | None, ...] = (0,)
        self.late = timedelta(seconds=1)
        self.fault: Exception | None = None

    async def begin(self) -> None:
        if self.fault is not None:
            raise self.fault

    async def registers(self) -> RegisterReading:
        return reading(self.clock.now() + self.late, *self.values)


def turns_of(driver: Any, log: MemoryLog, clock: FixedClock, known: MeterCursor | None = None) -> Turns:
    of = endpoint(driver.meter, endpoint_id=ANY_ID)
    cursors = Cursors(of.endpoint_id, [known] if known else [])
    delivery = Delivery(log, cursors, clock=clock, pauses_seconds=(0.0,))
    return Turns(
        driver,
        delivery,
        Outbox(delivery),
        endpoint_id=of.endpoint_id,
        clock=clock,
        limits=TurnLimits(records=10, history=timedelta(days=1), border_tolerance=timedelta(seconds=5)),
    )


async def at_borders(turns: Turns, driver: ScriptedRegisters, shown: dict[int, int]) -> None:
    """Let the meter show a value at some half hours after noon, and nothing be read between."""
    for index, value in shown.items():
        driver.clock.instant = NOON + index * HALF_HOUR
        driver.values = (value,)
        await turns.snapshot()
    await turns._outbox.deliver_waiting()


async def test_the_first_border_ever_begins_and_gives_no_half_hour():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedRegisters(clock)
    await at_borders(turns_of(driver, log, clock), driver, {0: 500})
    assert log.of(INTERVAL_BLOCKS) == []
    (cursor,) = log.last_cursor.meters
    assert (cursor.profile_until, cursor.border.at, cursor.border.a_plus_wh) == (NOON, NOON, 500)


async def test_half_hours_of_a_meter_without_memory_are_register_differences():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedRegisters(clock)
    await at_borders(turns_of(driver, log, clock), driver, {0: 500, 1: 620, 2: 700, 5: 1_000, 6: 1_001})
    assert joined(log.of(INTERVAL_BLOCKS)) == {
        NOON: (Quality.RAW, 120),
        NOON + HALF_HOUR: (Quality.RAW, 80),
        NOON + 2 * HALF_HOUR: (Quality.DERIVED, 100),
        NOON + 3 * HALF_HOUR: (Quality.DERIVED, 100),
        NOON + 4 * HALF_HOUR: (Quality.DERIVED, 100),
        NOON + 5 * HALF_HOUR: (Quality.RAW, 1),
    }
    assert len(log.of(REGISTER_SNAPSHOTS)) == 5


async def test_the_border_survives_in_the_cursor():
    """A poller that was killed goes on from the border that the log has."""
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedRegisters(clock)
    await at_borders(turns_of(driver, log, clock), driver, {0: 500})
    (known,) = log.last_cursor.meters
    await at_borders(turns_of(driver, log, clock, known), driver, {2: 560})
    assert joined(log.of(INTERVAL_BLOCKS)) == {NOON + i * HALF_HOUR: (Quality.DERIVED, 30) for i in range(2)}


@pytest.mark.parametrize("acknowledged", range(6))
async def test_a_kill_between_any_two_acknowledgements_leaves_sums_exact(acknowledged: int):
    """INVARIANT: however much of a border's publishing came through, a half hour never has two values.

    Half of it might be in the log already, so what was announced is repeated to the letter.
    """
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedRegisters(clock)
    first = turns_of(driver, log, clock)
    await at_borders(first, driver, {0: 500})
    kept = len(log.records)
    await at_borders(first, driver, {1: 621})
    # Sent were: the announcement, the snapshot, the half hour, the cursor. The kill comes after some of them.
    del log.records[kept + acknowledged :]
    (known,) = log.last_cursor.meters
    await at_borders(turns_of(driver, log, clock, known), driver, {4: 1_000})
    slots = joined(log.of(INTERVAL_BLOCKS))
    assert sorted(slots) == [NOON + i * HALF_HOUR for i in range(4)]
    assert sum(value or 0 for _, value in slots.values()) == 500
    assert (slots[NOON] == (Quality.RAW, 121)) == (acknowledged > 0)
    repeats = [block for block in log.of(INTERVAL_BLOCKS) if block.start == NOON]
    assert all(repeat == repeats[0] for repeat in repeats)


async def test_what_was_announced_goes_out_even_if_the_meter_does_not_answer_any_more():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedRegisters(clock)
    first = turns_of(driver, log, clock)
    await at_borders(first, driver, {0: 500, 1: 621})
    announced = next(m.meters[0] for m in log.of(CURSORS) if m.meters[0].pending is not None)
    log.records.clear()
    turns = turns_of(driver, log, clock, announced)
    driver.fault = NoReply("silence")
    with pytest.raises(NoReply):
        await turns.snapshot()
    await turns._outbox.deliver_waiting()
    assert joined(log.of(INTERVAL_BLOCKS)) == {NOON: (Quality.RAW, 121)}
    assert log.last_cursor.meters[0].pending is None


async def test_borders_are_read_on_time_while_the_log_is_away():
    """INVARIANT: a log that is away costs no border: the readings wait, and are measured half hours."""
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedRegisters(clock)
    turns = turns_of(driver, log, clock)
    for index in range(4):
        driver.clock.instant = NOON + index * HALF_HOUR
        driver.values = (100 * index,)
        await turns.snapshot()
    assert log.records == []
    log.busy = 3
    await turns._outbox.deliver_waiting()
    assert joined(log.of(INTERVAL_BLOCKS)) == {NOON + i * HALF_HOUR: (Quality.RAW, 100) for i in range(3)}


async def test_a_reading_too_late_for_the_border_is_a_snapshot_and_no_border():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedRegisters(clock)
    driver.late = timedelta(seconds=6)
    turns = turns_of(driver, log, clock)
    await at_borders(turns, driver, {0: 500})
    assert len(log.of(REGISTER_SNAPSHOTS)) == 1
    assert log.of(CURSORS) == []


async def test_a_border_read_twice_counts_once():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedRegisters(clock)
    turns = turns_of(driver, log, clock)
    await at_borders(turns, driver, {0: 500, 1: 600})
    await at_borders(turns, driver, {1: 601})
    assert joined(log.of(INTERVAL_BLOCKS)) == {NOON: (Quality.RAW, 100)}
    assert log.last_cursor.meters[0].border.a_plus_wh == 600


async def test_registers_that_went_back_are_a_gap_a_log_line_and_a_new_beginning():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedRegisters(clock)
    with capture_logs() as lines:
        await at_borders(turns_of(driver, log, clock), driver, {0: 500, 1: 20, 2: 50})
    assert joined(log.of(INTERVAL_BLOCKS)) == {NOON: (Quality.GAP, None), NOON + HALF_HOUR: (Quality.RAW, 30)}
    assert [line["event"] for line in lines] == ["registers.went_back"]


async def test_profile_turns_move_the_cursor_by_what_was_published():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedMemoryMeter(
        meter(), clock=clock, slots=[raw_slot(NOON - i * HALF_HOUR, i) for i in range(25, 0, -1)]
    )
    turns = turns_of(driver, log, clock)
    assert [await turns.profile() for _ in range(4)] == [True, True, False, False]
    assert len(joined(log.of(INTERVAL_BLOCKS))) == 25
    untils = [message.meters[0].profile_until for message in log.of(CURSORS)]
    assert untils == [NOON - 15 * HALF_HOUR, NOON - 5 * HALF_HOUR, NOON]


async def test_what_lies_before_the_first_record_of_a_meter_is_not_called_a_gap():
    clock, log = FixedClock(NOON), MemoryLog()
    slots = [gap_slot(NOON - i * HALF_HOUR) for i in range(24, 8, -1)]
    slots += [raw_slot(NOON - 8 * HALF_HOUR), gap_slot(NOON - 7 * HALF_HOUR)]
    turns = turns_of(ScriptedMemoryMeter(meter(), clock=clock, slots=slots), log, clock)
    await turns.profile()
    await turns.profile()
    assert [found for found, _ in joined(log.of(INTERVAL_BLOCKS)).values()] == [Quality.RAW, Quality.GAP]
    assert log.last_cursor.meters[0].profile_until == NOON - 6 * HALF_HOUR


async def test_gaps_after_a_known_half_hour_are_published_at_any_length():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedMemoryMeter(meter(), clock=clock, slots=[gap_slot(NOON - i * HALF_HOUR) for i in range(20, 0, -1)])
    known = MeterCursor(meter_id=driver.meter.meter_id, profile_until=NOON - 20 * HALF_HOUR)
    turns = turns_of(driver, log, clock, known)
    await turns.profile()
    assert [found for found, _ in joined(log.of(INTERVAL_BLOCKS)).values()] == [Quality.GAP] * 10


def journal_entry(slot: int, *, closed: bool, journal: str = "20") -> JournalEntry:
    return JournalEntry(
        journal=journal,
        slot=slot,
        opened=NOON.replace(tzinfo=None),
        closed=NOON.replace(tzinfo=None) if closed else None,
        opened_at=NOON,
        closed_at=NOON if closed else None,
        raw=f"{slot:02x}{int(closed):02x}",
    )


async def test_journals_are_published_when_they_change_and_then_only_those_that_did():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedMemoryMeter(meter(), clock=clock)
    turns = turns_of(driver, log, clock)
    quiet = [journal_entry(i, closed=True, journal="01") for i in range(3)]
    driver.entries, driver.digest = [*quiet, journal_entry(0, closed=False)], "1" * 64
    await turns.journals()
    await turns.journals()
    driver.entries, driver.digest = [*quiet, journal_entry(0, closed=True)], "2" * 64
    await turns.journals()
    published = [
        [(each.journal, each.closed is not None) for each in block.entries] for block in log.of(JOURNAL_ENTRIES)
    ]
    assert published == [[*[("01", True)] * 3, ("20", False)], [("20", True)]]
    assert log.last_cursor.meters[0].journals_sha256 == "2" * 64
    assert log.last_cursor.meters[0].journals_read_at == NOON


async def test_unchanged_journals_are_not_published_again_after_a_restart():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedMemoryMeter(meter(), clock=clock)
    driver.entries, driver.digest = [journal_entry(0, closed=True)], "1" * 64
    known = MeterCursor(meter_id=driver.meter.meter_id, journals_sha256="1" * 64)
    await turns_of(driver, log, clock, known).journals()
    assert log.of(JOURNAL_ENTRIES) == []
    assert log.last_cursor.meters[0].journals_read_at == NOON


async def test_limits_are_published_once_and_again_when_they_are_others():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedLimitsMeter(meter(), clock=clock)
    turns = turns_of(driver, log, clock)
    await turns.limits()
    await turns.limits()
    driver.voltages_mv = [180_000, 207_000, 253_000, 260_000]
    await turns.limits()
    driver.voltages_mv = None
    await turns.limits()
    assert [each.voltages_mv[1] for each in log.of(METER_LIMITS)] == [209_000, 207_000]
    await turns_of(ScriptedMemoryMeter(meter(), clock=clock), log, clock).limits()
    assert len(log.of(METER_LIMITS)) == 2


async def test_many_journal_records_travel_in_several_messages():
    clock, log = FixedClock(NOON), MemoryLog()
    driver = ScriptedMemoryMeter(meter(), clock=clock)
    driver.entries = [journal_entry(i % 100, closed=i % 2 == 0) for i in range(1_200)]
    await turns_of(driver, log, clock).journals()
    assert [len(block.entries) for block in log.of(JOURNAL_ENTRIES)] == [500, 500, 200]
