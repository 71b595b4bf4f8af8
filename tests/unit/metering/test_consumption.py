"""Sums by period against a plain reckoning, the habits of a load, and spans of voltage and supply."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.consumption import Grid, grid_of, sums_by_period
from metering.domain.intervals import NUMBER, STEP_SECONDS, STORED
from metering.domain.journals import StoredEntry
from metering.domain.local_days import local_day
from metering.domain.patterns import base_load, maximum, typical_days
from metering.domain.periods import PeriodStep, days, periods
from metering.domain.power_quality import corrections, joined, outages, voltage_by_phase
from metering.domain.profile import Channel, Halves
from topics.quality import RANK, Quality

FIRST = date(2026, 3, 28)
LAST = date(2026, 3, 31)
ZONE = "Europe/Berlin"
START = local_day(FIRST, ZONE).start_epoch
END = local_day(LAST, ZONE).start_epoch
SLOTS = (END - START) // STEP_SECONDS
CHANNEL = Channel.A_PLUS

stored = st.none() | st.tuples(st.integers(0, 30_000), st.sampled_from(STORED[1:]))


def grid(values: Sequence[tuple[int, Quality] | None], *, start: int = START, ratio: int = 1) -> Grid:
    there = [(number, *value) for number, value in enumerate(values) if value is not None]
    halves = Halves(
        starts=np.array([start + number * STEP_SECONDS for number, _, _ in there], dtype=np.int64),
        values=np.array([energy for _, energy, _ in there], dtype=np.int64),
        ratios=np.full(len(there), ratio, dtype=np.int64),
        known=np.ones(len(there), dtype=np.bool_),
        quality=np.array([NUMBER[quality] for _, _, quality in there], dtype=np.int64),
    )
    return grid_of([halves], [CHANNEL], start_epoch=start, end_epoch=start + len(values) * STEP_SECONDS)


@given(st.lists(stored, min_size=SLOTS, max_size=SLOTS), st.sampled_from(list(PeriodStep)[2:]), st.integers(0, SLOTS))
def test_sums_are_those_of_a_plain_reckoning(values: list[tuple[int, Quality] | None], step: PeriodStep, ended: int):
    """INVARIANT: nothing is added, lost or counted twice; of nothing there is no sum."""
    whole = periods(step, FIRST, LAST, ZONE)
    now = START + ended * STEP_SECONDS

    (found,) = sums_by_period(grid(values), whole, now_epoch=now)

    for number, period in enumerate(whole):
        first, last = ((epoch - START) // STEP_SECONDS for epoch in (period.start_epoch, period.end_epoch))
        there = [value for value in values[first:last] if value is not None]
        assert found.sums[number] == (sum(energy for energy, _ in there) if there else None)
        assert found.valid[number] + found.estimated[number] + found.questioned[number] == len(there)
        assert found.missing[number] == max(0, max(0, min(last, ended) - first) - len(there))
        assert found.partial[number] == (len(there) < last - first)
        if there:
            assert RANK[Quality(found.quality[number])] == min(RANK[quality] for _, quality in there)
        else:
            assert found.quality[number] == "GAP"


def test_the_ratio_is_applied_once():
    (found,) = sums_by_period(
        grid([(5, Quality.VALID)] * SLOTS, ratio=40), periods(PeriodStep.DAY, FIRST, LAST, ZONE), now_epoch=END
    )

    assert found.sums == [48 * 200, 46 * 200, 48 * 200]


def test_a_typical_day_is_the_mean_by_wall_clock_over_days_of_its_kind():
    values: list[tuple[int, Quality] | None] = [(100, Quality.VALID)] * 48 + [None] * 46 + [(200, Quality.VALID)] * 48
    kinds = typical_days(grid(values), CHANNEL, [local_day(day, ZONE) for day in days(FIRST, LAST)])

    workday, saturday, sunday = kinds
    assert (workday.days, set(workday.values)) == (1, {200})
    assert (saturday.days, set(saturday.values)) == (1, {100})
    assert (sunday.days, set(sunday.values), set(sunday.counts)) == (0, {None}, {0})


def test_on_the_day_that_leaves_an_hour_out_its_half_hours_have_no_mean():
    day = local_day(date(2026, 3, 29), ZONE)
    (_, _, sunday) = typical_days(grid([(1, Quality.VALID)] * 46, start=day.start_epoch), CHANNEL, [day])

    assert [slot for slot, count in enumerate(sunday.counts) if not count] == [4, 5]


def test_base_load_is_the_fifth_percentile_of_the_nights():
    night = [(50 + slot, Quality.VALID) for slot in range(12)]
    values = [*night, *[(5_000, Quality.VALID)] * 36] * 2
    both = [local_day(date(2026, 3, 17), "Europe/Samara"), local_day(date(2026, 3, 18), "Europe/Samara")]

    found = base_load(grid(values, start=both[0].start_epoch), CHANNEL, both)

    assert found is not None
    # 24 values: the second least of 50, 50, 51, 51, … Wh, as mean power.
    assert (found.power_w, found.slots) == (100, 24)
    assert base_load(grid(values[:48], start=both[0].start_epoch), CHANNEL, both[:1]) is None


def test_the_maximum_is_the_first_of_equals_and_nothing_of_nothing():
    found = maximum(grid([None, (7, Quality.VALID), (9, Quality.RAW), (9, Quality.VALID)]), CHANNEL)

    assert found is not None
    assert (found.start_epoch, found.energy_wh) == (START + 2 * STEP_SECONDS, 9)
    assert maximum(grid([None, None]), CHANNEL) is None


OPENED = datetime(2026, 3, 18, 8, tzinfo=UTC)


def entry(journal: str, opened: float, closed: float | None) -> StoredEntry:
    """An entry by minutes from OPENED."""
    begins = OPENED + timedelta(minutes=opened)
    ends = None if closed is None else OPENED + timedelta(minutes=closed)
    return StoredEntry(
        point_id=uuid4(),
        meter_id=uuid4(),
        journal=journal,
        part=0,
        meter_opened=begins.replace(tzinfo=None),
        meter_closed=ends and ends.replace(tzinfo=None),
        opened_at=begins,
        closed_at=ends,
        raw="",
        version=1,
    )


def epoch(minutes: float) -> float:
    return (OPENED + timedelta(minutes=minutes)).timestamp()


def test_voltage_is_counted_within_the_period_and_an_open_entry_until_the_journal_was_read():
    entries = [entry("21", -30, 30), entry("20", 10, 20), entry("22", 50, None)]

    one, two, _ = voltage_by_phase(entries, start_epoch=epoch(0), end_epoch=epoch(120), known_until=epoch(70))

    assert one.seconds == (600, 1_800, 1_200, 0)
    assert (one.outside_seconds, one.entries, one.open_entries) == (3_000, 3, 1)
    assert (two.outside_seconds, two.entries) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 100)), max_size=20))
def test_overlapping_spans_count_each_second_once(pairs: list[tuple[int, int]]):
    spans = [(float(first), float(first + length)) for first, length in pairs]
    seconds = {second for first, length in pairs for second in range(first, first + length)}

    assert sum(last - first for first, last in joined(spans)) == len(seconds)


def test_an_outage_lasts_from_one_record_to_the_next_or_until_now():
    records = [entry("01", -900, -60), entry("01", 30, 90), entry("03", -900, 10), entry("03", 20, None)]

    found = outages(records, start_epoch=epoch(0), end_epoch=epoch(120))

    assert [(each.phase, each.start_epoch, each.end_epoch) for each in found] == [
        (None, epoch(-60), epoch(30)),
        (1, epoch(10), epoch(20)),
        (None, epoch(90), None),
    ]


@pytest.mark.parametrize(("before", "after", "seconds"), [(0, 1.95, 117), (10, 9, -60)])
def test_a_correction_is_signed(before: float, after: float, seconds: int):
    (found,) = corrections([entry("02", before, after)])

    assert found.corrected_by_seconds == seconds
