"""The zone watchdog: registers by tariff zone against the half hours that the schedule puts into each zone.

Schedules: `domain.schedules`. Order of causes and a worked example: docs/architecture/queries.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import permutations
from typing import Final

from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import LocalDay
from metering.domain.profile import Channel
from metering.domain.reconciliation import Borders, StoredSlot, advance, borders_of
from metering.domain.registers import StoredSnapshot
from metering.domain.schedules import Schedule, choose

FURTHEST_SHIFT: Final = 24
REGISTER_STEP_WH: Final = 1


class ZoneVerdict(str, Enum):
    """What a check came to; `not_checked` has a cause too."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_CHECKED = "not_checked"


class ZoneCause(str, Enum):
    """Why zones differ, or why they could not be checked."""

    MISSING_SLOTS = "missing_slots"
    WRONG_SCHEDULE = "wrong_schedule"
    WRONG_CLOCK = "wrong_clock"
    UNEXPLAINED = "unexplained"
    NO_REGISTERS = "no_registers"
    ONE_ZONE = "one_zone"
    NO_SCHEDULE = "no_schedule"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class ZoneSum:
    """One zone of a day, times the ratio: what its register counted, and what the schedule makes of the half hours."""

    zone: str
    register_wh: int
    profile_wh: int
    tolerance_wh: int

    @property
    def differs(self) -> bool:
        return abs(self.register_wh - self.profile_wh) > self.tolerance_wh


@dataclass(frozen=True, slots=True)
class ZoneCheck:
    """A day's check.

    shift_minutes: by how much the meter's zones are late, if that explains them. fits: the plan, with its zones in
    their order, that explains them.
    """

    verdict: ZoneVerdict
    cause: ZoneCause | None = None
    plan: str | None = None
    zones: tuple[ZoneSum, ...] = ()
    shift_minutes: int | None = None
    fits: str | None = None


def check_zones(
    day: LocalDay,
    slots: Mapping[int, StoredSlot],
    snapshots: Sequence[StoredSnapshot],
    schedules: Sequence[Schedule],
    *,
    tariff: str | None,
    limit_wh: int,
) -> ZoneCheck:
    """Check a closed day.

    slots: by UTC second, one more on each side of the day. limit_wh: the greatest possible energy of a half hour.
    """
    borders = borders_of(day, snapshots)
    if borders is None:
        return ZoneCheck(ZoneVerdict.NOT_CHECKED, ZoneCause.NO_REGISTERS)
    before, after = _registers(borders.first), _registers(borders.last)
    used = {zone for zone, value in after.items() if value}
    schedule = choose(schedules, tariff=tariff, used=used)
    obstacle = _obstacle(borders, schedule, used=used, before=set(before))
    if obstacle is not None or schedule is None:
        return ZoneCheck(ZoneVerdict.NOT_CHECKED, obstacle)
    ours = {start: slot for start, slot in slots.items() if day.start_epoch <= start < day.end_epoch}
    ratio = next((slot.ratio for slot in ours.values()), 1)
    counted = {
        zone: ratio * advance(before[zone], after[zone], limit_wh=limit_wh * len(day.slots))
        for zone in sorted(used | (set(schedule.names) & set(before) & set(after)))
    }
    tolerance = _tolerance(day, slots, borders, ratio=ratio, limit_wh=limit_wh)
    sums = _sums(day, ours, schedule, counted, tolerance)
    if not any(each.differs for each in sums):
        return ZoneCheck(ZoneVerdict.AGREES, plan=schedule.plan, zones=sums)
    if any(_a_plus(ours.get(start)) is None for start in day.slots):
        return ZoneCheck(ZoneVerdict.DIFFERS, ZoneCause.MISSING_SLOTS, schedule.plan, sums)
    return _explained(day, ours, schedule, schedules, sums, counted, tolerance)


