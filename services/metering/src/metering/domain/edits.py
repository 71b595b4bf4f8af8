"""What a person decides on stored half hours: which change is possible, how large it is, whether a second must confirm.

Nothing is erased: each decision is a further version, its number says what it stands above
(`topics.quality.persons_version`). Pure. Rules with figures: docs/architecture/estimation.md, "Editing".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from metering.domain.intervals import CHANNELS, STEP_SECONDS
from metering.domain.qualities import METERED
from metering.domain.reconciliation import StoredSlot
from metering.domain.registry import Installed, place_at
from metering.errors import EditImpossible
from topics.quality import Quality, billed_version, is_decided, persons_version, value_version

MAX_SLOTS: Final = 31 * 48
ACTIVE: Final = (0, 1)


class EditKind(str, Enum):
    """Other values; the questioned values confirmed as they are; the values before an edit put back."""

    VALUES = "values"
    ACCEPT = "accept"
    RESTORE = "restore"


class EditState(str, Enum):
    """`approved` is decided but not in the store yet; that follows within seconds, whatever is killed."""

    PENDING = "pending"
    APPROVED = "approved"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditSlot:
    """One half hour of an edit: what shall stand there and what stood there.

    Energies of the meter's side, each with the ratio that it is stored with, which need not be the place's of today.
    """

    start: int
    meter_id: UUID
    energies: tuple[int | None, ...]
    quality: Quality
    flags: int
    ratio: int
    former_quality: Quality | None
    former_energies: tuple[int | None, ...] | None
    former_ratio: int | None
    former_version: int | None

    @property
    def delta_wh(self) -> int:
        """Return by how much active energy changes, each value times its own ratio; a gap counts as nothing."""
        before, ratio = self.former_energies or (None,) * len(CHANNELS), self.former_ratio or 1
        return sum(abs(self.ratio * (self.energies[n] or 0) - ratio * (before[n] or 0)) for n in ACTIVE)


@dataclass(frozen=True, slots=True)
class Limits:
    """Above either a second person confirms."""

    energy_wh: int
    share_of_month: float


def month_of(starts: Sequence[int], time_zone: str, *, now: datetime) -> date:
    """Return the first day of the local month of these half hours.

    Raises EditImpossible if they are none, off the grid, doubled, too many, in the future or of several months.
    """
    zone = ZoneInfo(time_zone)
    if not starts or len(starts) > MAX_SLOTS:
        raise EditImpossible(f"an edit is of 1 to {MAX_SLOTS} half hours")
    if len(set(starts)) != len(starts) or any(start % STEP_SECONDS for start in starts):
        raise EditImpossible("each half hour begins on the half hour and comes once")
    if max(starts) + STEP_SECONDS > now.timestamp():
        raise EditImpossible("a half hour has not ended yet")
    months = {datetime.fromtimestamp(start, zone).date().replace(day=1) for start in starts}
    if len(months) > 1:
        raise EditImpossible("the half hours are of several months", code="several_months")
    return months.pop()


def month_bounds(month: date, time_zone: str) -> tuple[int, int]:
    """Return the local month as UTC seconds, half-open."""
    zone = ZoneInfo(time_zone)
    following = (month + timedelta(days=31)).replace(day=1)
    first, last = (datetime(day.year, day.month, 1, tzinfo=zone) for day in (month, following))
    return int(first.timestamp()), int(last.timestamp())


def energy_wh(slots: Mapping[int, StoredSlot]) -> int:
    """Return the active energy of half hours, times the ratio."""
    return sum(slot.ratio * (slot.energies[n] or 0) for slot in slots.values() for n in ACTIVE)


def new_values(
    values: Mapping[int, tuple[int | None, ...]], stored: Mapping[int, StoredSlot], places: Sequence[Installed]
) -> list[EditSlot]:
    """Return an edit that puts these values, primary ones, in the place of what is stored; None leaves a channel.

    Raises EditImpossible for a value that cannot be, or where no meter stood.
    """
    return [_edited(start, values[start], stored.get(start), places) for start in sorted(values)]


def _edited(
    start: int, primary: tuple[int | None, ...], former: StoredSlot | None, places: Sequence[Installed]
) -> EditSlot:
    at = datetime.fromtimestamp(start, UTC).isoformat()
    place = place_at(tuple(places), start)
    if place is None:
        raise EditImpossible(f"no meter stood at the point at {at}", code="not_installed")
    if all(value is None for value in primary):
        raise EditImpossible(f"there is no value for {at}")
    before = (None,) * len(CHANNELS) if former is None else _primary(former)
    primary = tuple(old if value is None else value for value, old in zip(primary, before, strict=True))
    if any((value or 0) % place.ratio for value in primary):
        raise EditImpossible(f"values are multiples of the ratio {place.ratio}", code="not_a_multiple_of_the_ratio")
    energies = tuple(None if value is None else value // place.ratio for value in primary)
    if any(value is not None and not 0 <= value <= place.limit(STEP_SECONDS) for value in energies):
        raise EditImpossible(f"a value for {at} is below zero or physically impossible", code="above_physical_limit")
    return EditSlot(
        start=start,
        meter_id=place.meter_id,
        energies=energies,
        quality=Quality.EDITED,
        flags=0 if former is None else former.flags,
        ratio=place.ratio,
        **_former(former),
    )


def _primary(slot: StoredSlot) -> tuple[int | None, ...]:
    return tuple(None if value is None else value * slot.ratio for value in slot.energies)


def accepted(starts: Sequence[int], stored: Mapping[int, StoredSlot]) -> list[EditSlot]:
    """Return an edit that confirms questioned values as they are. Raises EditImpossible for any other value."""
    slots: list[EditSlot] = []
    for start in sorted(starts):
        slot = stored.get(start)
        if slot is None or slot.quality is not Quality.QUESTIONED:
            at = datetime.fromtimestamp(start, UTC).isoformat()
            raise EditImpossible(f"the value of {at} is not questioned", code="not_questioned")
        slots.append(_kept(start, slot, energies=slot.energies, ratio=slot.ratio, quality=Quality.ACCEPTED))
    return slots


def restored(edit: Sequence[EditSlot], versions: Sequence[int], stored: Mapping[int, StoredSlot]) -> list[EditSlot]:
    """Return an edit that puts back what stood before `edit`, whose slots have these versions in the store.

    Raises EditImpossible if nothing stood there, or another value stands there by now.
    """
    slots: list[EditSlot] = []
    for before, version in zip(edit, versions, strict=True):
        slot = stored.get(before.start)
        if slot is None or slot.version not in (version, billed_version(version)):
            raise EditImpossible("another value stands there by now", code="values_changed")
        energies, ratio, quality = before.former_energies, before.former_ratio, before.former_quality
        if energies is None or ratio is None or quality is None:
            raise EditImpossible("nothing stood there before", code="nothing_before")
        slots.append(_kept(before.start, slot, energies=energies, ratio=ratio, quality=quality))
    return slots


def _kept(start: int, slot: StoredSlot, *, energies: tuple[int | None, ...], ratio: int, quality: Quality) -> EditSlot:
    return EditSlot(
        start=start,
        meter_id=UUID(slot.meter_id),
        energies=energies,
        quality=quality,
        flags=slot.flags,
        ratio=ratio,
        **_former(slot),
    )


def _former(slot: StoredSlot | None) -> dict[str, Any]:
    names = ("quality", "energies", "ratio", "version")
    return {f"former_{name}": None if slot is None else getattr(slot, name) for name in names}


def needs_second_person(delta_wh: int, *, month_wh: int, limits: Limits) -> bool:
    """Say whether a change of so much of a month's energy is above a limit; any change of an empty month is."""
    return delta_wh > limits.energy_wh or delta_wh > limits.share_of_month * month_wh


def unchanged(slots: Sequence[EditSlot], stored: Mapping[int, StoredSlot]) -> bool:
    """Say whether what is stored is still what the edit was made over."""
    return all(slot.former_version == (stored[slot.start].version if slot.start in stored else None) for slot in slots)


def version_of(slot: EditSlot, *, decided_at: datetime) -> int:
    """Return the version of a decision: always above that which it was made over."""
    former = slot.former_version or 0
    # A decision over anything else gives way to an actual value.
    decides = slot.former_quality in METERED or is_decided(former)
    if decides:
        return persons_version(decided_at, over=former)
    return max(value_version(slot.quality, decided_at), former + 1)
