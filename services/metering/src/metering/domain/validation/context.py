"""What a rule may know of a point's day: all of it, read once for many points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from metering.domain.journal_spans import Span, power_fails
from metering.domain.local_days import LocalDay
from metering.domain.qualities import ACTUAL, FIXED
from metering.domain.reconciliation import StoredSlot
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import Installed, place_at
from metering.domain.schedules import DatedSchedule
from metering.domain.validation.limits import Limits
from topics.quality import Quality, is_decided, ranks_of_decisions


def is_billed(slot: StoredSlot) -> bool:
    return slot.quality is Quality.REVENUE


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySums:
    """A closed day as it was published last: `sums_wh` of the four channels, times the ratio."""

    sums_wh: Sequence[int | None]
    slots_expected: int
    slots_received: int
    slots_valid: int
    slots_estimated: int

    @property
    def is_whole(self) -> bool:
        """Say whether every half hour counts as measured and good."""
        return self.slots_valid == self.slots_expected > 0

    @property
    def slots_measured(self) -> int:
        return self.slots_received - self.slots_estimated


@dataclass(frozen=True, kw_only=True)
class DayContext:
    """A day of a point.

    `slots`: what counts, by UTC second of the start, from a day before to a day after. `automatic`: the same without
    what rules and persons decided. `snapshots`: from half an hour before to half an hour after the day, in
    order, and the last one before.
    `days`: closed days around this one. `spans`: those of the journal that reach into the day or the days before it.
    `contract_closed_at`: when contracts told of the contract's end. `schedules`: of tariff zones, all of the supplier.
    """

    places: tuple[Installed, ...]
    day: LocalDay
    now: datetime
    limits: Limits
    slots: Mapping[int, StoredSlot]
    automatic: Mapping[int, StoredSlot]
    snapshots: Sequence[StoredSnapshot] = ()
    days: Mapping[date, DaySums] = field(default_factory=dict)
    spans: Sequence[Span] = ()
    contract_closed_at: datetime | None = None
    schedules: Sequence[DatedSchedule] = ()
    tariff: str | None = None

    @cached_property
    def expected(self) -> list[int]:
        """The starts of the half hours at which a meter stood at the point."""
        return [start for start in self.day.slots if place_at(self.places, start) is not None]

    @cached_property
    def judged(self) -> dict[int, StoredSlot]:
        """The values that the rules look at: what a person or a bill has fixed, else what came by itself.

        A rule's own decision is left out: it must come again from the values, or fall.
        """
        return {
            start: slot if self.is_fixed(start) else self.automatic.get(start, slot)
            for start, slot in self.slots.items()
        }

    @cached_property
    def measured(self) -> dict[int, StoredSlot]:
        """Those of `judged` within the day that the meter measured, in order."""
        return {
            start: self.judged[start]
            for start in self.day.slots
            if start in self.judged and self.judged[start].quality in ACTUAL
        }

    @cached_property
    def outages(self) -> list[Span]:
        return power_fails(self.spans)

    @property
    def is_whole(self) -> bool:
        """Say whether all half hours are there and measured."""
        return len(self.expected) > 0 and all(start in self.measured for start in self.expected)

    def is_fixed(self, start: int) -> bool:
        """Say whether no rule may decide otherwise: a person did, or a closed bill has used it."""
        slot = self.slots.get(start)
        return slot is not None and slot.quality in FIXED and (is_decided(slot.version) or is_billed(slot))

    def is_by_a_person(self, start: int) -> bool:
        """Say whether what counts was decided by a person, before or after a bill used it."""
        slot = self.slots.get(start)
        if slot is None or slot.quality not in FIXED or not is_decided(slot.version):
            return False
        return not is_billed(slot) or ranks_of_decisions(slot.version) > 1

    def has_outage(self, start: float, end: float) -> bool:
        """Say whether the meter was without power within [start, end)."""
        return any(span.overlaps(start, end) for span in self.outages)
