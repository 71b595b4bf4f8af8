import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.metering.telemetry import NOW, Place

import topics
from metering.domain.interval_columns import columns_of
from metering.domain.intervals import check_blocks
from metering.domain.ledger import Revision, as_published, day_of, said_of_registers, says_nothing_new
from metering.domain.local_days import (
    LATE_DAYS,
    ONE_DAY,
    LocalDay,
    day_at,
    days_of_blocks,
    ended_days_within,
    local_day,
)
from metering.domain.reconciliation import StoredSlot, advance, half_hours_beside
from metering.domain.registers import StoredSnapshot
from topics.quality import Flag, Quality
from topics.supplier_days import SupplierDay, day_digest

PLACE = Place()
DAY = local_day(date(2026, 3, 10), "Europe/Samara")
KWH = 1_000


def slot(energy: int | None = 500, **changes: Any) -> StoredSlot:
    content: dict[str, Any] = {
        "energies": (energy, 0, 100, None),
        "quality": Quality.VALID,
        "flags": 0,
        "version": 7,
        "ratio": 1,
        "meter_id": str(PLACE.meter_id),
        "stored_epoch": 0,
    }
    return StoredSlot(**content | changes)


def full(day: LocalDay = DAY, energy: int = 500) -> dict[int, StoredSlot]:
    return {start: slot(energy) for start in day.slots}


def snapshot(at: datetime, a_plus_wh: int, **changes: Any) -> StoredSnapshot:
    content: dict[str, Any] = {
        "point_id": PLACE.point_id,
        "meter_id": PLACE.meter_id,
        "at": at,
        "zones": ["sum"],
        "channels": ["a_plus"],
        "values_wh": [a_plus_wh],
        "meter_time": None,
        "drift_seconds": None,
        "frames_sha256": "ab" * 32,
    }
    return StoredSnapshot(**content | changes)


def registers(difference_wh: int, *, late_seconds: int = 0, day: LocalDay = DAY) -> list[StoredSnapshot]:
    late = timedelta(seconds=late_seconds)
    start = datetime.fromtimestamp(day.start_epoch, UTC)
    return [snapshot(start + late, 10 * KWH), snapshot(day.ends_at + late, 10 * KWH + difference_wh)]


def made(
    slots: dict[int, StoredSlot],
    snapshots: list[StoredSnapshot] | None = None,
    *,
    day: LocalDay = DAY,
    previous: Revision | None = None,
    **installed: Any,
) -> SupplierDay:
    places = [PLACE.installed(**installed)]
    found = day_of(
        places, {PLACE.contract_id: "76385943-232"}, day, slots, snapshots or [], previous=previous, closed_at=NOW
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("zone", "day", "slots"),
    [
        ("Europe/Samara", date(2026, 3, 10), 48),
        ("Europe/Moscow", date(2010, 3, 28), 46),
        ("Europe/Moscow", date(2010, 10, 31), 50),
        ("Europe/Moscow", date(2014, 10, 26), 50),
        ("Asia/Kolkata", date(2026, 3, 10), 48),
        ("Europe/Berlin", date(2038, 3, 28), 46),
    ],
)
def test_a_local_day_has_46_48_or_50_half_hours_and_follows_the_day_before(zone: str, day: date, slots: int):
    """INVARIANT: days are those of the point's zone, and each half hour belongs to exactly one of them."""
    found = local_day(day, zone)
    assert len(found.slots) == slots
    assert found.start_epoch == local_day(day - timedelta(days=1), zone).end_epoch
    assert all(day_at(start, zone) == found for start in found.slots)
    if found.end_epoch < 2**32:
        content = made(full(found), day=found)
        assert (content.slots_expected, content.slots_received, content.state) == (slots, slots, "complete")


