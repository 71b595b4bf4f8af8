"""The short ways of the hot path say the same as the plain ones: columns read in bulk, messages made of bytes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from tests.unit.metering.telemetry import HALF_HOUR, LIMIT_WH, NOW, START, Place

from common.errors import Rejected
from metering.domain.interval_columns import GREATEST, columns_of, read_energies
from metering.domain.intervals import check_blocks
from metering.domain.registry import Registry
from metering.domain.supplier_stream import supplier_messages, supplier_texts
from topics.quality import Quality
from topics.supplier import supplier_intervals

PLACE = Place()
EARLIER = Place(meter_id=PLACE.meter_id, ratio=40)

numbers = st.none() | st.integers(-3, 10**6) | st.sampled_from([2**63 - 1, 2**63, 2**80, -(2**80)])
columns = st.lists(st.lists(numbers, max_size=5), max_size=6)


@given(columns, st.sampled_from([None, 2]))
def test_columns_read_in_bulk_are_those_that_are_read_one_by_one(drawn: list[list[int | None]], indent: int | None):
    texts = [msgspec.json.encode(column) for column in drawn]
    if indent is not None:
        texts = [msgspec.json.format(text, indent=indent) for text in texts]

    read = read_energies([Raw(text) for text in texts])

    assert read.counts.tolist() == [len(column) for column in drawn]
    values = [value if known else None for value, known in zip(read.values.tolist(), read.known.tolist(), strict=True)]
    expected = [value for column in drawn for value in column]
    assert values == [None if value is None else max(-GREATEST, min(GREATEST, value)) for value in expected]


@pytest.mark.parametrize(
    "text", ["[1.5]", "[[1]]", "[[1],[2]]", "1", '["1"]', "[true]", "{}", "null", "[1,[]]", "[" + "1," * 4_096 + "1]"]
)
def test_what_is_no_list_of_whole_numbers_is_refused_beside_whatever(text: str):
    for beside in ([], [Raw(b"[1]")], [Raw(b"[1]"), Raw(b"5")]):
        with pytest.raises(Rejected) as refused:
            read_energies([Raw(text.encode()), *beside])
        assert refused.value.code == "invalid_message"


values = st.none() | st.integers(0, 900) | st.just(LIMIT_WH + 1)
blocks = st.builds(
    lambda shift, slots, flags, seconds, missing: PLACE.block(
        [slot[0] for slot in slots],
        a_minus_wh=[None if missing else slot[1] for slot in slots],
        quality=[slot[2] for slot in slots],
        flags=[flags] * len(slots),
        start=START + shift * HALF_HOUR,
        polled_at=START + timedelta(days=2, seconds=seconds),
    ),
    st.integers(-3, 3),
    st.lists(st.tuples(values, values, st.sampled_from([Quality.RAW, Quality.DERIVED, Quality.GAP])), min_size=1),
    st.sampled_from([0, 2]),
    st.integers(0, 3),
    st.booleans(),
)


@given(st.lists(blocks, max_size=5))
def test_a_message_made_of_the_bytes_that_came_is_the_one_made_of_what_is_stored(drawn: list[Any]):
    """INVARIANT: the supplier is sent what is stored, whichever way the message is made."""
    moved = int(START.timestamp())
    registry = Registry.of([EARLIER.installed(to_epoch=moved), PLACE.installed(from_epoch=moved)], {})
    checked = check_blocks([columns_of(block) for block in drawn], registry, now_epoch=NOW.timestamp())
    topic = supplier_intervals("demo")

    texts = list(supplier_texts(checked, stored_at=NOW))

    messages = list(supplier_messages(checked, stored_at=NOW))
    assert [(text.supplier_code, topic.decode(text.value, topic.headers())) for text in texts] == messages
    assert [text.value for text in texts] == [topic.encode(message) for _, message in messages]
    assert [text.key.decode() for text in texts] == [topic.key(message) for _, message in messages]


@given(st.lists(blocks, max_size=5))
def test_a_batch_is_checked_as_its_blocks_are_one_by_one(drawn: list[Any]):
    registry = PLACE.registry(from_epoch=int(START.timestamp()))
    read = [columns_of(block) for block in drawn]

    together = check_blocks(read, registry, now_epoch=NOW.timestamp())

    alone = [check_blocks([each], registry, now_epoch=NOW.timestamp()) for each in read]
    in_order = sorted(range(len(drawn)), key=lambda at: drawn[at].start)
    for name in ("starts", "versions", "quality", "flags", "stored"):
        assert getattr(together.slots, name).tolist() == [
            value for at in in_order for value in getattr(alone[at].slots, name).tolist()
        ]
    assert [(index, reason.code, reason.detail) for index, reason in together.refused] == [
        (index, reason.code, reason.detail) for index, each in enumerate(alone) for _, reason in each.refused
    ]


def test_a_batch_comes_in_the_order_of_the_store():
    """Of ids the store compares the second half first; what is in order already it need not sort."""
    low, middle, high = (
        Place(point_id=UUID(f"{first}0000000-0000-7000-{second}000-000000000000"))
        for first, second in (("f", "8"), ("0", "9"), ("1", "9"))
    )
    registry = Registry.of([place.installed() for place in (low, middle, high)], {})
    came = [high.block(), low.block(start=START + HALF_HOUR), middle.block(), low.block()]

    checked = check_blocks([columns_of(each) for each in came], registry, now_epoch=NOW.timestamp())

    assert [piece.block for piece in checked.pieces] == [3, 1, 2, 0]
