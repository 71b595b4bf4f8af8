"""V11 and V12: a half hour that stands out of its day, and a value that does not move."""

from collections.abc import Iterator, Mapping
from typing import Final

from metering.domain.intervals import STEP_SECONDS
from metering.domain.profile import Channel
from metering.domain.qualities import ACTUAL
from metering.domain.reconciliation import StoredSlot
from metering.domain.validation.context import DayContext
from metering.domain.validation.verdicts import Rule, Severity, Verdict

A_PLUS: Final = 0
THIRD: Final = 2


def check_spike(context: DayContext) -> Iterator[Verdict]:
    """Yield V11 if the highest half hour is too far above the third highest; of half a day at least."""
    values = {
        start: slot.energies[A_PLUS] * slot.ratio
        for start, slot in context.measured.items()
        if slot.energies[A_PLUS] is not None
    }
    if len(values) <= THIRD or 2 * len(values) < len(context.expected):
        return
    ranked = sorted(values, key=lambda start: (-values[start], start))
    first, third = values[ranked[0]], values[ranked[THIRD]]
    limit = context.limits["V11.percent"]
    percent = _excess_percent(first, third)
    if percent > limit and first - third >= context.limits["V11.least_wh"]:
        above = [start for start in ranked[:THIRD] if _excess_percent(values[start], third) > limit]
        yield Verdict(
            rule=Rule.V11,
            severity=Severity.QUESTION,
            start_epoch=ranked[0],
            value=percent,
            limit=limit,
            channel=Channel.A_PLUS,
            slots=sorted(above),
        )


def _excess_percent(value: int, third: int) -> float:
    """Nothing is less than one watt-hour, so that an idle day has a figure too."""
    return round(100 * (value - third) / max(third, 1), 1)


def check_stuck(context: DayContext) -> Iterator[Verdict]:
    """Yield V12 for each run of one value that is too long; it may have begun the day before."""
    limit = int(context.limits["V12.half_hours"])
    reach = (limit - 1) * STEP_SECONDS
    for start, length in _runs(context.judged, context.day.start_epoch - reach, context.day.end_epoch):
        ours = [slot for slot in _slots(start, length) if slot >= context.day.start_epoch and slot in context.measured]
        if length >= limit and ours:
            yield Verdict(
                rule=Rule.V12,
                severity=Severity.QUESTION,
                start_epoch=ours[0],
                value=length,
                limit=limit,
                channel=Channel.A_PLUS,
                slots=ours,
            )


def is_stuck_into_tomorrow(context: DayContext) -> bool:
    """Say whether V12 holds for the beginning of the next day, as far as this day makes it."""
    limit = int(context.limits["V12.half_hours"])
    reach = (limit - 1) * STEP_SECONDS
    border = context.day.end_epoch
    return any(
        length >= limit and start <= border < start + length * STEP_SECONDS
        for start, length in _runs(context.judged, border - reach, border + reach + STEP_SECONDS)
    )


def _runs(slots: Mapping[int, StoredSlot], first: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (start, number of half hours) of runs of one value that is not zero, within [first, end)."""
    begin, length, former = first, 0, 0
    for start in range(first, end, STEP_SECONDS):
        value = _measured(slots.get(start))
        if value and value == former:
            length += 1
            continue
        if former:
            yield begin, length
        begin, length, former = start, 1, value
    if former:
        yield begin, length


def _measured(slot: StoredSlot | None) -> int:
    """Return the energy of a half hour that was measured, else zero, of which there are no runs."""
    known = slot is not None and slot.quality in ACTUAL
    return (slot.energies[A_PLUS] or 0) if slot is not None and known else 0


def _slots(start: int, length: int) -> range:
    return range(start, start + length * STEP_SECONDS, STEP_SECONDS)