def test_a_gap_is_missing_and_never_a_zero():
    """INVARIANT: a missing half hour is said to be missing and adds nothing to any sum."""
    slots = full()
    del slots[DAY.start_epoch + 1800]
    found = made(slots)
    assert found.quality[1] is Quality.GAP
    assert [found.a_plus_wh[1], found.ratios[1], found.flags[1], found.versions[1]] == [None, None, 0, 0]
    assert (found.state, found.slots_missing, found.sums[0].sum_wh) == ("incomplete", 1, 47 * 500)
    assert found.sums[3].sum_wh is None, "nothing was received of a channel that the meter has not"


def test_a_day_of_which_nothing_came_has_no_sums():
    found = made({})
    assert (found.slots_received, found.slots_missing, found.verdict) == (0, 48, "no_registers")
    assert [each.sum_wh for each in found.sums] == [None] * 4


def test_half_hours_before_the_installation_are_not_expected():
    found = made(full(), from_epoch=DAY.start_epoch + 10 * 1800)
    assert found.slots_expected == 38
    assert day_of([], {}, DAY, {}, [], previous=None, closed_at=NOW) is None


def test_counts_tell_measured_from_estimated():
    slots = full()
    slots[DAY.start_epoch] = slot(quality=Quality.DERIVED)
    slots[DAY.start_epoch + 1800] = slot(quality=Quality.QUESTIONED)
    found = made(slots)
    assert (found.slots_received, found.slots_valid, found.slots_estimated) == (48, 46, 1)


CELLS = st.tuples(st.none() | st.integers(0, 20_000), st.sampled_from([0, 1, 5]), st.integers(1, 100))
DAYS = st.lists(st.none() | CELLS, min_size=48, max_size=48)


def of(cells: list[tuple[int | None, int, int] | None]) -> dict[int, StoredSlot]:
    return {
        start: slot(cell[0], flags=cell[1], ratio=cell[2])
        for start, cell in zip(DAY.slots, cells, strict=True)
        if cell is not None
    }


@given(DAYS, DAYS)
def test_a_digest_changes_if_and_only_if_a_canonical_value_changes(one: Any, other: Any):
    """INVARIANT: two digests of a day are equal exactly if all its half hours are, and what its registers say."""
    assert (made(of(one)).digest == made(of(other)).digest) == (one == other)


@given(DAYS, st.randoms(use_true_random=False))
def test_neither_order_nor_versions_nor_revision_change_a_digest(cells: Any, shuffle: random.Random):
    slots = of(cells)
    starts = list(slots)
    shuffle.shuffle(starts)
    again = {start: msgspec_replace(slots[start], version=99) for start in starts}
    later = made(again, previous=Revision(3, "ab" * 32, 0, [1, 2, 3, None]))
    assert later.digest == made(slots).digest
    assert day_digest(later) == later.digest
    assert day_digest(msgspec.json.decode(msgspec.json.encode(later), type=SupplierDay)) == later.digest


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([(0, "register_difference_wh", 24_001)], {}),
        ([(0, "residual_wh", 1)], {}),
        ([(1, "tolerance_wh", 26)], {}),
        ([], {"verdict": "differs"}),
        ([], {"cause": "reset"}),
    ],
)
def test_a_digest_covers_all_that_the_registers_say(changes: list[Any], said: dict[str, Any]):
    """INVARIANT: no difference, residual, tolerance, verdict or cause changes without another digest."""
    day = made(full(), registers(24_000))
    sums = list(day.sums)
    for number, name, value in changes:
        sums[number] = msgspec.structs.replace(sums[number], **{name: value})
    assert day_digest(msgspec.structs.replace(day, sums=sums, **said)) != day.digest


