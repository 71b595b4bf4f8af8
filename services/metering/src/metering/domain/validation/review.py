"""A day looked at by all rules: the verdicts, what has become of them, and the values that they question.

The outcome depends on what is stored alone: neither on the order in which it came nor on how often.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from metering.domain.local_days import ONE_DAY
from metering.domain.qualities import FIXED
from metering.domain.reconciliation import StoredSlot
from metering.domain.validation import clock, journals, registers, shape, slots, sums
from metering.domain.validation.context import DayContext
from metering.domain.validation.verdicts import Judged, Rule, State, Verdict
from topics.quality import Quality, decided_version

RULES: Final[Sequence[Callable[[DayContext], Iterable[Verdict]]]] = (
    slots.check_gaps,
    slots.check_ratio,
    slots.check_siblings,
    clock.check_clock,
    shape.check_spike,
    shape.check_stuck,
    sums.check_sums,
    registers.check_registers_back,
    registers.check_balance,
    registers.check_zones,
    journals.check_energy_while_off,
    journals.check_energy_after_contract,
    journals.check_marks,
)
# Rules that look at other days: by how many a change of this day reaches forward.
REACH_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Known:
    """A verdict that is stored, of any day around the one that is reviewed."""

    day: date
    state: State
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class ReviewedDay:
    """A day after the rules. `decisions`: values to be stored, by UTC second of their start.

    `news`: verdicts that are new or of which something has changed. `again`: other days that must be looked at again,
    since this one changes what the rules say of them.
    """

    context: DayContext
    judged: Sequence[Judged]
    decisions: Mapping[int, StoredSlot]
    news: Sequence[Judged] = ()
    again: Sequence[date] = field(default_factory=tuple)

    @property
    def slots(self) -> Mapping[int, StoredSlot]:
        """What counts from now on."""
        return {**self.context.slots, **self.decisions}


def review(context: DayContext, known: Sequence[Known] = ()) -> ReviewedDay:
    """Judge a day. `known`: the stored verdicts of the point on this day and on the days that it reaches."""
    found = [verdict for rule in RULES for verdict in rule(context)]
    former = {each.verdict.key: each.state for each in known if each.day == context.day.day}
    judged = [Judged(verdict, _state(context, verdict, former.get(verdict.key))) for verdict in found]
    decisions = _decisions(context, judged)
    return ReviewedDay(
        context=context,
        judged=judged,
        decisions=decisions,
        news=_news(context, judged, [each for each in known if each.day == context.day.day]),
        again=sorted(_again(context, {**context.slots, **decisions}, known)),
    )


def _state(context: DayContext, verdict: Verdict, former: State | None) -> State:
    """A verdict is settled when a person has decided on every value that it questions; a bill does not change that."""
    if not verdict.slots or not all(context.is_by_a_person(start) for start in verdict.slots):
        return State.OPEN
    edited = any(context.slots[start].quality is Quality.EDITED for start in verdict.slots)
    return State.EDITED if edited or former is State.EDITED else State.CONFIRMED


def _decisions(context: DayContext, judged: Sequence[Judged]) -> dict[int, StoredSlot]:
    """Return the values of which the quality must become another one: questioned, or good again."""
    questioned = {start for each in judged for start in each.verdict.slots}
    decisions: dict[int, StoredSlot] = {}
    for start, slot in context.measured.items():
        if context.is_fixed(start) or slot.quality in FIXED:
            continue
        counts = context.slots[start]
        quality = Quality.QUESTIONED if start in questioned else Quality.VALID
        if (counts.quality, counts.energies, counts.flags, counts.ratio) != (
            *(quality, slot.energies, slot.flags, slot.ratio),
        ):
            version = decided_version(context.now, over=counts.version)
            decisions[start] = replace(slot, quality=quality, version=version)
    return decisions


def _news(context: DayContext, judged: Sequence[Judged], known: Sequence[Known]) -> list[Judged]:
    """Return what is to be stored of the verdicts: new ones, changed ones, and those that hold no longer."""
    stored = {each.verdict.key: each for each in known}
    news = []
    for each in judged:
        former = stored.pop(each.verdict.key, None)
        if former is None or (former.state, _content(former.verdict)) != (each.state, _content(each.verdict)):
            news.append(each)
    for former in stored.values():
        gone = _gone(context, former)
        if gone is not None and gone is not former.state:
            news.append(Judged(former.verdict, gone))
    return news


def _content(verdict: Verdict) -> tuple[object, ...]:
    return verdict.severity, verdict.value, verdict.limit, verdict.detail, tuple(verdict.slots)


def _gone(context: DayContext, former: Known) -> State | None:
    """Return what becomes of a stored verdict that no rule finds any more; None if it stays as it is."""
    if former.state is State.EDITED:
        return None
    if former.verdict.rule is Rule.V09 and former.verdict.start_epoch not in context.slots:
        return None  # its value was not stored, so that nothing has come in its place yet
    edited = (context.slots[start] for start in former.verdict.slots if context.is_by_a_person(start))
    by_a_person = any(slot.quality is Quality.EDITED for slot in edited)
    return State.EDITED if by_a_person else State.WITHDRAWN


def _again(context: DayContext, after: Mapping[int, StoredSlot], known: Sequence[Known]) -> set[date]:
    """Return the later days of which the rules say something else than is stored, now that this day is `after`."""
    ours = context.day.day
    standing = [each for each in known if each.state is not State.WITHDRAWN]
    broken = {(each.day, each.verdict.rule) for each in standing}
    stuck = any(
        each.verdict.rule is Rule.V12 and each.verdict.start_epoch == context.day.end_epoch for each in standing
    )
    again: set[date] = set()
    tomorrow = ours + ONE_DAY
    if tomorrow in context.days and shape.is_stuck_into_tomorrow(context) != stuck:
        again.add(tomorrow)
    days = {**context.days, ours: sums.own_sums(context, after)}
    for day in (ours + timedelta(days=number) for number in range(1, REACH_DAYS + 1)):
        if day not in context.days:
            continue
        says = sums.rules_broken(day, days[day], days, context.limits)
        if says != {rule for rule in sums.RULES if (day, rule) in broken}:
            again.add(day)
    return again