def _obstacle(borders: Borders, schedule: Schedule | None, *, used: set[str], before: set[str]) -> ZoneCause | None:
    if borders.first.meter_id != borders.last.meter_id:
        return ZoneCause.EXCHANGE
    if len(used) <= 1:
        return ZoneCause.ONE_ZONE
    return ZoneCause.NO_SCHEDULE if schedule is None or not used <= before else None


def _explained(
    day: LocalDay,
    ours: Mapping[int, StoredSlot],
    schedule: Schedule,
    schedules: Sequence[Schedule],
    sums: tuple[ZoneSum, ...],
    counted: Mapping[str, int],
    tolerance: int,
) -> ZoneCheck:
    """Name the first explanation under which every zone agrees: zones in another order, another plan, another clock."""
    for other in (*_reordered(schedule), *(each for each in schedules if each.plan != schedule.plan)):
        if set(counted) <= set(other.names) and not _any_differs(_sums(day, ours, other, counted, tolerance)):
            fits = f"{other.plan}:{'/'.join(dict.fromkeys(other.zones))}"
            return ZoneCheck(ZoneVerdict.DIFFERS, ZoneCause.WRONG_SCHEDULE, schedule.plan, sums, fits=fits)
    for shift in sorted(range(-FURTHEST_SHIFT, FURTHEST_SHIFT + 1), key=abs):
        if not _any_differs(_sums(day, ours, schedule, counted, tolerance, late_slots=shift)):
            minutes = shift * STEP_SECONDS // 60
            return ZoneCheck(ZoneVerdict.DIFFERS, ZoneCause.WRONG_CLOCK, schedule.plan, sums, shift_minutes=minutes)
    return ZoneCheck(ZoneVerdict.DIFFERS, ZoneCause.UNEXPLAINED, schedule.plan, sums)


def _reordered(schedule: Schedule) -> Iterator[Schedule]:
    for names in permutations(schedule.names):
        if names != schedule.names:
            new = dict(zip(schedule.names, names, strict=True))
            yield Schedule(schedule.plan, schedule.titles, schedule.clock, tuple(new[zone] for zone in schedule.zones))


def _any_differs(sums: Sequence[ZoneSum]) -> bool:
    return any(each.differs for each in sums)


def _sums(
    day: LocalDay,
    ours: Mapping[int, StoredSlot],
    schedule: Schedule,
    counted: Mapping[str, int],
    tolerance: int,
    *,
    late_slots: int = 0,
) -> tuple[ZoneSum, ...]:
    totals = dict.fromkeys(sorted({*schedule.names, *counted}), 0)
    for start, slot in ours.items():
        zone = schedule.zone_at(start - late_slots * STEP_SECONDS, day.time_zone)
        totals[zone] += (_a_plus(slot) or 0) * slot.ratio
    return tuple(ZoneSum(zone, counted.get(zone, 0), total, tolerance) for zone, total in totals.items())


def _tolerance(day: LocalDay, slots: Mapping[int, StoredSlot], borders: Borders, *, ratio: int, limit_wh: int) -> int:
    """A register step, half a step a half hour, and what may have gone through between a border and its reading."""
    allowance = 0
    for border, snapshot in ((day.start_epoch, borders.first), (day.end_epoch, borders.last)):
        at = snapshot.at.timestamp()
        if at != border:
            between = _a_plus(slots.get(border if at > border else border - STEP_SECONDS))
            allowance += limit_wh if between is None else between
    return ratio * (REGISTER_STEP_WH + len(day.slots) // 2 + allowance)


def _registers(snapshot: StoredSnapshot) -> dict[str, int]:
    """Return the registers of energy taken by zone, without their sum."""
    cells = zip(snapshot.zones, snapshot.channels, snapshot.values_wh, strict=True)
    return {zone: value for zone, name, value in cells if name == Channel.A_PLUS.value and zone != "sum"}


def _a_plus(slot: StoredSlot | None) -> int | None:
    return None if slot is None else slot.energies[0]