def test_a_reading_that_comes_later_is_a_correction_with_the_old_the_new_and_the_difference():
    """INVARIANT: what the registers say of a closed day never changes in silence."""
    first = made(full(), registers(24_010))
    known = Revision(1, first.digest, 0, [each.sum_wh for each in first.sums], registers=said_of_registers(first))
    second = made(full(), registers(24_100), previous=known)
    assert (second.revision, second.change, second.reason, second.verdict) == (2, "registers", "changed", "differs")
    assert second.digest != first.digest == second.previous_digest
    assert [each.delta_wh for each in second.sums] == [0, 0, 0, None]
    former = second.former_registers
    assert former is not None
    assert (former.verdict, former.cause, former.register_difference_wh[0]) == ("agrees", None, 24_010)
    assert (former.residual_wh[0], former.tolerance_wh[0], former.register_delta_wh) == (10, 25, [90, None, None, None])
    then = as_published(second, first.digest, said_of_registers(first))
    assert then is not None
    assert (then.digest, then.sums[0].register_difference_wh) == (first.digest, first.sums[0].register_difference_wh)
    assert made(full(), registers(24_010), previous=known).digest == first.digest, "the same readings are no news"


def test_a_day_that_was_published_in_the_former_form_stays_and_comes_again_as_it_was_published():
    """INVARIANT: a newer form of the digest is no correction and no wrong digest, in the ledger or in a replay."""
    first = made(full(), registers(24_010))
    known = in_the_former_form(first)
    again = made(full(), registers(24_010), previous=known)
    assert says_nothing_new(again, known)
    replayed = as_published(again, known.digest, known.registers)
    assert replayed is not None
    assert (replayed.digest, replayed.digest_form) == (day_digest(first, "halfhour-day-1"), "halfhour-day-1")
    assert (again.digest, again.digest_form) == (first.digest, "halfhour-day-2")

    read_later = made(full(), registers(24_100), previous=known)
    assert not says_nothing_new(read_later, known), "the former form did not cover registers, but the row has them"
    assert (read_later.change, read_later.digest_form) == ("registers", "halfhour-day-2")
    assert read_later.previous_digest == known.digest
    other = made(full() | {DAY.start_epoch: slot(501)}, registers(24_010), previous=known)
    assert other.change == "measured"
    assert not says_nothing_new(other, known)
    assert as_published(other, known.digest, known.registers) is None


def in_the_former_form(day: SupplierDay) -> Revision:
    """Return what the ledger has of a day that was published before digests covered registers."""
    sums = [each.sum_wh for each in day.sums]
    return Revision(day.revision, day_digest(day, "halfhour-day-1"), 0, sums, registers=said_of_registers(day))


def test_the_tolerance_of_a_day_names_the_half_hours_beside_it_in_which_its_readings_were_taken():
    start = datetime.fromtimestamp(DAY.start_epoch, UTC)
    early, late = timedelta(minutes=-1), timedelta(minutes=2)

    def beside(first: timedelta, last: timedelta) -> set[int]:
        return half_hours_beside(DAY, [snapshot(start + first, 1), snapshot(DAY.ends_at + last, 2)])

    assert beside(early, late) == {DAY.start_epoch - 1800, DAY.end_epoch}
    assert beside(late, early) == beside(timedelta(), timedelta()) == set()
    assert half_hours_beside(DAY, []) == set()


def msgspec_replace(one: StoredSlot, **changes: Any) -> StoredSlot:
    names = ("energies", "quality", "flags", "version", "ratio", "meter_id", "stored_epoch")
    return StoredSlot(**{name: getattr(one, name) for name in names} | changes)


@given(st.integers(0, 47), st.sampled_from(["energies", "quality", "flags", "ratio"]))
def test_each_canonical_value_counts(number: int, name: str):
    values: dict[str, Any] = {"energies": (500, 0, 100, 1), "quality": Quality.DERIVED, "flags": 4, "ratio": 2}
    slots = full()
    before = made(slots).digest
    slots[DAY.slots[number]] = slot(**{name: values[name]})
    assert made(slots).digest != before


def test_the_example_and_the_guide_name_this_digest():
    """The worked example of docs/guides/billing/README.md: whoever follows it gets this digest."""
    root = Path(topics.__file__).parent
    example = (root / "examples" / "supplier-code-days-v1" / "one-half-hour-missing.json").read_bytes()
    day = msgspec.json.decode(example, type=SupplierDay)
    assert day_digest(day) == day.digest
    guide = Path(__file__).parents[3] / "docs" / "guides" / "billing" / "README.md"
    assert day.digest in guide.read_text(encoding="utf-8")


