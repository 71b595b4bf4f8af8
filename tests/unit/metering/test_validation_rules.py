"""What holds of the rules of validation whatever the telemetry: borders of limits, time, registers, decisions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.metering.day_contexts import (
    DAY,
    LOADS,
    PLACE,
    at,
    context,
    day_slots,
    of_another_meter,
    outage,
    reading,
    slot,
    whole_days,
)

from common.errors import Rejected
from metering.domain.edits import accepted, new_values, version_of
from metering.domain.local_days import ONE_DAY, LocalDay, local_day
from metering.domain.validation.context import DayContext
from metering.domain.validation.limits import DEFAULTS, PointClass, SetLimit, check_limit, class_of, limits_of
from metering.domain.validation.review import Known, review
from metering.domain.validation.verdicts import Rule, State
from topics.quality import Quality, decided_version, is_decided

NOW = datetime.fromtimestamp(DAY.end_epoch + 6 * 3_600, UTC)
Value = st.none() | st.integers(0, 20_000)


def rules(what: DayContext) -> set[str]:
    return {each.verdict.rule.value for each in review(what).judged}


def values_of(what: DayContext, rule: Rule) -> list[float]:
    return [each.verdict.value for each in review(what).judged if each.verdict.rule is rule]


@given(st.lists(Value, min_size=48, max_size=48), st.lists(Value, min_size=24, max_size=24))
def test_a_review_that_is_repeated_on_what_it_wrote_writes_nothing(values: list[int | None], before: list[int | None]):
    """INVARIANT: decisions follow from the telemetry; made again from the same, they change nothing."""
    slots = day_slots(before, start=at(-24)) | day_slots(values)
    first = review(context(slots))
    assert all(is_decided(each.version) for each in first.decisions.values())
    known = [Known(DAY.day, each.state, each.verdict) for each in first.judged]
    again = review(context(slots, decided=first.decisions), known)
    assert again.decisions == {}
    assert list(again.news) == []
    assert [each.verdict for each in again.judged] == [each.verdict for each in first.judged]


@given(st.lists(Value, min_size=48, max_size=48), st.integers(0, 47))
def test_no_rule_changes_a_value_or_fills_a_gap_or_overrules_a_person(values: list[int | None], number: int):
    """INVARIANT: validation says what to think of a value; the value stays, a gap stays a gap."""
    slots = day_slots(values)
    confirmed = replace(slot(777, quality=Quality.ACCEPTED), version=decided_version(NOW))
    reviewed = review(context(slots, decided={at(number): confirmed}))
    assert at(number) not in reviewed.decisions
    for start, decided in reviewed.decisions.items():
        assert (decided.energies, decided.flags, decided.ratio) == (
            *(slots[start].energies, slots[start].flags, slots[start].ratio),
        )
        assert decided.quality in {Quality.QUESTIONED, Quality.VALID}


@given(st.sampled_from([Quality.INTERP, Quality.HISTORY, Quality.LEGAL, Quality.DERIVED, Quality.CONTROL]))
def test_estimates_are_not_questioned(quality: Quality):
    assert review(context(day_slots([500] * 48, quality=quality))).decisions == {}


def test_a_billed_half_hour_is_told_of_but_not_questioned_any_more():
    reviewed = review(context(day_slots([500] * 48, quality=Quality.REVENUE)))
    assert [each.verdict.rule for each in reviewed.judged] == [Rule.V12]
    assert reviewed.decisions == {}


def test_another_value_below_a_decision_is_weighed_and_shown():
    stuck = context([*LOADS[:20], *[500] * 12, *LOADS[32:]])
    decided = review(stuck).decisions
    later = replace(slot(777), version=slot(777).version + 60)
    reviewed = review(context({**stuck.automatic, at(25): later}, decided=decided))
    assert reviewed.judged == []
    assert reviewed.decisions.keys() == decided.keys()
    assert reviewed.decisions[at(25)].energies == (777, None, None, None)
    assert {each.quality for each in reviewed.decisions.values()} == {Quality.VALID}
    assert all(reviewed.decisions[start].version > decided[start].version for start in decided)


@given(st.integers(0, 120), st.booleans())
def test_an_approved_edit_stands_above_what_rules_decide_before_it_is_written(seconds: int, confirms: bool):
    """INVARIANT: a rule that did not see a person's decision yet does not override it."""
    stuck = context([*LOADS[:20], *[500] * 12, *LOADS[32:]])
    there = review(stuck).decisions
    if confirms:
        (edit,) = accepted([at(25)], there)
    else:
        (edit,) = new_values({at(25): (505, None, None, None)}, there, [PLACE.installed()])
    version = version_of(edit, decided_at=NOW)
    later = replace(slot(777), version=slot(777).version + 60)
    meanwhile = context({**stuck.automatic, at(25): later}, decided=there)
    decided = review(replace(meanwhile, now=NOW + timedelta(seconds=seconds))).decisions[at(25)]
    assert there[at(25)].version < decided.version < version


