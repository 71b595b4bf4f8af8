"""What the methods may use: a point's actual half hours, its registers, what its journal says, and the law.

Estimates are never material: an estimate that rests on another would hide how little is known. Energies are of the
meter's side, as of the ratio that holds in the gap.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from metering.domain.estimation.legal import Substitution
from metering.domain.estimation.rounding import Number
from metering.domain.intervals import STEP_SECONDS
from metering.domain.journal_spans import Span, power_fails
from metering.domain.local_days import LocalDay, local_day
from metering.domain.production_calendar import DayType, day_type, decree_of
from metering.domain.profile import Channel
from metering.domain.qualities import GOOD
from metering.domain.reconciliation import StoredSlot
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import Installed, place_at
from metering.domain.schedules import DatedSchedule, Schedule, choose, valid_on
from metering.domain.validation.limits import PointClass
from topics.quality import Flag

# A half hour with one of these is no measure of a usual load.
UNUSUAL: Final = int(Flag.POWER_FAIL | Flag.CLOCK_SET | Flag.MEM_INIT | Flag.INCOMPLETE)


@dataclass(frozen=True, kw_only=True)
class Material:
    """All that may be used for a point's day.

    `slots`: actual half hours by UTC second of their start, from weeks before to weeks after. `good_days`: see
    `good_days_of`. `snapshots`: in order of time. `months_wh`: active import of full months before, newest first, of
    the meter's side. `control`: energies of a control meter by start, in this meter's measure.
    """

    place: Installed
    places: tuple[Installed, ...]
    day: LocalDay
    slots: Mapping[int, StoredSlot]
    good_days: Mapping[date, LocalDay]
    snapshots: Sequence[StoredSnapshot] = ()
    spans: Sequence[Span] = ()
    point_class: PointClass = PointClass.THREE_PHASE
    law: Substitution | None = None
    months_wh: Sequence[int] = ()
    last_year_wh: int | None = None
    legal_periods: int = 0
    schedules: Sequence[DatedSchedule] = ()
    tariff: str | None = None
    control: Mapping[int, tuple[int | None, ...]] = field(default_factory=dict)
    control_point: str | None = None

    @cached_property
    def outages(self) -> list[Span]:
        return power_fails(self.spans)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.day.time_zone)

    @cached_property
    def channels(self) -> tuple[int, ...]:
        """The channels that the point measures, the leading one first; active import if nothing is known."""
        known = {
            number
            for slot in self.slots.values()
            if slot.quality in GOOD
            for number, value in enumerate(slot.energies)
            if value is not None
        }
        return tuple(sorted(known)) or (0,)

    def good(self, start: int) -> StoredSlot | None:
        """Return the half hour if it is good and usual."""
        slot = self.slots.get(start)
        return slot if is_good(slot) else None

    def energies(self, channel: int) -> dict[int, int]:
        """Return every actual energy of a channel that this meter counted, by start, good or not."""
        meter = str(self.place.meter_id)
        return {
            start: energy
            for start, slot in self.slots.items()
            if slot.meter_id == meter and (energy := slot.energies[channel]) is not None
        }

    def value(self, start: int, channel: int) -> Number | None:
        """Return the good energy of a channel as of the ratio that holds now; None where there is none."""
        slot = self.good(start)
        found = None if slot is None else slot.energies[channel]
        if slot is None or found is None:
            return None
        return found if slot.ratio == self.place.ratio else Fraction(found * slot.ratio, self.place.ratio)

    @cached_property
    def zones_used(self) -> frozenset[str]:
        """The zones in which the meter has ever counted active import."""
        return frozenset(
            zone
            for each in self.snapshots
            if each.meter_id == self.place.meter_id
            for zone, name, value in zip(each.zones, each.channels, each.values_wh, strict=True)
            if name == Channel.A_PLUS.value and zone != "sum" and value
        )

    def zone_of(self, start: int) -> str | None:
        """Return the tariff zone of a half hour by the schedule of its day; None where there are no zones."""
        day = datetime.fromtimestamp(start, self.zone).date()
        if day not in self._schedule_of:
            found = choose(valid_on(self.schedules, day), tariff=self.tariff, used=set(self.zones_used))
            self._schedule_of[day] = found if len(self.zones_used) > 1 else None
        schedule = self._schedule_of[day]
        return None if schedule is None else schedule.zone_at(start, self.day.time_zone)

    @cached_property
    def _schedule_of(self) -> dict[date, Schedule | None]:
        return {}

    def type_of(self, day: date) -> DayType:
        return day_type(day)

    @property
    def calendar(self) -> str | None:
        """What the days' types rest on; None: of this year no production calendar is known."""
        return decree_of(self.day.day.year)

    def at_same_time(self, start: int, day: LocalDay) -> int | None:
        """Return the half hour of `day` at the local time of day of `start`; None where that day leaves it out."""
        local = datetime.fromtimestamp(start, self.zone)
        same = local.replace(year=day.day.year, month=day.day.month, day=day.day.day)
        found = int(same.timestamp())
        shown = datetime.fromtimestamp(found, self.zone)
        return found if (shown.hour, shown.minute) == (local.hour, local.minute) else None

    def limit(self) -> int:
        """Return the greatest possible energy of a half hour."""
        return self.place.limit(STEP_SECONDS)

    def for_day(self, day: LocalDay) -> "Material":
        """Return the same for another day."""
        return self if day == self.day else replace(self, day=day)

    def without(self, starts: Collection[int], *, day: LocalDay) -> "Material":
        """Return the same for another day, as if these half hours of it were not known."""
        hidden = frozenset(starts)
        return replace(
            self,
            day=day,
            slots={start: slot for start, slot in self.slots.items() if start not in hidden},
            good_days={each: good for each, good in self.good_days.items() if each != day.day},
        )

    def stands(self, start: int) -> bool:
        """Say whether the meter of this day stood at the point at an instant."""
        found = place_at(self.places, start)
        return found is not None and found.meter_id == self.place.meter_id


def good_days_of(slots: Mapping[int, StoredSlot], spans: Sequence[Span], time_zone: str) -> dict[date, LocalDay]:
    """Return the local days of which every half hour is good and usual, and in which the meter was never off."""
    if not slots:
        return {}
    zone = ZoneInfo(time_zone)
    first, last = (datetime.fromtimestamp(edge, zone).date().toordinal() for edge in (min(slots), max(slots)))
    outages = power_fails(spans)
    days = (local_day(date.fromordinal(number), time_zone) for number in range(first, last + 1))
    return {
        day.day: day
        for day in days
        if all(is_good(slots.get(start)) for start in day.slots)
        and not any(span.overlaps(day.start_epoch, day.end_epoch) for span in outages)
    }


def is_good(slot: StoredSlot | None) -> bool:
    """Say whether a half hour may stand for a usual load."""
    return slot is not None and slot.quality in GOOD and not slot.flags & UNUSUAL
