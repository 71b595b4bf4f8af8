"""Checks of interval blocks: what becomes a row, what is refused, and by which name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.metering.telemetry import HALF_HOUR, LIMIT_WH, NOW, START, Place

from metering.domain.interval_columns import columns_of
from metering.domain.intervals import STORED, CheckedBlocks, check_blocks
from metering.domain.registry import Registry
from metering.domain.supplier_stream import supplier_messages
from topics.poller import IntervalBlock
from topics.quality import Flag, Quality, value_version

PLACE = Place()


def check(*blocks: IntervalBlock, registry: Registry | None = None) -> CheckedBlocks:
    return check_blocks(
        [columns_of(block) for block in blocks], registry or PLACE.registry(), now_epoch=NOW.timestamp()
    )


def stored(checked: CheckedBlocks) -> list[tuple[datetime, int]]:
    """(start, A+) of each slot that is stored."""
    slots = checked.slots
    return [
        (datetime.fromtimestamp(start, UTC), value)
        for start, value, there in zip(slots.starts, slots.energies[0], slots.stored, strict=True)
        if there
    ]


def reasons(checked: CheckedBlocks) -> list[tuple[int, str]]:
    return [(index, reason.code) for index, reason in checked.refused]


def test_a_measured_value_that_passes_is_valid_and_a_derived_one_stays_derived():
    checked = check(PLACE.block([1, 2], quality=[Quality.RAW, Quality.DERIVED]))

    assert [STORED[number] for number in checked.slots.quality] == [Quality.VALID, Quality.DERIVED]
    assert stored(checked) == [(START, 1), (START + HALF_HOUR, 2)]
    assert not checked.refused


def test_versions_are_those_of_the_topics_table():
    polled_at = START + timedelta(days=1, microseconds=999_999)
    checked = check(PLACE.block([1, 2], quality=[Quality.RAW, Quality.DERIVED], polled_at=polled_at))

    assert checked.slots.versions.tolist() == [
        value_version(Quality.VALID, polled_at),
        value_version(Quality.DERIVED, polled_at),
    ]


def test_a_gap_is_never_written_as_zero():
    """INVARIANT: a slot without a record is no row and no value; a measured zero is one."""
    checked = check(PLACE.block([None, 0]))

    assert stored(checked) == [(START + HALF_HOUR, 0)]
    (_, message) = next(supplier_messages(checked, stored_at=NOW))
    assert message.a_plus_wh == [None, 0]
    assert message.quality == [Quality.GAP, Quality.VALID]
    assert message.versions[0] == 0


def test_a_slot_with_no_channel_measured_is_a_gap():
    nothing: dict[str, Any] = {key: [None] for key in ["a_plus_wh", "a_minus_wh", "r_plus_varh", "r_minus_varh"]}

    assert stored(check(PLACE.block([5], **nothing))) == []


def test_a_channel_that_is_not_measured_is_unknown_not_zero():
    checked = check(PLACE.block([5], a_minus_wh=[None]))

    assert checked.slots.known[:, 0].tolist() == [True, False, True, True]
    (_, message) = next(supplier_messages(checked, stored_at=NOW))
    assert (message.a_plus_wh, message.a_minus_wh) == ([5], [None])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"a_minus_wh": [1]}, "unequal_columns"),
        ({"r_plus_varh": [1, 2, 3]}, "unequal_columns"),
        ({"quality": [Quality.RAW]}, "unequal_columns"),
        ({"flags": []}, "unequal_columns"),
        ({"step_seconds": 3_600}, "wrong_step"),
        ({"start": START + timedelta(minutes=1)}, "misaligned_start"),
        ({"start": START + timedelta(microseconds=1)}, "misaligned_start"),
        ({"start": NOW}, "future_interval"),
        ({"start": datetime(9999, 1, 1, tzinfo=UTC)}, "future_interval"),
        ({"start": datetime(1969, 1, 1, tzinfo=UTC)}, "future_interval"),
        ({"polled_at": NOW + timedelta(hours=25)}, "future_poll"),
        ({"polled_at": datetime(1969, 1, 1, tzinfo=UTC)}, "future_poll"),
        ({"quality": [Quality.RAW, Quality.REVENUE]}, "unexpected_quality"),
        ({"flags": [0, 256]}, "invalid_flags"),
        ({"flags": [-1, 0]}, "invalid_flags"),
        ({"meter_id": PLACE.point_id}, "unknown_meter"),
        ({"serial": "1"}, "wrong_serial"),
    ],
)
def test_a_block_that_cannot_be_trusted_is_refused_whole_and_its_neighbours_are_stored(
    changes: dict[str, Any], code: str
):
    good = PLACE.block([7], start=START + timedelta(days=1))

    checked = check(PLACE.block(**changes), good)

    assert reasons(checked) == [(0, code)]
    assert stored(checked) == [(START + timedelta(days=1), 7)]


def test_what_a_poller_read_whose_clock_is_ahead_of_ours_is_stored():
    """Its cursor has moved on: refused, it would not come again."""
    ahead = NOW + timedelta(hours=2)
    end = ahead.replace(minute=0)

    checked = check(PLACE.block([1], start=end - HALF_HOUR, polled_at=ahead))

    assert stored(checked) == [(end - HALF_HOUR, 1)]
    assert not checked.refused


def test_five_minutes_of_the_future_are_forgiven():
    end = START + HALF_HOUR
    block = PLACE.block([1], polled_at=START)

    def refused(now: datetime) -> bool:
        return bool(check_blocks([columns_of(block)], PLACE.registry(), now_epoch=now.timestamp()).refused)

    assert not refused(end - timedelta(minutes=5))
    assert refused(end - timedelta(minutes=5, seconds=1))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (LIMIT_WH + 1, "above_physical_limit"),
        (2**70, "above_physical_limit"),
        (-1, "negative_energy"),
        (-(2**70), "negative_energy"),
    ],
)
@pytest.mark.parametrize("channel", ["a_plus_wh", "a_minus_wh", "r_plus_varh", "r_minus_varh"])
def test_an_impossible_slot_is_left_out_and_named_and_the_rest_of_the_block_is_stored(
    channel: str, value: int, code: str
):
    checked = check(PLACE.block([1, 2, 3], **{channel: [1, value, 3]}))

    assert [start for start, _ in stored(checked)] == [START, START + 2 * HALF_HOUR]
    ((index, reason),) = checked.refused
    assert (index, reason.code) == (0, code)
    assert "slots 1" in reason.detail
    (_, message) = next(supplier_messages(checked, stored_at=NOW))
    assert message.quality[1] == Quality.GAP
    assert message.a_plus_wh[1] is None


def test_the_physical_limit_itself_is_possible():
    assert not check(PLACE.block([LIMIT_WH])).refused


def test_a_meter_that_moved_gives_each_point_its_own_slots():
    first, second = Place(meter_id=PLACE.meter_id), Place(meter_id=PLACE.meter_id, ratio=40)
    moved = int((START + HALF_HOUR).timestamp())
    registry = Registry.of([first.installed(to_epoch=moved), second.installed(from_epoch=moved)], {})

    checked = check(PLACE.block([1, 2, 3]), registry=registry)

    assert not checked.refused
    messages = [message for _, message in supplier_messages(checked, stored_at=NOW)]
    assert [(m.point_id, m.start, m.a_plus_wh, m.ratio) for m in messages] == [
        (first.point_id, START, [1], 1),
        (second.point_id, START + HALF_HOUR, [2, 3], 40),
    ]


def test_slots_before_the_installation_are_left_out_and_named():
    registry = PLACE.registry(from_epoch=int((START + HALF_HOUR).timestamp()))

    checked = check(PLACE.block([1, 2, 3]), registry=registry)

    assert stored(checked) == [(START + HALF_HOUR, 2), (START + 2 * HALF_HOUR, 3)]
    ((_, reason),) = checked.refused
    assert (reason.code, reason.detail) == ("not_installed", "not_installed: slots 0")


def test_a_gap_before_the_installation_is_no_fault():
    registry = PLACE.registry(from_epoch=int((START + HALF_HOUR).timestamp()))

    assert not check(PLACE.block([None, 2]), registry=registry).refused


def test_a_block_wholly_before_the_installation_is_refused():
    registry = PLACE.registry(from_epoch=int(NOW.timestamp()))

    assert reasons(check(PLACE.block(), registry=registry)) == [(0, "not_installed")]


def test_impossible_slots_are_named_by_their_place_in_the_message_not_in_the_piece():
    registry = PLACE.registry(from_epoch=int((START + HALF_HOUR).timestamp()))

    ((_, reason),) = check(PLACE.block([None, 2, LIMIT_WH + 1]), registry=registry).refused

    assert reason.detail == "above_physical_limit: slots 2"


def test_nobody_gets_data_of_a_contract_that_is_of_another_supplier():
    """INVARIANT: a billing principal gets only its own supplier's points, even if the registry is wrong."""
    registry = Registry.of([PLACE.installed()], {PLACE.contract_id: "other"})

    checked = check(PLACE.block(), registry=registry)

    assert reasons(checked) == [(0, "supplier_mismatch")]
    assert list(supplier_messages(checked, stored_at=NOW)) == []


def test_an_empty_batch_is_no_fault():
    checked = check()

    assert (checked.pieces, checked.refused) == ([], [])


def test_a_half_hour_in_which_the_ratio_changed_is_questioned_from_the_start():
    flags = [int(Flag.RATIO_CHANGE), int(Flag.RATIO_CHANGE), int(Flag.CLOCK_SET)]
    quality = [Quality.RAW, Quality.DERIVED, Quality.RAW]
    checked = check(PLACE.block((500, 600, 700), flags=flags, quality=quality))
    found = [STORED[number] for number in checked.slots.quality.tolist()]
    assert found == [Quality.QUESTIONED, Quality.DERIVED, Quality.VALID]
    polled_at = START + timedelta(days=1)
    assert checked.slots.versions.tolist() == [value_version(each, polled_at) for each in found]