def test_a_correction_names_the_former_digest_the_difference_and_why():
    """INVARIANT: a correction never hides what was said before."""
    slots = full()
    del slots[DAY.start_epoch]
    first = made(slots)
    assert (first.reason, first.previous_digest, first.sums[0].delta_wh) == ("closed", None, None)
    sums = [each.sum_wh for each in first.sums]
    second = made(full(), previous=Revision(1, first.digest, 1, sums))
    assert (second.revision, second.reason, second.previous_digest) == (2, "late", first.digest)
    assert [each.delta_wh for each in second.sums] == [500, 0, 100, None]
    third = made(full(energy=400), previous=Revision(2, second.digest, 0, [each.sum_wh for each in second.sums]))
    assert (third.revision, third.reason, third.sums[0].delta_wh) == (3, "changed", -4_800)


def test_registers_on_the_borders_agree_within_one_step_and_half_a_step_a_slot():
    agrees = made(full(), registers(24_025))
    assert (agrees.verdict, agrees.cause) == ("agrees", None)
    a_plus = agrees.sums[0]
    assert (a_plus.register_difference_wh, a_plus.residual_wh, a_plus.tolerance_wh) == (24_025, 25, 25)
    assert agrees.sums[1].residual_wh is None, "there is no register of this channel"
    assert made(full(), registers(24_026)).verdict == "differs"


def test_a_reading_off_the_border_may_add_the_half_hour_in_which_it_was_taken():
    slots = full() | {DAY.end_epoch: slot(700)}
    found = made(slots, registers(24_000 + 600, late_seconds=117))
    assert (found.verdict, found.sums[0].tolerance_wh) == ("agrees", 25 + 500 + 700)
    del slots[DAY.end_epoch]
    assert made(slots, registers(0, late_seconds=117)).sums[0].tolerance_wh == 25 + 500 + 22_770


def test_the_ratio_multiplies_sum_difference_and_tolerance_once():
    slots = {start: slot(ratio=30) for start in DAY.slots}
    found = made(slots, registers(24_000))
    assert (found.verdict, found.sums[0].sum_wh, found.sums[0].tolerance_wh) == ("agrees", 720_000, 750)


def test_without_readings_near_both_borders_there_is_no_verdict():
    near, far = registers(24_000)[0], snapshot(DAY.ends_at + timedelta(minutes=31), 34_000)
    assert made(full(), [near, far]).verdict == "no_registers"
    assert made(full(), [near]).verdict == "no_registers"
    other = snapshot(DAY.ends_at, 5, meter_id=Place().meter_id)
    exchanged = made(full(), [near, other])
    assert (exchanged.verdict, exchanged.cause) == ("no_registers", "exchange")


def test_a_ratio_that_changes_within_a_day_is_named_before_an_exchange():
    slots = {**full(), DAY.start_epoch: slot(ratio=30)}
    found = made(slots, registers(24_000))
    assert (found.verdict, found.cause) == ("no_registers", "ratio_version")


@pytest.mark.parametrize(
    ("changes", "change", "reason"),
    [
        ({"quality": Quality.EDITED, "energy": 7}, "edited", "changed"),
        ({"quality": Quality.REVENUE}, "billed", "changed"),
        ({"quality": Quality.REVENUE, "energy": 7}, "measured", "changed"),
        ({"quality": Quality.HISTORY, "energy": 7}, "estimated", "changed"),
        ({"energy": 7}, "measured", "changed"),
        ({"gone": True}, "withdrawn", "changed"),
        ({"come": True}, "late", "late"),
        ({"quality": Quality.HISTORY, "come": True}, "estimated", "changed"),
        ({"was": Quality.HISTORY, "energy": 7}, "estimate_replaced", "changed"),
    ],
)
def test_a_correction_says_why_it_differs(changes: dict[str, Any], change: str, reason: str):
    """The first that holds is named: what a person did before what a rule did, before what came."""
    before, after, start = full(), full(), DAY.start_epoch
    before[start] = slot(quality=changes.get("was", Quality.VALID))
    after[start] = slot(changes.get("energy", 500), quality=changes.get("quality", Quality.VALID))
    if changes.get("come"):
        del before[start]
    if changes.get("gone"):
        del after[start]
    first = made(before)
    sums = [each.sum_wh for each in first.sums]
    known = Revision(1, first.digest, first.slots_missing, sums, first.slots_estimated)
    found = made(after, previous=known)
    assert (found.change, found.reason) == (change, reason)
    assert [each.previous_wh for each in found.sums] == sums


