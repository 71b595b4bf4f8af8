"""The load curves: deterministic, whole, and shaped as documented."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.curves import SLOTS_A_DAY, ZERO, Curve, CurveKind, add

HOUSEHOLD_EVENING = (2744, 0, 685, 55)
HOUSEHOLD_SUMMER_DAY = (24541, 4956, 6135, 490)
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31))
CURVES = st.builds(
    Curve,
    kind=st.sampled_from(CurveKind),
    seed=st.integers(min_value=0, max_value=10**9),
    mean_w=st.integers(min_value=0, max_value=20_000),
    solar_w=st.integers(min_value=0, max_value=10_000),
    quantum_wh=st.sampled_from((1, 2)),
)


@given(curve=CURVES, day_on=DAYS)
def test_the_half_hours_of_a_day_add_up_to_the_day(curve: Curve, day_on: date) -> None:
    total = ZERO
    for index in range(SLOTS_A_DAY):
        total = add(total, curve.slot(day_on, index))
    assert total == curve.day(day_on)


@given(curve=CURVES, day_on=DAYS, index=st.integers(min_value=0, max_value=SLOTS_A_DAY - 1))
def test_every_half_hour_is_whole_not_negative_and_within_the_bound(curve: Curve, day_on: date, index: int) -> None:
    energy = curve.slot(day_on, index)
    assert all(0 <= value <= curve.largest_slot_wh() for value in energy)
    assert all(value % curve.quantum_wh == 0 for value in energy)
    assert energy == Curve(curve.kind, curve.seed, curve.mean_w, curve.solar_w, curve.quantum_wh).slot(day_on, index)


def test_the_values_of_a_seed_never_change() -> None:
    """INVARIANT: a stored configuration gives the same truth in every version of the simulators."""
    curve = Curve(CurveKind.HOUSEHOLD, seed=1, mean_w=1400, solar_w=1500)
    assert tuple(curve.slot(date(2026, 11, 24), 38)) == HOUSEHOLD_EVENING
    assert tuple(curve.day(date(2026, 7, 1))) == HOUSEHOLD_SUMMER_DAY


def test_a_flat_load_takes_half_its_power_each_half_hour() -> None:
    curve = Curve(CurveKind.FLAT, seed=9, mean_w=1000)
    assert {curve.slot(date(2026, 3, 7), index) for index in range(SLOTS_A_DAY)} == {(500, 0, 250, 0)}


def test_a_household_takes_most_in_the_evening() -> None:
    curve = Curve(CurveKind.HOUSEHOLD, seed=3, mean_w=500)
    evening = curve.until_slot(date(2026, 5, 5), 44).a_plus_wh - curve.until_slot(date(2026, 5, 5), 36).a_plus_wh
    morning = curve.until_slot(date(2026, 5, 5), 8).a_plus_wh
    assert evening > 3 * morning


def test_a_garden_society_is_dead_in_winter_with_true_zeros_by_day() -> None:
    curve = Curve(CurveKind.GARDEN_SOCIETY, seed=3, mean_w=3000)
    assert curve.day(date(2026, 1, 14)).a_plus_wh * 20 < curve.day(date(2026, 7, 15)).a_plus_wh
    assert [curve.slot(date(2026, 1, 14), index).a_plus_wh for index in range(18, 30)] == [0] * 12


def test_the_mean_power_holds_over_a_year() -> None:
    curve = Curve(CurveKind.HOUSEHOLD, seed=8, mean_w=1000)
    days = (date(2026, 1, 1) + timedelta(days=number) for number in range(365))
    assert sum(curve.day(day_on).a_plus_wh for day_on in days) == pytest.approx(1000 * 24 * 365, rel=0.1)


def test_only_a_solar_roof_exports_and_only_by_day() -> None:
    roof = Curve(CurveKind.HOUSEHOLD, seed=3, mean_w=500, solar_w=2000)
    assert roof.slot(date(2026, 6, 20), 24).a_minus_wh > 0
    assert roof.slot(date(2026, 6, 20), 4).a_minus_wh == 0
    assert Curve(CurveKind.HOUSEHOLD, seed=3, mean_w=500).day(date(2026, 6, 20)).a_minus_wh == 0
