from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from metering.domain.settlement import lands_in, next_period, period_of

DAYS = st.dates(date(2020, 1, 1), date(2037, 12, 31))
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2038, 2, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- aware by its zone


@given(DAYS)
def test_periods_are_calendar_months_and_follow_each_other(day: date):
    period = period_of(day)
    assert (period.year, period.month, period.day) == (day.year, day.month, 1)
    assert next_period(period) == period_of(period + timedelta(days=31))


@given(DAYS, INSTANTS, st.dictionaries(st.integers(0, 5), INSTANTS))
def test_a_revision_lands_in_the_first_period_from_its_own_on_that_is_not_cut_off(
    day: date, known_at: datetime, cuts: dict[int, datetime]
):
    """INVARIANT: what was known before the cut-off belongs to the period, and what came later never does."""
    periods = [period_of(day)]
    while len(periods) < 7:
        periods.append(next_period(periods[-1]))
    cut_offs = {periods[number]: at for number, at in cuts.items()}
    landed = lands_in(day, known_at, cut_offs)
    passed = periods[: periods.index(landed)]
    assert all(known_at >= cut_offs[period] for period in passed)
    assert landed not in cut_offs or known_at < cut_offs[landed]