@pytest.mark.parametrize(("quality", "state"), [(Quality.ACCEPTED, State.CONFIRMED), (Quality.EDITED, State.EDITED)])
def test_a_verdict_is_settled_by_a_person(quality: Quality, state: State):
    stuck = context([*LOADS[:20], *[500] * 12, *LOADS[32:]])
    first = review(stuck)
    known = [Known(DAY.day, each.state, each.verdict) for each in first.judged]
    later = NOW + timedelta(hours=1)
    by_a_person = {
        start: replace(each, quality=quality, version=decided_version(later)) for start, each in first.decisions.items()
    }
    (news,) = review(context(stuck.automatic, decided=by_a_person), known).news
    assert (news.verdict.rule, news.state) == (Rule.V12, state)


def test_a_verdict_is_edited_when_the_new_value_passes_and_withdrawn_when_another_reading_does():
    stuck = context([*LOADS[:20], *[500] * 12, *LOADS[32:]])
    first = review(stuck)
    known = [Known(DAY.day, each.state, each.verdict) for each in first.judged]
    edited = replace(slot(505, quality=Quality.EDITED), version=decided_version(NOW + timedelta(hours=1)))
    by_a_person = review(context(stuck.automatic, decided={**first.decisions, at(25): edited}), known)
    assert [each.state for each in by_a_person.news] == [State.EDITED]
    read_again = review(context({**stuck.automatic, at(25): slot(505)}, decided=first.decisions), known)
    assert [each.state for each in read_again.news] == [State.WITHDRAWN]


DAYS = [
    (local_day(date(2026, 3, 29), "Europe/Berlin"), 46),
    (local_day(date(2026, 10, 25), "Europe/Berlin"), 50),
    (local_day(date(2014, 10, 26), "Europe/Moscow"), 50),
    (local_day(date(2010, 3, 28), "Europe/Samara"), 48),
    (local_day(date(2038, 1, 19), "Asia/Kamchatka"), 48),
    (local_day(date(2026, 3, 18), "Asia/Kolkata"), 48),
]


@pytest.mark.parametrize(("day", "count"), DAYS, ids=lambda each: getattr(each, "time_zone", str(each)))
@pytest.mark.parametrize("missing", [0, 3])
def test_every_half_hour_of_a_day_is_expected_whatever_the_clocks_do(day: LocalDay, count: int, missing: int):
    values = [400 + 10 * (number % 5) for number in range(count - missing)]
    what = context(day_slots(values, start=day.start_epoch), day=day)
    assert len(what.expected) == count
    assert what.is_whole == (not missing)
    assert values_of(what, Rule.V06) == ([missing] if missing else [])
    assert rules(what) <= {"V06"}


@given(st.sampled_from([46, 48, 50]), st.integers(1, 60_000), st.floats(0.2, 3.0))
def test_a_day_within_its_share_of_like_days_is_usual_however_long_it_is(count: int, mean: int, share: float):
    day = {46: DAYS[0][0], 48: DAY, 50: DAYS[1][0]}[count]
    each = int(mean * share / count)
    values = [each + number % 2 for number in range(count)]
    low, high = 0.2 * mean, 3.0 * mean
    what = context(
        day_slots(values, start=day.start_epoch), day=day, days=whole_days({7: mean, 14: mean, 21: mean}, day=day)
    )
    unusual = not low <= sum(values) <= high and abs(sum(values) - mean) >= DEFAULTS["V10.least_wh"]
    assert ("V10" in rules(what)) == unusual


