"""Which points a planned outage concerns, and what a meter saw of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from common.errors import Rejected
from metering.domain.planned_outages import During, Foreseen, PlannedOutage, Scope, check_times, foreseen
from metering.errors import InvalidPeriod

NINE = datetime(2026, 12, 3, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)


def scope(*points: str, contract: str | None = None, address: str | None = None) -> Scope:
    return Scope(contract_number=contract, point_numbers=points, address=address)


def planned(starts_at: datetime, ends_at: datetime, **changes: Any) -> PlannedOutage:
    content: dict[str, Any] = {
        "id": UUID(int=1),
        "supplier_code": "demo",
        "document_id": "1",
        "version": 1,
        "scope": scope(contract="76"),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "reason": "Замена опоры",
        "cancelled": False,
        "time_zone": None,
        "announced_by": None,
        "announced_at": NINE,
    }
    return PlannedOutage(**content | changes)


@pytest.mark.parametrize(
    ("said", "address", "meant"),
    [
        ("Самара, ул. Ленина, 5", "г. Самара, ул. Ленина, 5", False),
        ("Самара, ул. Ленина, 5", "Самара, ул.  Ленина, 5, кв. 12", True),
        ("самара ул ленина 5", "Самара, ул. Ленина, 5", True),
        ("Самара, ул. Ленина, 5", "Самара, ул. Ленина, 57", False),
        ("Самара, ул. Ленина, 5", "Самара, ул. Ленина, 5/2", False),
        ("Самара, ул. Ленина", "Самара, ул. Ленина, 57", True),
        ("Самара, ул. Лётная", "Самара, ул. Летная, 1", True),
        ("Самара, ул. Ленина", None, False),
    ],
)
def test_an_address_means_what_begins_with_it_up_to_the_end_of_a_word(said: str, address: str | None, meant: bool):
    found = scope(address=said).covers(contract_number="76", point_number="1", address=address)
    assert found is meant


def test_a_contract_means_all_its_points_and_narrows_down_what_else_is_said():
    of: dict[str, Any] = {"contract_number": "76", "address": "Самара, ул. Ленина, 5"}
    assert scope(contract="76").covers(**of, point_number="1")
    assert not scope(contract="77").covers(**of, point_number="1")
    assert scope("1", contract="76").covers(**of, point_number="1")
    assert not scope("2", contract="76").covers(**of, point_number="1")
    assert not scope("1", contract="77").covers(**of, point_number="1")
    assert scope("2", address="Самара").covers(**of, point_number="1")


@pytest.mark.parametrize("wide", [scope(), scope(address=" , ")])
def test_an_outage_of_everybody_is_no_announcement(wide: Scope):
    with pytest.raises(Rejected) as refused:
        wide.check()
    assert refused.value.code == "no_scope"
    assert not wide.covers(contract_number=None, point_number="1", address=None) or wide.address is None


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "code"),
    [
        (NINE, NINE, "invalid_period"),
        (NINE, NINE - HOUR, "invalid_period"),
        (NINE.replace(year=1999), NINE, "invalid_period"),
        (NINE, NINE + timedelta(days=93), "period_too_long"),
    ],
)
def test_works_have_times_that_can_be(starts_at: datetime, ends_at: datetime, code: str):
    with pytest.raises(InvalidPeriod) as refused:
        check_times(starts_at, ends_at)
    assert refused.value.code == code


def test_a_seen_outage_names_the_planned_one_that_it_has_most_in_common_with():
    early, late = planned(NINE, NINE + HOUR), planned(NINE + HOUR, NINE + 4 * HOUR, id=uuid4())
    at = NINE.timestamp()
    assert foreseen(at + 600, at + 1_200, [early, late]) == Foreseen(early.id, During.WHOLE)
    assert foreseen(at + 3_000, at + 7_200, [early, late]) == Foreseen(late.id, During.PART)
    assert foreseen(at - 600, at, [early, late]) is None
    assert foreseen(at, at + 600, [planned(NINE, NINE + HOUR, cancelled=True)]) is None
