"""V10, V13 and V20: a day against the closed days before it, by their sums alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from metering.domain.local_days import ONE_DAY
from metering.domain.production_calendar import day_type, decree_of
from metering.domain.profile import Channel
from metering.domain.qualities import ACTUAL, GOOD
from metering.domain.reconciliation import StoredSlot
from metering.domain.validation.context import DayContext, DaySums
from metering.domain.validation.limits import Limits
from metering.domain.validation.verdicts import Rule, Severity, Verdict

A_PLUS: Final = 0
RULES: Final = (Rule.V10, Rule.V13, Rule.V20)


def own_sums(context: DayContext, slots: Mapping[int, StoredSlot]) -> DaySums:
    """Return the day itself, of these half hours, as the closed days are told."""
    rows = [slots[start] for start in context.day.slots if start in slots]
    totals: list[int | None] = []
    for number, _ in enumerate(Channel):
        values = [row.energies[number] for row in rows]
        known = any(value is not None for value in values)
        totals.append(sum((row.energies[number] or 0) * row.ratio for row in rows) if known else None)
    measured = sum(row.quality in ACTUAL for row in rows)
    return DaySums(
        sums_wh=totals,
        slots_expected=len(context.expected),
        slots_received=len(rows),
        slots_valid=sum(row.quality in GOOD for row in rows),
        slots_estimated=len(rows) - measured,
    )


def unusual_use(day: date, own: DaySums, days: Mapping[date, DaySums], limits: Limits) -> tuple[float, float] | None:
    """Return (sum, limit that it breaks) in Wh if the day's use is high or low against like days: V10."""
    total = own.sums_wh[A_PLUS]
    if total is None or not 0 < own.slots_expected <= own.slots_measured:
        return None
    mean = _mean_of_like_days(day, days, limits)
    if mean is None or abs(total - mean) < limits["V10.least_wh"]:
        return None
    low, high = mean * limits["V10.low_share"], mean * limits["V10.high_share"]
    if total < low:
        return total, low
    return (total, high) if total > high else None


def _mean_of_like_days(day: date, days: Mapping[date, DaySums], limits: Limits) -> float | None:
    """Like days are of the same type (working day, Saturday, Sunday or holiday); where these are too few, all count."""
    window = [day - number * ONE_DAY for number in range(1, int(limits["V10.days"]) + 1)]
    whole = {each: days[each] for each in window if each in days and days[each].is_whole}
    alike = [sums for each, sums in whole.items() if day_type(each) is day_type(day)]
    for group in (alike, list(whole.values())):
        totals = [sums.sums_wh[A_PLUS] or 0 for sums in group]
        if len(totals) >= limits["V10.least_days"]:
            return sum(totals) / len(totals)
    return None


def zero_days(day: date, own: DaySums, days: Mapping[date, DaySums], limits: Limits) -> int:
    """Return how many days in a row up to this one used nothing, as far as V13 minds; 0 if it does not.

    Where nothing was used in all the days that are known before, zeros are usual: nobody lives there.
    """
    if not _is_zero(own):
        return 0
    count = int(limits["V13.days"])
    run = [days.get(day - number * ONE_DAY) for number in range(1, count)]
    if not all(each is not None and _is_zero(each) for each in run):
        return 0
    before = [days.get(day - number * ONE_DAY) for number in range(count, int(limits["V10.days"]) + 1)]
    return count if any(each is not None and (each.sums_wh[A_PLUS] or 0) > 0 for each in before) else 0


def _is_zero(sums: DaySums) -> bool:
    return sums.sums_wh[A_PLUS] == 0 and 0 < sums.slots_expected <= sums.slots_measured


def days_unmeasured(day: date, own: DaySums, days: Mapping[date, DaySums]) -> int:
    """Return of how many days in a row up to this one nothing was measured: V20."""
    count, sums = 0, own
    while sums.slots_expected and not sums.slots_measured:
        count += 1
        following = days.get(day - count * ONE_DAY)
        if following is None:
            break
        sums = following
    return count


def unmeasured_severity(count: int, limits: Limits) -> tuple[Severity, float] | None:
    """Return what follows from so many days, and the limit that was reached."""
    for severity, name in ((Severity.WORK_ORDER, "V20.work_order_days"), (Severity.NOTE, "V20.warn_days")):
        if count >= limits[name]:
            return severity, limits[name]
    return None


def rules_broken(day: date, own: DaySums, days: Mapping[date, DaySums], limits: Limits) -> set[Rule]:
    """Return which of RULES a closed day breaks, as far as sums tell it."""
    found = (
        (Rule.V10, unusual_use(day, own, days, limits) is not None),
        (Rule.V13, zero_days(day, own, days, limits) > 0),
        (Rule.V20, unmeasured_severity(days_unmeasured(day, own, days), limits) is not None),
    )
    return {rule for rule, holds in found if holds}


def check_sums(context: DayContext) -> Iterator[Verdict]:
    """Yield V10, V13 and V20 of the day."""
    day, own, slots = context.day.day, own_sums(context, context.judged), tuple(context.measured)
    start = context.day.start_epoch
    unusual = unusual_use(day, own, context.days, context.limits)
    if unusual is not None:
        value, limit = unusual
        detail = "" if decree_of(day.year) else f"no production calendar of {day.year} is known"
        yield replace(_question(Rule.V10, start, value, limit, slots), detail=detail)
    zeros = zero_days(day, own, context.days, context.limits)
    if zeros and not context.has_outage(start - (zeros - 1) * 86_400, context.day.end_epoch):
        yield _question(Rule.V13, start, zeros, context.limits["V13.days"], slots)
    count = days_unmeasured(day, own, context.days)
    found = unmeasured_severity(count, context.limits)
    if found is not None:
        yield Verdict(rule=Rule.V20, severity=found[0], start_epoch=start, value=count, limit=found[1])


def _question(rule: Rule, start: int, value: float, limit: float, slots: Sequence[int]) -> Verdict:
    return Verdict(
        rule=rule,
        severity=Severity.QUESTION,
        start_epoch=start,
        value=value,
        limit=limit,
        channel=Channel.A_PLUS,
        slots=slots,
    )