def test_like_days_are_of_the_same_kind_and_questioned_days_are_none():
    weekend = whole_days({back: 40_000 for back in range(1, 29) if (DAY.day - back * ONE_DAY).weekday() >= 5})
    work_days = whole_days({back: 20_000 for back in range(1, 29) if (DAY.day - back * ONE_DAY).weekday() < 5})
    questioned = {day: replace(sums, slots_valid=0) for day, sums in work_days.items()}
    assert "V10" not in rules(context(days=weekend | work_days))
    few = dict(list(whole_days({7: 20_000, 14: 20_000}).items()))
    assert "V10" not in rules(context([*[2_000, 2_100] * 24], days=few)), "two days are too few to say what is usual"
    assert values_of(context([*[2_000, 2_100] * 24], days=weekend | questioned), Rule.V10) == []
    assert values_of(context([*[2_000, 2_100] * 24], days=weekend | work_days), Rule.V10) == [98_400]


@given(st.integers(5, 8), st.integers(1, 500), st.integers(0, 500))
def test_a_drum_that_ran_over_is_no_step_back(digits: int, before_end: int, after: int):
    modulus = 10**digits * 1_000
    readings = [reading(0, ("sum", modulus - before_end)), reading(1_800, ("sum", after))]
    assert "V14" not in rules(context(snapshots=readings))


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_register_goes_forward_or_is_told_of(before: int, after: int):
    what = context(snapshots=[reading(0, ("sum", before)), reading(1_800, ("sum", after))])
    found = values_of(what, Rule.V14)
    limit = PLACE.installed().limit(1_800) * 2
    ran_over = any(
        0.9 * 10**d * 1_000 <= before < 10**d * 1_000 and 10**d * 1_000 - before + after <= limit for d in range(5, 9)
    )
    assert found == ([] if after >= before or ran_over else [after - before])


def test_an_exchange_of_the_meter_is_no_step_back():
    readings = [reading(0, ("sum", 90_000)), of_another_meter(reading(1_800, ("sum", 100)))]
    assert "V14" not in rules(context(snapshots=readings))


@given(st.integers(-200, 200))
def test_registers_may_differ_by_the_tolerance_and_no_more(residual: int):
    total = sum(LOADS)
    readings = [reading(0, ("sum", 10_000)), reading(86_400, ("sum", 10_000 + total + residual))]
    assert values_of(context(snapshots=readings), Rule.V15) == ([residual] if abs(residual) > 25 else [])


def test_a_difference_that_missing_half_hours_explain_questions_none():
    readings = [reading(0, ("sum", 10_000)), reading(86_400, ("sum", 10_000 + sum(LOADS)))]
    reviewed = review(context([*LOADS[:40], *[None] * 8], snapshots=readings))
    assert {each.verdict.rule: each.verdict.severity.value for each in reviewed.judged} == {
        Rule.V06: "gap",
        Rule.V15: "note",
    }
    assert reviewed.decisions == {}


@given(st.integers(0, 400))
def test_drift_is_noted_from_one_limit_and_questioned_from_the_next(drift: int):
    reviewed = review(context(snapshots=[reading(43_200, drift_seconds=float(-drift))]))
    severities = [each.verdict.severity.value for each in reviewed.judged if each.verdict.rule is Rule.V08]
    assert severities == (["question"] if drift >= 300 else ["note"] if drift >= 60 else [])
    assert len(reviewed.decisions) == (48 if drift >= 300 else 0)


@given(st.integers(1, 24), st.integers(1, 24))
def test_a_value_is_stuck_across_midnight(before: int, after: int):
    """Of a run that begins the day before, this day's part is questioned; the day before judges its own."""
    slots = day_slots([*[450] * (24 - before), *[500] * before], start=at(-24))
    slots |= day_slots([*[500] * after, *LOADS[after:]])
    slots[at(after)] = slot(999)
    seen = min(before, 11) + after
    questioned = [
        start for start, each in review(context(slots)).decisions.items() if each.quality is Quality.QUESTIONED
    ]
    assert questioned == ([at(number) for number in range(after)] if seen >= 12 else [])


def test_a_change_that_makes_tomorrow_stuck_has_tomorrow_looked_at_again():
    tomorrow = DAY.day + ONE_DAY
    closed = {tomorrow: next(iter(whole_days({1: 20_000}).values()))}
    slots = day_slots([*LOADS[:42], *[500] * 6]) | day_slots([500] * 6 + [510] * 3, start=DAY.end_epoch)
    assert list(review(context(slots, days=closed)).again) == [tomorrow]
    shorter = {start: each for start, each in slots.items() if start != at(42)} | {at(42): slot(499)}
    assert list(review(context(shorter, days=closed)).again) == []


