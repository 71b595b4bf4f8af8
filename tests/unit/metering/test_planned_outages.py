"""Which points a planned outage concerns, and what a meter saw of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from common.errors import Rejected
from metering.domain.planned_outages import During, Foreseen, PlannedOutage, Scope, check_times, foreseen
from metering.errors import InvalidPeriod
from metering.settlement.planned_outages import instant_of

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
        "inbox_version": 1,
        "scope": scope(contract="76"),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "reason": "Замена опоры",
        "cancelled": False,
        "time_zone": None,
        "announced_by": None,
        "announced_at": NINE - HOUR,
        "start_announced_at": NINE - HOUR,
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


def test_an_address_of_no_words_means_no_point():
    assert not scope(address=" , ").covers(contract_number=None, point_number="1", address=None)


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
    assert foreseen(at, at + 600, [planned(NINE, NINE + HOUR, start_announced_at=NINE + HOUR)]) is None


STAFF: dict[str, Any] = {"announced_by": UUID(int=7), "version": 1, "inbox_version": 0}


def test_what_staff_says_uses_up_no_version_of_the_inbox():
    first = planned(NINE, NINE + HOUR)
    moved = planned(NINE, NINE + 2 * HOUR, **STAFF)
    assert moved.is_newer_than(first)
    kept = moved.after(first)
    assert (kept.version, kept.inbox_version) == (2, 1)
    assert not planned(NINE, NINE + 2 * HOUR, **STAFF).is_newer_than(kept)
    assert not first.is_newer_than(kept)
    second = planned(NINE, NINE + HOUR, version=2, inbox_version=2)
    assert second.is_newer_than(kept)
    assert (second.after(kept).version, second.after(kept).inbox_version) == (3, 2)


def test_a_version_of_the_inbox_comes_with_one_content():
    with pytest.raises(Rejected) as refused:
        planned(NINE, NINE + HOUR, reason="Другая").is_newer_than(planned(NINE, NINE + HOUR))
    assert refused.value.code == "version_differs"


@pytest.mark.parametrize(
    ("former", "since"),
    [
        ({}, NINE - HOUR),
        ({"cancelled": True}, NINE),
        ({"starts_at": NINE - HOUR}, NINE),
    ],
)
def test_a_start_is_announced_since_it_was_first_said_and_not_called_off(former: dict[str, Any], since: datetime):
    said = planned(NINE, NINE + 2 * HOUR, version=2, announced_at=NINE)
    before = planned(**{"starts_at": NINE, "ends_at": NINE + HOUR} | former)
    assert said.after(before).start_announced_at == since


def test_a_time_that_the_clocks_skip_is_refused_and_of_one_that_comes_twice_the_first_is_meant():
    berlin = ZoneInfo("Europe/Berlin")
    with pytest.raises(InvalidPeriod) as refused:
        instant_of(datetime.fromisoformat("2026-03-29T02:30"), berlin)
    assert refused.value.code == "skipped_time"
    assert instant_of(datetime.fromisoformat("2026-03-29T03:00"), berlin) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert instant_of(datetime.fromisoformat("2026-10-25T02:30"), berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
