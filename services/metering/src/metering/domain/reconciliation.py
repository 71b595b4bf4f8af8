"""A day's half hours against the registers around it: difference, tolerance, verdict and the named cause.

Formula and order of causes: docs/architecture/ledger.md. Register values are of the meter's side, sums are not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import LocalDay
from metering.domain.profile import Channel
from metering.domain.registers import StoredSnapshot
from topics.quality import Flag, Quality
from topics.supplier_days import Cause, Verdict

REGISTER_STEP_WH: Final = 1
PROFILE_STEP_WH: Final = 1
# A reading further from a border than one half hour says nothing about the day.
FURTHEST_SECONDS: Final = STEP_SECONDS
OFF_BORDER_SECONDS: Final = 300
NEAR_THE_END: Final = 0.9
DRUM_DIGITS: Final = (5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class StoredSlot:
    """One stored half hour: energies of the four channels, Wh or varh of the meter's side."""

    energies: tuple[int | None, ...]
    quality: Quality
    flags: int
    version: int
    ratio: int
    meter_id: str
    stored_epoch: int


@dataclass(frozen=True, slots=True)
class Borders:
    """The readings nearest to the beginning and the end of a day."""

    first: StoredSnapshot
    last: StoredSnapshot

    def off_seconds(self, day: LocalDay) -> tuple[float, float]:
        """Return how far each is from its border; after it is positive."""
        return self.first.at.timestamp() - day.start_epoch, self.last.at.timestamp() - day.end_epoch


@dataclass(frozen=True, slots=True)
class Balance:
    """One channel against its registers, times the ratio; None where there are no registers of it."""

    channel: Channel
    sum_wh: int | None
    register_difference_wh: int | None = None
    residual_wh: int | None = None
    tolerance_wh: int | None = None

    @property
    def differs(self) -> bool:
        return self.residual_wh is not None and abs(self.residual_wh) > (self.tolerance_wh or 0)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The four channels and the verdict over them."""

    balances: Sequence[Balance]
    verdict: Verdict
    cause: Cause | None


def borders_of(day: LocalDay, snapshots: Sequence[StoredSnapshot]) -> Borders | None:
    """Return the readings nearest to both borders, or None if one is further away than half an hour."""
    found = [_nearest(snapshots, border) for border in (day.start_epoch, day.end_epoch)]
    return Borders(found[0], found[1]) if found[0] and found[1] and found[0] is not found[1] else None


def has_last_reading(day: LocalDay, snapshots: Sequence[StoredSnapshot]) -> bool:
    """Say whether a reading at or after the day's end is there: none nearer will come."""
    return any(0 <= each.at.timestamp() - day.end_epoch <= FURTHEST_SECONDS for each in snapshots)


def half_hours_beside(day: LocalDay, snapshots: Sequence[StoredSnapshot]) -> set[int]:
    """Return the starts of half hours of the days beside that are in the tolerance: readings were taken in them."""
    borders = borders_of(day, snapshots)
    if borders is None:
        return set()
    readings = ((day.start_epoch, borders.first), (day.end_epoch, borders.last))
    between = {_half_hour_between(border, reading.at.timestamp()) for border, reading in readings}
    return {start for start in between if start is not None and start not in day.slots}


def _nearest(snapshots: Sequence[StoredSnapshot], border: int) -> StoredSnapshot | None:
    near = [each for each in snapshots if abs(each.at.timestamp() - border) <= FURTHEST_SECONDS]
    return min(near, key=lambda each: (abs(each.at.timestamp() - border), each.at, each.frames_sha256), default=None)


def reconcile(
    day: LocalDay,
    slots: Mapping[int, StoredSlot],
    snapshots: Sequence[StoredSnapshot],
    *,
    limit_wh: int,
    missing: int,
) -> Reconciled:
    """Compare a day with its registers.

    `slots` may reach a half hour beyond both borders, which tells how much a reading off the border may add.
    `limit_wh`: the greatest possible energy of a half hour. `missing`: expected half hours of the day that are not
    there.
    """
    borders = borders_of(day, snapshots)
    ours = {start: slot for start, slot in slots.items() if day.start_epoch <= start < day.end_epoch}
    exchanged = borders is not None and borders.first.meter_id != borders.last.meter_id
    ratios = len({slot.ratio for slot in ours.values()})
    if borders is None or exchanged or ratios != 1:
        balances = [Balance(channel, _sum(ours, number)) for number, channel in enumerate(Channel)]
        cause: Cause | None = "ratio_version" if ratios > 1 else "exchange" if exchanged else None
        return Reconciled(balances, "no_registers", cause)
    balances = [_balance(day, slots, ours, borders, number, limit_wh=limit_wh) for number, _ in enumerate(Channel)]
    if all(balance.residual_wh is None for balance in balances):
        return Reconciled(balances, "no_registers", None)
    if not any(balance.differs for balance in balances):
        return Reconciled(balances, "agrees", None)
    return Reconciled(balances, "differs", _cause(day, ours, borders, balances, missing=missing))


