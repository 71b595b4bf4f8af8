"""V05, V06 and V17: what is missing of a day, or beside its values."""

from collections.abc import Iterator
from typing import Final

from metering.domain.profile import Channel
from metering.domain.registry import place_at
from metering.domain.validation.context import DayContext
from metering.domain.validation.verdicts import Rule, Severity, Verdict
from topics.quality import Flag

A_PLUS: Final = 0
RATIO_CHANGE: Final = int(Flag.RATIO_CHANGE)
SIBLINGS: Final = ((Channel.R_PLUS, 2),)


def check_gaps(context: DayContext) -> Iterator[Verdict]:
    """Yield V06 with the number of missing half hours; their reasons are told with the gaps."""
    missing = sum(start not in context.slots for start in context.expected)
    if missing:
        yield Verdict(
            rule=Rule.V06,
            severity=Severity.GAP,
            start_epoch=context.day.start_epoch,
            value=missing,
            limit=0,
            detail=f"{missing} of {len(context.expected)} half hours",
        )


def check_ratio(context: DayContext) -> Iterator[Verdict]:
    """Yield V05 for half hours whose ratio is not the passport's, or changed while they ran."""
    wrong: dict[int, tuple[int, int]] = {}
    for start, slot in context.measured.items():
        place = place_at(context.places, start)
        if place is not None and (slot.ratio != place.ratio or slot.flags & RATIO_CHANGE):
            wrong[start] = (slot.ratio, place.ratio)
    if wrong:
        stored, passport = next(iter(wrong.values()))
        yield Verdict(
            rule=Rule.V05,
            severity=Severity.QUESTION,
            start_epoch=context.day.start_epoch,
            value=stored,
            limit=passport,
            detail=f"{len(wrong)} half hours",
            slots=tuple(wrong),
        )


def check_siblings(context: DayContext) -> Iterator[Verdict]:
    """Yield V17 where A+ is known and its sibling is not, if the point has that at all."""
    for channel, number in SIBLINGS:
        is_expected = bool(context.limits["V17.expected"]) or any(
            slot.energies[number] is not None for slot in context.judged.values()
        )
        missing = [
            start
            for start, slot in context.measured.items()
            if slot.energies[A_PLUS] is not None and slot.energies[number] is None
        ]
        if is_expected and missing:
            yield Verdict(
                rule=Rule.V17,
                severity=Severity.NOTE,
                start_epoch=context.day.start_epoch,
                value=len(missing),
                limit=0,
                channel=channel,
                detail=f"{len(missing)} half hours",
            )
