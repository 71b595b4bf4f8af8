"""What tells a repeat of a document from another content under its version."""

from typing import Any

import msgspec
import pytest

from topics.inbox import Bill

BEFORE = (
    b'{"kind":"charge","period":"2026-10-01","amount":"7.00","currency":"RUB","issued_at":"2026-11-01T05:00:00Z",'
    b'"lines":[],"due_on":null,"annulled":false}'
)


def test_a_bill_from_before_its_sums_could_be_told_is_still_the_same_bill():
    """INVARIANT: an inbox that is read again refuses nothing that it took before."""
    assert msgspec.json.encode(msgspec.json.decode(BEFORE, type=Bill)) == BEFORE


@pytest.mark.parametrize("value", ["1.00", None])
def test_a_sum_that_is_told_is_part_of_what_was_said(value: Any):
    told = msgspec.convert(msgspec.json.decode(BEFORE) | {"paid": value}, Bill)

    assert msgspec.json.encode(told) != BEFORE