@pytest.mark.parametrize(
    ("slots", "difference_wh", "late_seconds", "cause"),
    [
        ({**full(), DAY.start_epoch: None}, 24_000, 0, "missing_slots"),
        (full(), 60_000, 301, "register_off_border"),
        ({**full(), DAY.start_epoch: slot(flags=Flag.CLOCK_SET)}, 30_000, 0, "clock_set"),
        ({**full(), DAY.start_epoch: slot(flags=Flag.RATIO_CHANGE)}, 30_000, 0, "ratio_version"),
        ({**full(), DAY.start_epoch: slot(meter_id="other")}, 30_000, 0, "exchange"),
        (full(), -9_000, 0, "reset"),
        (full(), 24_049, 0, "profile_rounding"),
        (full(), 4_800, 0, "wrong_channel"),
        (full(), 30_000, 0, "unexplained"),
    ],
)
def test_a_difference_has_a_named_cause(slots: Any, difference_wh: int, late_seconds: int, cause: str):
    there = {start: each for start, each in slots.items() if each is not None}
    found = made(there, registers(difference_wh, late_seconds=late_seconds))
    assert (found.verdict, found.cause) == ("differs", cause)


@given(st.integers(5, 8), st.integers(0, 50 * KWH), st.integers(0, 50 * KWH))
def test_a_drum_that_runs_over_its_last_digit_has_gone_on(digits: int, before_the_end: int, after: int):
    modulus = 10**digits * KWH
    gone = advance(modulus - before_the_end - 1, after, limit_wh=200 * KWH)
    assert gone == before_the_end + 1 + after or after >= modulus - before_the_end - 1


def test_a_register_that_fell_back_far_from_its_last_digit_is_no_rollover():
    assert advance(50_000 * KWH, 3, limit_wh=1_000 * KWH) < 0


def test_a_block_touches_each_local_day_that_it_reaches():
    start = datetime(2026, 3, 10, 18, tzinfo=UTC)  # 22:00 in Samara
    block = PLACE.block([1] * 60, start=start, polled_at=NOW)
    touched, beside = days_of_blocks(check_blocks([columns_of(block)], PLACE.registry(), now_epoch=NOW.timestamp()))
    assert [day for _, day in touched] == [date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12)]
    assert beside == {}
    gaps = PLACE.block([None, None, None, None, 1], start=start, polled_at=NOW)
    touched, beside = days_of_blocks(check_blocks([columns_of(gaps)], PLACE.registry(), now_epoch=NOW.timestamp()))
    assert [day for _, day in touched] == [date(2026, 3, 11)]
    assert [day for _, day in beside] == [date(2026, 3, 10)], "a reading at its end was taken in this half hour"


def test_of_a_long_span_the_last_days_that_have_ended_are_looked_at_again():
    now = DAY.end_epoch + 3_600

    def found(first: float, last: float) -> list[date]:
        spans = [(PLACE.point_id, DAY.time_zone, first, last)]
        return sorted(day for _, day in ended_days_within(spans, now_epoch=now))

    assert found(now - 150 * 86_400, now) == [DAY.day - number * ONE_DAY for number in reversed(range(LATE_DAYS))]
    assert found(DAY.start_epoch, DAY.start_epoch) == [DAY.day]
    assert found(DAY.start_epoch - 1, DAY.end_epoch) == [DAY.day - ONE_DAY, DAY.day]
    assert found(now, now + 86_400) == []
