"""What tells a repeat of a document from another content under its version."""

import hashlib
from typing import Any

import msgspec
import pytest

from contracts.service.inbox import BILL_SUMS, content_sha256
from topics.inbox import Bill

BEFORE = (
    b'{"kind":"charge","period":"2026-10-01","amount":"7.00","currency":"RUB","issued_at":"2026-11-01T05:00:00Z",'
    b'"lines":[],"due_on":null,"annulled":false}'
)


def test_a_bill_from_before_its_sums_could_be_told_is_still_the_same_bill():
    """INVARIANT: an inbox that is read again refuses nothing that it took before."""
    assert content_sha256(msgspec.json.decode(BEFORE, type=Bill)) == hashlib.sha256(BEFORE).digest()


@pytest.mark.parametrize("name", BILL_SUMS)
@pytest.mark.parametrize(("value", "same"), [("1.00", False), (None, True)])
def test_a_sum_that_is_told_is_part_of_what_was_said_and_null_tells_none(name: str, value: Any, same: bool):
    told = msgspec.convert(msgspec.json.decode(BEFORE) | {name: value}, Bill)

    assert (content_sha256(told) == hashlib.sha256(BEFORE).digest()) is same