def test_a_change_of_one_day_has_those_looked_at_again_of_which_it_says_something_else():
    """The Wednesdays before used 10 kWh each, the one after 31: that is unusual or not by what this one used."""
    days = whole_days({7: 10_000, 14: 10_000, 21: 10_000, -7: 31_000, -1: 10_000})
    following = DAY.day + 7 * ONE_DAY
    assert list(review(context([200, 210] * 24, days=days)).again) == [following], "of which nothing is stored yet"
    assert list(review(context([300, 310] * 24, days=days)).again) == [], "31 kWh are not over three times 11"
    assert list(review(context([4_000, 4_200] * 24, days=days)).again) == [following], "a questioned day is no like day"


def test_zeros_are_usual_where_nobody_lives_and_explained_by_an_outage():
    zeros: dict[int, int | None] = dict.fromkeys(range(1, 29), 0)
    assert "V13" not in rules(context([0] * 48, days=whole_days(zeros)))
    lived = whole_days(zeros | {20: 9_000})
    assert values_of(context([0] * 48, days=lived), Rule.V13) == [3]
    assert "V13" not in rules(context([0] * 48, days=lived, spans=[outage(-40, -30)]))


def test_the_verdict_of_a_value_that_was_left_out_stays_until_another_comes():
    from_hot_path = review(context([*LOADS[:40], *[None] * 8]))
    verdict = replace(from_hot_path.judged[0].verdict, rule=Rule.V09, start_epoch=at(45))
    known = [Known(DAY.day, State.OPEN, verdict)]
    assert [each.verdict.rule for each in review(context([*LOADS[:40], *[None] * 8]), known).news] == [Rule.V06]
    (gone,) = review(context(), known).news
    assert (gone.verdict.rule, gone.state) == (Rule.V09, State.WITHDRAWN)


def limit(value: float, **changes: Any) -> SetLimit:
    content: dict[str, Any] = {
        "name": "V12.half_hours",
        "supplier_code": None,
        "point_class": None,
        "valid_from": date(2026, 3, 1),
        "valid_to": date(2026, 4, 1),
        "known_at": datetime(2026, 3, 1, tzinfo=UTC),
        "source": "order 1",
    }
    return SetLimit(value=value, **content | changes)


def in_force(*limits: SetLimit, on: date = DAY.day, known_at: datetime = NOW) -> float:
    return limits_of(limits, PLACE.installed(), on=on, known_at=known_at)["V12.half_hours"]


def test_limits_hold_from_day_to_day_as_they_were_known():
    """Half-open in the days, and never changed in place: what is known later wins, from when it is known."""
    first = limit(20)
    assert [in_force(first, on=date(2026, *each)) for each in ((2, 28), (3, 1), (3, 31), (4, 1))] == [12, 20, 20, 12]
    corrected = limit(22, known_at=datetime(2026, 3, 10, tzinfo=UTC))
    assert in_force(corrected, first) == 22
    assert in_force(corrected, first, known_at=datetime(2026, 3, 9, tzinfo=UTC)) == 20
    of_class = limit(14, point_class=PointClass.THREE_PHASE)
    of_supplier = limit(16, supplier_code="demo")
    assert in_force(corrected, of_class) == 14
    assert in_force(corrected, of_class, of_supplier) == 16
    assert in_force(limit(9, supplier_code="other"), limit(9, point_class=PointClass.TRANSFORMER)) == 12


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"ratio": 40, "phases": 1}, "transformer"), ({"phases": 1}, "single_phase"), ({}, "three_phase")],
)
def test_the_class_of_a_point_follows_from_its_meter(changes: Mapping[str, Any], expected: str):
    assert class_of(PLACE.installed(**changes)).value == expected


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (limit(25), "limit_out_of_range"),
        (limit(float("nan")), "limit_out_of_range"),
        (limit(10, name="V99.days"), "unknown_limit"),
        (limit(10, valid_to=date(2026, 3, 1)), "invalid_period"),
    ],
)
def test_a_limit_that_no_rule_could_use_is_refused(wrong: SetLimit, code: str):
    with pytest.raises(Rejected) as refused:
        check_limit(wrong)
    assert refused.value.code == code