def _sum(slots: Mapping[int, StoredSlot], number: int) -> int | None:
    """Add a channel's energies, each times its ratio; None if there is none."""
    values = [slot.energies[number] for slot in slots.values()]
    if all(value is None for value in values):
        return None
    return sum((slot.energies[number] or 0) * slot.ratio for slot in slots.values())


def _balance(
    day: LocalDay,
    slots: Mapping[int, StoredSlot],
    ours: Mapping[int, StoredSlot],
    borders: Borders,
    number: int,
    *,
    limit_wh: int,
) -> Balance:
    channel = tuple(Channel)[number]
    total = _sum(ours, number)
    before, after = (register_value(each, channel) for each in (borders.first, borders.last))
    if total is None or before is None or after is None:
        return Balance(channel, total)
    ratio = next(iter(ours.values())).ratio
    difference = ratio * advance(before, after, limit_wh=limit_wh * len(day.slots))
    allowance = sum(
        _energy_between(slots, border, snapshot.at.timestamp(), number, limit_wh=limit_wh)
        for border, snapshot in ((day.start_epoch, borders.first), (day.end_epoch, borders.last))
    )
    tolerance = ratio * (REGISTER_STEP_WH + PROFILE_STEP_WH * len(day.slots) // 2 + allowance)
    return Balance(channel, total, difference, difference - total, tolerance)


def register_value(snapshot: StoredSnapshot, channel: Channel, zone: str = "sum") -> int | None:
    """Return what a register shows; None if the meter does not have it."""
    cells = zip(snapshot.zones, snapshot.channels, snapshot.values_wh, strict=True)
    return next((value for each, name, value in cells if each == zone and name == channel.value), None)


def advance(before: int, after: int, *, limit_wh: int) -> int:
    """Return how far a register went on. A drum that ran over its last digit did; other ways back are negative."""
    if after >= before:
        return after - before
    for digits in DRUM_DIGITS:
        modulus = 10**digits * 1000
        if NEAR_THE_END * modulus <= before < modulus and modulus - before + after <= limit_wh:
            return modulus - before + after
    return after - before


def _energy_between(slots: Mapping[int, StoredSlot], border: int, at: float, number: int, *, limit_wh: int) -> int:
    """Return how much may have gone through between a border and a reading: all of the half hour between them."""
    start = _half_hour_between(border, at)
    if start is None:
        return 0
    slot = slots.get(start)
    known = None if slot is None else slot.energies[number]
    return limit_wh if known is None else known


def _half_hour_between(border: int, at: float) -> int | None:
    """Return the start of the half hour in which a reading off its border was taken."""
    return None if at == border else border if at > border else border - STEP_SECONDS


def _cause(
    day: LocalDay,
    ours: Mapping[int, StoredSlot],
    borders: Borders,
    balances: Sequence[Balance],
    *,
    missing: int,
) -> Cause:
    """Name the first cause that applies, in the order in which they are looked for."""
    flags = 0
    for slot in ours.values():
        flags |= slot.flags
    worst = max((each for each in balances if each.differs), key=lambda each: abs(each.residual_wh or 0))
    ratio = next(iter(ours.values())).ratio
    steps = ratio * (REGISTER_STEP_WH + PROFILE_STEP_WH * len(day.slots))
    applies: Sequence[tuple[bool, Cause]] = (
        (missing > 0, "missing_slots"),
        (max(map(abs, borders.off_seconds(day))) > OFF_BORDER_SECONDS, "register_off_border"),
        (bool(flags & Flag.CLOCK_SET), "clock_set"),
        (bool(flags & Flag.RATIO_CHANGE), "ratio_version"),
        (len({slot.meter_id for slot in ours.values()}) > 1, "exchange"),
        (any((each.register_difference_wh or 0) < 0 for each in balances) or bool(flags & Flag.MEM_INIT), "reset"),
        (abs(worst.residual_wh or 0) <= steps, "profile_rounding"),
        (_is_of_another_channel(worst, balances), "wrong_channel"),
    )
    return next((cause for holds, cause in applies if holds), "unexplained")


def _is_of_another_channel(worst: Balance, balances: Sequence[Balance]) -> bool:
    return any(
        other.channel is not worst.channel
        and other.sum_wh is not None
        and abs((worst.register_difference_wh or 0) - other.sum_wh) <= (worst.tolerance_wh or 0)
        for other in balances
    )
