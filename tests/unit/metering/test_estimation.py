"""Each method of estimation with the numbers of its worked example in docs/architecture/estimation.md."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.metering.estimation import DAY, HALF, PLACE, TWO, at, material, missing, of_day, reading, slot, weeks

from metering.domain.estimation.back_test import back_test
from metering.domain.estimation.estimate import Estimate, estimates
from metering.domain.estimation.legal import ConsumerKind, Substitution, legal_month, rule_on
from metering.domain.estimation.like_days import like_days
from metering.domain.estimation.load_profile import CURVES, over_month
from metering.domain.estimation.rounding import rounded, shared_out
from metering.domain.journal_spans import Mark, Span
from metering.domain.local_days import local_day
from metering.domain.production_calendar import DayType, day_type, decree_of
from metering.domain.schedules import DatedSchedule, Schedule, schedule_zones
from metering.domain.validation.limits import PointClass
from topics.quality import Flag, Quality


def a_plus(found: list[Estimate]) -> list[int | None]:
    return [value for each in found for value in each.columns[0]]


def test_e1_the_control_meter_tells():
    """20:00 to 21:00 are missing; the control meter counted 410 and 430 Wh."""
    control = dict(zip(missing([40, 41]), [(410, None, None, None), (430, None, None, None)], strict=True))
    (found,) = estimates(material(weeks(lambda *_: 500), control=control, control_point="p"), missing([40, 41]))
    assert (found.method, found.quality, a_plus([found])) == ("E1", Quality.CONTROL, [410, 430])
    assert found.inputs == {"control_point": "p"}
    assert found.back_test is None


def test_e2_without_power_nothing_was_used():
    """The meter was off from 09:50 to 11:10: 10:00 and 10:30 are zero, 09:30 and 11:00 are told by others."""
    off = Span(Mark.POWER, at(9, 50), at(11, 10), "01", "01.0.x")
    slots = of_day({number: 400 for number in range(48) if number not in {19, 20, 21, 22}})
    found = estimates(material(slots, spans=[off]), missing([19, 20, 21, 22]))
    assert [(each.method, each.quality.value, a_plus([each]), each.flags) for each in found] == [
        ("E4", "INTERP", [400], 0),
        ("E2", "VALID", [0, 0], Flag.POWER_FAIL),
        ("E4", "INTERP", [400], 0),
    ]


def test_an_outage_that_still_lasts_proves_nothing():
    off = Span(Mark.POWER, at(9, 50), None, "01", "01.0.x")
    assert estimates(material({}, spans=[off]), missing([20])) == []


def test_e3_registers_tell_the_sum_and_like_days_the_shape():
    """12:00 to 15:00 are missing. The registers went on by 1,700 Wh; like days say 300, 300, 400, 400, 500, 600."""
    loads = dict(zip(range(24, 30), (300, 300, 400, 400, 500, 600), strict=True))
    slots = weeks(lambda _, number: loads.get(number, 200)) | of_day(
        {number: 200 for number in range(48) if number not in loads}
    )
    snapshots = [reading(at(12), 10_000), reading(at(15), 11_700)]
    (found,) = estimates(material(slots, snapshots=snapshots), missing(list(loads)))
    assert (found.method, found.quality) == ("E3", Quality.DERIVED)
    assert a_plus([found]) == [204, 204, 272, 272, 340, 408]
    assert sum(value or 0 for value in a_plus([found])) == 1_700
    assert (found.inputs["difference_wh"], found.inputs["missing_wh"]) == (1_700, 1_700)
    assert found.parameters["shape"] == "E5"


def test_e3_readings_off_the_border_count_back_what_is_known():
    """Read at 11:45, a quarter of an hour after the border, of a half hour of 200 Wh: 100 Wh of it are past."""
    loads = {number: 200 for number in range(48) if number not in range(24, 30)}
    snapshots = [reading(at(11, 45), 9_900), reading(at(15, 15), 11_800)]
    (found,) = estimates(material(weeks(lambda *_: 200) | of_day(loads), snapshots=snapshots), missing(range(24, 30)))
    # 9,800 at 11:30 and 11,700 at 15:00: 1,900 less the known 200 from 11:30 to 12:00.
    assert (found.inputs["difference_wh"], found.inputs["missing_wh"]) == (1_900, 1_700)
    assert sum(value or 0 for value in a_plus([found])) == 1_700


def test_e3_zones_hold_each_for_itself():
    """22:00 to 24:00: one hour of day at T1, one of night at T2. T1 went on by 900, T2 by 100."""
    slots = weeks(lambda *_: 200) | of_day(dict.fromkeys(range(44), 200))
    snapshots = [
        reading(at(22), 10_000, T1=7_000, T2=3_000),
        reading(at(23, 59) + 60, 11_000, T1=7_900, T2=3_100),
    ]
    found = estimates(material(slots, snapshots=snapshots), missing(range(44, 48)))
    assert a_plus(found) == [450, 450, 50, 50]
    assert found[0].inputs["by_zone_wh"] == {"T1": 900, "T2": 100}


def test_e3_goes_by_the_schedule_of_the_day_and_the_tariff():
    """The night begins at 22:00 from this day on, so of 21:00 to 23:00 the first hour is of T1."""
    night = {"T1": [["06:00", "22:00"]], "T2": [["22:00", "06:00"]]}
    longer = DatedSchedule(DAY.day, None, Schedule("long", ("Long night",), None, schedule_zones(night)))
    until = replace(TWO, valid_to=DAY.day)
    slots = weeks(lambda *_: 200) | of_day({number: 200 for number in range(48) if number not in range(42, 46)})
    snapshots = [
        reading(at(21), 10_000, T1=7_000, T2=3_000),
        reading(at(23), 11_000, T1=7_900, T2=3_100),
    ]
    for schedules, tariff in (((until, longer), None), ((TWO, longer), "long night")):
        given = material(slots, snapshots=snapshots, schedules=schedules, tariff=tariff)
        found = estimates(given, missing(range(42, 46)))
        assert a_plus(found) == [450, 450, 50, 50]
    (without,) = estimates(material(slots, snapshots=snapshots, schedules=()), missing(range(42, 46)))
    assert (without.inputs["by_zone_wh"], a_plus([without])) == ({}, [250] * 4)


def test_e3_never_scales_below_nothing():
    """Registers that went back, or less than what is known, tell nothing: the next method does."""
    slots = weeks(lambda *_: 200) | of_day({number: 200 for number in range(48) if number != 24})
    for before, after in ((10_000, 9_000), (10_000, 10_150)):
        snapshots = [reading(at(11, 30), before), reading(at(12, 30), after)]
        (found,) = estimates(material(slots, snapshots=snapshots), missing([24]))
        assert (found.method, a_plus([found])) == ("E4", [200])


def test_e4_a_straight_line_between_neighbours():
    """500 Wh, two missing, 800 Wh."""
    (found,) = estimates(material(of_day({19: 500, 22: 800})), missing([20, 21]))
    assert (found.method, found.quality, a_plus([found])) == ("E4", Quality.INTERP, [600, 700])
    (flat,) = estimates(material(of_day({19: 500})), missing([20, 21]))
    assert (flat.method, a_plus([flat])) == ("E4", [500, 500])
    assert estimates(material(of_day({19: 500, 25: 800})), missing(range(20, 25))) == []


def test_e5_the_mean_of_three_like_days():
    """Wednesday 18 March: the 17th, 16th and 13th are the nearest working days, with 300, 330 and 345 Wh."""
    loads = {date(2026, 3, 17): 300, date(2026, 3, 16): 330, date(2026, 3, 13): 345}
    known = material(weeks(lambda day, _: loads.get(day, 900)))
    assert like_days(known) == [date(2026, 3, 17), date(2026, 3, 16), date(2026, 3, 13)]
    (found,) = estimates(known, missing(range(48)))
    assert (found.method, found.quality, set(a_plus([found]))) == ("E5", Quality.HISTORY, {325})
    assert found.inputs == {"days": ["2026-03-17", "2026-03-16", "2026-03-13"]}


def test_e5_uses_no_day_with_an_outage_an_estimate_or_a_doubt():
    slots = weeks(lambda *_: 300)
    for day, changed in (
        (date(2026, 3, 17), slot(1, quality=Quality.QUESTIONED)),
        (date(2026, 3, 16), slot(1, quality=Quality.HISTORY)),
        (date(2026, 3, 13), slot(1, flags=int(Flag.POWER_FAIL))),
    ):
        slots[local_day(day, DAY.time_zone).start_epoch] = changed
    assert like_days(material(slots)) == [date(2026, 3, 12), date(2026, 3, 11), date(2026, 3, 10)]


def test_e6_the_curve_of_the_class_over_the_months_volume():
    """The register went on by 642,000 Wh in the twenty days before: 995,100 Wh in March's 31 days.

    March 2026 has 21 working days of 1,000 thousandths and 10 other days of 1,110: 32,100. So a thousandth is 31 Wh,
    and 07:00 of a working day, 48 thousandths an hour, 744 Wh a half hour.
    """
    snapshots = [reading(at(0) - 20 * 86_400, 1_000_000), reading(at(0), 1_642_000)]
    (found,) = estimates(material({}, snapshots=snapshots), missing(range(48)))
    (curve,) = CURVES[PointClass.THREE_PHASE]
    month = [local_day(date(2026, 3, number), DAY.time_zone) for number in range(1, 32)]
    starts = [start for day in month for start in day.slots]
    assert (found.method, found.quality) == ("E6", Quality.HISTORY)
    assert sum(over_month(curve, 995_100, starts, DAY.time_zone)) == 995_100
    assert a_plus([found])[14:16] == [744, 744]
    assert sum(value or 0 for value in a_plus([found])) == 31_000
    assert found.inputs["energy_wh"] == 642_000


HOUSEHOLD = Substitution(
    kind=ConsumerKind.HOUSEHOLD,
    valid_from=date(2024, 1, 1),
    valid_to=None,
    months_full=6,
    months_least=3,
    periods_at_most=3,
    norm_wh_per_month=150_000,
    document="ПП 354, п. 59, 60",
)


@pytest.mark.parametrize(
    ("months", "periods", "energy", "basis"),
    [
        ([300, 310, 320, 330, 340, 350, 9_999], 0, Fraction(1_950, 6), "mean_of_6_months"),
        ([300, 310, 320], 0, 310, "mean_of_3_months"),
        ([300, 310], 0, 150_000, "norm"),
        ([300, 310, 320], 3, 150_000, "norm"),
    ],
)
def test_e7_a_household_gets_the_mean_month_or_the_norm(months: list[int], periods: int, energy: Any, basis: str):
    assert legal_month(HOUSEHOLD, months, last_year_wh=None, periods=periods) == (energy, basis)


def test_e7_an_organisation_gets_the_month_of_last_year_or_the_nearest():
    rule = Substitution(
        **{name: getattr(HOUSEHOLD, name) for name in HOUSEHOLD.__slots__} | {"kind": ConsumerKind.ORGANISATION}
    )
    assert legal_month(rule, [300], last_year_wh=280, periods=0) == (280, "same_month_of_last_year")
    assert legal_month(rule, [300, 310], last_year_wh=None, periods=9) == (300, "nearest_month")
    assert legal_month(rule, [], last_year_wh=None, periods=0) is None


def test_e7_stands_where_nothing_is_measured_and_names_its_document():
    (found,) = estimates(material({}, law=HOUSEHOLD, months_wh=[321_000] * 6), missing(range(48)))
    assert (found.method, found.quality) == ("E7", Quality.LEGAL)
    # A thousandth of March's 32,100 is 10 Wh: 48 of them in the hour of 07:00.
    assert a_plus([found])[14:16] == [240, 240]
    assert found.inputs == {"basis": "mean_of_6_months", "month_wh": 321_000.0}
    assert found.parameters["document"] == "ПП 354, п. 59, 60"
    later = rule_on([HOUSEHOLD], ConsumerKind.HOUSEHOLD, date(2023, 12, 31))
    assert later is None


def test_e8_the_mean_half_hour_of_the_days_that_are_known():
    """Two good days, of 300 and 401 Wh a half hour: 350.5, so every second half hour is rounded up."""
    loads = {date(2026, 3, 17): 300, date(2026, 3, 16): 401}
    (found,) = estimates(material(weeks(lambda day, _: loads[day], before=2)), missing(range(10, 20)))
    assert (found.method, found.quality) == ("E8", Quality.HISTORY)
    assert a_plus([found]) == [351] * 5 + [350] * 5
    assert sum(value or 0 for value in a_plus([found])) == 3_505


def test_nothing_known_stays_a_gap():
    """INVARIANT: a gap is never a zero: without anything to estimate from it stays a gap."""
    assert estimates(material({}), missing(range(48))) == []
    assert estimates(material(weeks(lambda *_: 300), places=()), missing(range(48))) == []


def test_the_back_test_replays_the_method_on_days_that_are_known():
    """Working days of 300, 330, 345, 300 and 330 Wh: each is told by the three nearest others."""
    loads = dict(zip((17, 16, 13, 12, 11, 10, 9), (300, 330, 345, 300, 330, 300, 300), strict=True))
    known = material(weeks(lambda day, _: loads.get(day.day, 100)))
    tested = back_test(known, missing(range(48)), 0, "E5", scaled=False)
    # 17: (330+345+300)/3 = 325 for 300; 16: 325 → (300+345+300)/3 = 315 for 330; and so on.
    guesses: dict[int, int | Fraction] = {
        17: 325,
        16: 315,
        13: 310,
        12: Fraction(345 + 330 + 300, 3),
        11: Fraction(300 + 300 + 345, 3),
    }
    errors = [abs(Fraction(loads[day]) - Fraction(value)) for day, value in guesses.items()]
    truth = sum(loads[day] for day in guesses)
    assert tested.days == 5
    assert tested.mape_percent == round(float(sum(errors) / Fraction(truth)) * 100, 1)
    assert back_test(known, missing(range(48)), 0, "E5", scaled=True).sum_error_percent == 0.0


OFF = {
    2024: {*((1, day) for day in range(1, 9)), (2, 23), (3, 8), (4, 29), (4, 30), (5, 1), (5, 9), (5, 10), (6, 12)}
    | {(11, 4), (12, 30), (12, 31)},
    2025: {*((1, day) for day in range(1, 9)), (5, 1), (5, 2), (5, 8), (5, 9), (6, 12), (6, 13), (11, 3), (11, 4)}
    | {(12, 31)},
    2026: {*((1, day) for day in range(1, 10)), (2, 23), (3, 9), (5, 1), (5, 11), (6, 12), (11, 4), (12, 31)},
}
WORKING_DAYS = {2024: 248, 2025: 247, 2026: 247}


@pytest.mark.parametrize("year", OFF)
def test_days_have_the_type_of_the_years_production_calendar(year: int):
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365 + (year == 2024))]
    work = {day for day in days if day_type(day) is DayType.WORKDAY}
    assert len(work) == WORKING_DAYS[year]
    assert {(day.month, day.day) for day in days if day.weekday() < 5 and day not in work} == {
        each for each in OFF[year] if date(year, *each).weekday() < 5
    }
    assert str(year - 1) in str(decree_of(year))


def test_of_a_year_without_a_decree_nothing_is_moved_and_the_estimate_says_so():
    assert decree_of(2027) is None
    assert day_type(date(2027, 6, 12)) is DayType.SUNDAY
    assert day_type(date(2027, 6, 14)) is DayType.WORKDAY
    day = local_day(date(2027, 3, 17), DAY.time_zone)
    slots = {
        start: slot(300)
        for back in range(1, 9)
        for start in local_day(day.day - timedelta(days=back), day.time_zone).slots
    }
    for given_day, known in ((day, None), (DAY, decree_of(2026))):
        moved = {start - day.start_epoch + given_day.start_epoch: each for start, each in slots.items()}
        (found,) = estimates(material(moved, day=given_day), list(given_day.slots))
        assert (found.method, found.parameters["calendar"]) == ("E5", known)


@given(st.integers(0, 10**7), st.lists(st.integers(0, 10**5), min_size=1, max_size=60))
def test_what_is_shared_out_adds_up_and_is_never_negative(total: int, shape: list[int]):
    """INVARIANT: scaling to registers is exact, in whole watt-hours, and never below nothing."""
    values = shared_out(total, shape)
    assert sum(values) == total
    assert min(values) >= 0
    if any(shape):
        assert all(value == 0 for value, weight in zip(values, shape, strict=True) if not weight)
        exact = [Fraction(total * weight, sum(shape)) for weight in shape]
        assert all(abs(value - part) < 1 for value, part in zip(values, exact, strict=True))


def test_there_is_no_negative_scaling():
    for total, shape in ((-1, [1]), (1, [-1, 2]), (1, [])):
        with pytest.raises(ValueError, match=r"negative|nothing"):
            shared_out(total, shape)
    assert rounded([]) == []


@settings(max_examples=25)
@given(
    st.sets(st.integers(0, 47), min_size=1),
    st.lists(st.integers(0, 2_000), min_size=48, max_size=48),
    st.integers(0, 40_000),
    st.integers(0, 40_000),
)
def test_scaled_days_agree_with_their_registers_in_sum_and_in_every_zone(
    gaps: set[int], loads: list[int], day_wh: int, night_wh: int
):
    """INVARIANT: where registers told the sum, the day's half hours come to exactly what they say, zone by zone."""
    night = set(range(14)) | {46, 47}
    known = {number: loads[number] for number in range(48) if number not in gaps}
    totals = {
        "T1": sum(value for number, value in known.items() if number not in night) + (day_wh if gaps - night else 0),
        "T2": sum(value for number, value in known.items() if number in night) + (night_wh if gaps & night else 0),
    }
    snapshots = [
        reading(DAY.start_epoch, 50_000, T1=30_000, T2=20_000),
        reading(DAY.end_epoch, 50_000 + sum(totals.values()), T1=30_000 + totals["T1"], T2=20_000 + totals["T2"]),
    ]
    found = estimates(material(weeks(lambda *_: 300) | of_day(known), snapshots=snapshots), missing(sorted(gaps)))
    told = {start: value for each in found for start, value in _slots(each)}
    if {each.method for each in found} == {"E3"}:
        assert set(told) == set(missing(sorted(gaps)))
        for zone, inside in (("T1", False), ("T2", True)):
            ours = [told[start] for start in told if ((start - DAY.start_epoch) // HALF in night) is inside]
            rest = (night_wh if gaps & night else 0) if inside else (day_wh if gaps - night else 0)
            assert (zone, sum(ours)) == (zone, rest)
    assert all(value >= 0 for value in told.values())


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_order_and_repetition_of_what_is_known_do_not_matter(random: Any):
    """INVARIANT: the same material in any order gives the same estimates, by the same digest."""
    slots = weeks(lambda day, number: 100 + day.day * 7 + number, before=5) | of_day(dict.fromkeys(range(20), 200))
    snapshots = [reading(at(10), 10_000), reading(at(10, 1), 10_003), reading(DAY.end_epoch, 16_000)]
    wanted = missing(range(20, 48))
    first = estimates(material(slots, snapshots=snapshots), wanted)
    shuffled, readings, again = list(slots.items()), [*snapshots, snapshots[0]], [*wanted, wanted[0]]
    for each in (shuffled, readings, again):
        random.shuffle(each)
    second = estimates(material(dict(shuffled), snapshots=readings), again)
    assert [each.digest for each in first] == [each.digest for each in second]


def _slots(each: Estimate) -> list[tuple[int, int]]:
    starts = range(each.start, each.end, HALF)
    return [(start, value) for start, value in zip(starts, each.columns[0], strict=True) if value is not None]


def test_a_day_of_fifty_half_hours_is_told_by_local_time():
    """In Berlin the 25th of October 2026 has 50 half hours; those of the hour that comes twice are told twice."""
    place = PLACE.installed(time_zone="Europe/Berlin")
    day = local_day(date(2026, 10, 25), "Europe/Berlin")
    sundays = [local_day(date(2026, 10, number), "Europe/Berlin") for number in (4, 11, 18)]
    slots = {start: slot(number) for each in sundays for number, start in enumerate(each.slots)}
    known = material(slots, day=day, place=place, places=(place,), good_days={each.day: each for each in sundays})
    found = estimates(known, list(day.slots))
    assert len(a_plus(found)) == 50
    assert a_plus(found)[:8] == [0, 1, 2, 3, 4, 5, 4, 5]
    assert timedelta(seconds=day.end_epoch - day.start_epoch) == timedelta(hours=25)
