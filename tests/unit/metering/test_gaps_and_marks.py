"""Reasons of gaps and marks of the journal, with the numbers of docs/architecture/estimation.md."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.metering.telemetry import HALF_HOUR, NOW, START, Place, entry

from metering.domain.gaps import Evidence, GapReason, LinkChange, gap_runs, reason_of
from metering.domain.journal_spans import MARK_OF_JOURNAL, Mark, spans_of
from metering.domain.journals import StoredEntry, check_journals
from metering.domain.marks import flag_column, flags_of, mark_runs
from topics.quality import Flag

PLACE = Place()
EPOCH = int(START.timestamp())  # 12:00 UTC, 15:00 by the meter's clock
HALF = 1_800


def stored(*entries: Any) -> Sequence[StoredEntry]:
    return check_journals([PLACE.journal(*entries)], PLACE.registry(), now_epoch=NOW.timestamp()).entries


def evidence(*entries: Any, **changes: Any) -> Evidence:
    values: dict[str, Any] = {
        "places": (PLACE.installed(),),
        "spans": spans_of(stored(*entries)),
        "links": [],
        "read_until": {str(PLACE.meter_id): EPOCH + 86_400},
        "memory_days": 85,
        "now_epoch": NOW.timestamp(),
    }
    return Evidence(**values | changes)


def link(hours: float, *, failing: bool) -> LinkChange:
    return LinkChange(PLACE.meter_id, EPOCH + hours * 3_600, failing, "timed_out" if failing else None)


# The meter went off at 14:50 and came back at 16:10 by its clock (UTC+3).
OUTAGE = (entry("01", "2026-03-01T00:00:00", "2026-03-10T14:50:00"), entry("01", "2026-03-10T16:10:00"))


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (evidence(), GapReason.NO_RECORD),
        (evidence(places=(PLACE.installed(from_epoch=EPOCH + 1),)), GapReason.NOT_INSTALLED),
        (evidence(places=()), GapReason.NOT_INSTALLED),
        (evidence(now_epoch=EPOCH + 1_799), GapReason.NOT_YET_DUE),
        (evidence(now_epoch=EPOCH + 1_800 + 3_599, read_until={}), GapReason.NOT_YET_DUE),
        (evidence(now_epoch=EPOCH + 1_800 + 3_600, read_until={}), GapReason.NO_LINK),
        (evidence(now_epoch=EPOCH + 1_900, read_until={}, links=[link(-1, failing=True)]), GapReason.NO_LINK),
        (evidence(*OUTAGE), GapReason.METER_OFF),
        (evidence(entry("02", "2026-03-10T15:10:00", "2026-03-10T15:40:00")), GapReason.CLOCK_SET),
        (evidence(entry("02", "2026-03-10T15:40:00", "2026-03-10T15:10:00")), GapReason.CLOCK_SET),
        (evidence(entry("0A", "2026-03-10T16:00:00")), GapReason.MEMORY_OVERWRITTEN),
        (evidence(entry("0A", "2026-03-10T18:00:00")), GapReason.NO_RECORD),
        (
            evidence(entry("0A", "2026-03-10T18:00:00"), links=[link(-1, failing=True), link(5, failing=False)]),
            GapReason.MEMORY_OVERWRITTEN,
        ),
        (
            evidence(links=[link(-1, failing=True), link(9 * 24, failing=False)], memory_days=8),
            GapReason.MEMORY_OVERWRITTEN,
        ),
        (
            evidence(links=[link(-1, failing=True), link(9 * 24, failing=False)], memory_days=9),
            GapReason.NO_RECORD,
        ),
    ],
)
def test_each_cause_gives_its_own_reason(known: Evidence, reason: GapReason):
    assert reason_of(EPOCH, known) is reason


def test_every_missing_half_hour_lies_in_exactly_one_run_with_a_reason():
    """INVARIANT: a gap has a reason, and what is stored has none."""
    present = [EPOCH, EPOCH + HALF, EPOCH + 5 * HALF]
    runs = gap_runs(present, start_epoch=EPOCH, end_epoch=EPOCH + 8 * HALF, evidence=evidence(*OUTAGE))
    assert [((run.start_epoch - EPOCH) // HALF, (run.end_epoch - EPOCH) // HALF, run.reason.value) for run in runs] == [
        (2, 5, "no_record"),
        (6, 8, "no_record"),
    ]
    assert gap_runs([], start_epoch=EPOCH, end_epoch=EPOCH + 4 * HALF, evidence=evidence(*OUTAGE))[0].reason is (
        GapReason.METER_OFF
    )


@given(st.sets(st.integers(0, 47)))
def test_runs_are_exactly_the_missing_half_hours(slots: set[int]):
    present = {EPOCH + slot * HALF for slot in slots}
    runs = gap_runs(present, start_epoch=EPOCH, end_epoch=EPOCH + 48 * HALF, evidence=evidence(*OUTAGE))
    covered = [start for run in runs for start in range(run.start_epoch, run.end_epoch, HALF)]
    assert sorted(covered) == covered
    assert set(covered) == {EPOCH + slot * HALF for slot in range(48)} - present


def test_a_mark_moves_when_its_open_entry_closes():
    """INVARIANT: marks follow the journal: an open entry marks all since, and when it closes the mark ends there."""
    opened = entry("20", "2026-03-10T15:40:00")
    closed = entry("20", "2026-03-10T15:40:00", "2026-03-10T16:10:00")
    window = {"start_epoch": EPOCH, "end_epoch": EPOCH + 8 * HALF}
    (growing,) = mark_runs(spans_of(stored(opened)), **window)
    assert (growing.start_epoch, growing.end_epoch, growing.is_open) == (EPOCH + HALF, EPOCH + 8 * HALF, True)
    later = check_journals(
        [PLACE.journal(closed, polled_at=NOW + HALF_HOUR)], PLACE.registry(), now_epoch=NOW.timestamp() + HALF
    ).entries
    (ended,) = mark_runs(spans_of([*stored(opened), *later]), **window)
    assert (ended.start_epoch, ended.end_epoch, ended.is_open) == (EPOCH + HALF, EPOCH + 3 * HALF, False)
    assert ended.mark is Mark.VOLTAGE
    assert flags_of([ended], EPOCH + 2 * HALF) == Flag.VOLTAGE
    assert flag_column([ended], **window) == [0, 64, 64, 0, 0, 0, 0, 0]


def test_what_the_old_meters_last_record_left_off_ends_when_the_next_meter_begins():
    """The old meter was taken away at 14:50, the next one began to record at 16:10 by its clock."""
    off, on = OUTAGE
    (old,), (new,) = stored(off), stored(on)
    (span,) = spans_of([replace(new, meter_id=UUID(int=1)), old])
    assert (span.start_epoch, span.end_epoch) == (EPOCH - 600, EPOCH + 4_200)


def test_the_meter_is_off_between_two_records_of_its_power_journal():
    """The records tell since when it was on and off: 14:50 to 16:10 by its clock are 11:50 to 13:10 UTC."""
    (span,) = spans_of(stored(*OUTAGE))
    assert (span.mark, span.start_epoch - EPOCH, (span.end_epoch or 0) - EPOCH) == (Mark.POWER, -600, 4_200)
    (run,) = mark_runs([span], start_epoch=EPOCH, end_epoch=EPOCH + 8 * HALF)
    assert (run.start_epoch, run.end_epoch) == (EPOCH, EPOCH + 3 * HALF)


def test_one_instant_marks_the_half_hour_that_holds_it():
    (run,) = mark_runs(
        spans_of(stored(entry("30", "2026-03-10T15:30:00"))), start_epoch=EPOCH, end_epoch=EPOCH + 4 * HALF
    )
    assert (run.start_epoch, run.end_epoch) == (EPOCH + HALF, EPOCH + 2 * HALF)


@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=5))
def test_order_and_repetition_of_entries_do_not_matter(order: Sequence[int], again: Sequence[int]):
    entries = stored(
        *OUTAGE,
        entry("1A", "2026-03-10T15:00:00", "2026-03-10T15:05:00"),
        entry("12", "2026-03-10T15:00:00", slot=1),
        entry("02", "2026-03-10T15:00:00", "2026-03-10T15:01:57"),
    )
    given_entries = [entries[number] for number in (*order, *again)]
    assert spans_of(given_entries) == spans_of(entries)


def test_every_marked_journal_is_one_that_we_know():
    spans = spans_of(
        stored(*(entry(journal, "2026-03-10T15:00:00", "2026-03-10T15:10:00") for journal in MARK_OF_JOURNAL))
    )
    assert {span.mark for span in spans} == set(Mark)
