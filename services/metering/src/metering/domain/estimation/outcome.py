"""What follows from new estimates of a day over what stands there: values, versions, what is over. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from metering.domain.estimation.estimate import E2, Estimate
from metering.domain.estimation.stored import StoredEstimate
from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import instant
from metering.domain.qualities import GOOD
from metering.domain.reconciliation import StoredSlot
from metering.domain.registry import Installed
from topics.quality import RANK, RANK_FACTOR, Quality, value_version

NAMES: Final = UUID("6f1f6b0e-5d0c-5c8c-9b5e-2f0d7b3f2b51")
ACTIVE: Final = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`added`: estimates to be kept. `values`: half hours to be written. `over`: of them nothing counts any more.

    `replaced`: those of `over` in whose place actual values came.
    """

    added: Sequence[StoredEstimate] = ()
    values: Mapping[int, StoredSlot] = field(default_factory=dict)
    over: Sequence[StoredEstimate] = ()
    replaced: Sequence[StoredEstimate] = ()


def unknown(
    expected: Iterable[int], slots: Mapping[int, StoredSlot], ours: Sequence[StoredEstimate]
) -> tuple[list[int], list[int]]:
    """Return the half hours of which nothing stands there, and those at which an estimate of ours counts."""
    counted = counting(slots, ours)
    starts = list(expected)
    return [start for start in starts if start not in slots], [start for start in starts if start in counted]


def counting(slots: Mapping[int, StoredSlot], ours: Iterable[StoredEstimate]) -> dict[int, StoredEstimate]:
    """Return by start the estimate of ours that counts there."""
    return {
        start: each for each in ours for start in each.starts if start in slots and slots[start].version == each.version
    }


def outcome(
    place: Installed,
    found: Sequence[Estimate],
    slots: Mapping[int, StoredSlot],
    ours: Sequence[StoredEstimate],
    *,
    now: datetime,
) -> Outcome:
    """Say what becomes of estimates over what counts (`slots`) and what of ours is open. A repeat says nothing new."""
    added: list[StoredEstimate] = []
    values: dict[int, StoredSlot] = {}
    kept: list[StoredEstimate] = []
    for each in found:
        stored = _same(each, ours) or _new(place, each, ours, now=now)
        winning = [start for start in stored.starts if _wins(stored.version, slots.get(start))]
        if stored not in ours and not winning:
            continue
        kept.append(stored)
        if stored not in ours:
            added.append(stored)
        values.update({start: _slot(stored, start, place, now) for start in winning})
    after = {**slots, **values}
    over = [each for each in ours if each not in kept and _is_over(each, after)]
    measured = [each for each in over if _is_replaced(each, slots)]
    return Outcome(added=added, values=values, over=over, replaced=measured)


def _same(found: Estimate, ours: Iterable[StoredEstimate]) -> StoredEstimate | None:
    return next(
        (each for each in ours if (each.start, each.end, each.digest) == (found.start, found.end, found.digest)), None
    )


def _new(place: Installed, found: Estimate, ours: Sequence[StoredEstimate], *, now: datetime) -> StoredEstimate:
    version = version_of(found, ours, now=now)
    return StoredEstimate(
        id=uuid5(NAMES, f"{place.point_id} {found.start} {version} {found.digest}"),
        point_id=place.point_id,
        start=found.start,
        end=found.end,
        method=found.method,
        quality=found.quality,
        version=version,
        meter_id=place.meter_id,
        flags=found.flags,
        columns=found.columns,
        inputs=found.inputs,
        parameters=found.parameters,
        back_test=found.back_test,
        digest=found.digest,
        made_at=now,
    )


def version_of(found: Estimate, ours: Sequence[StoredEstimate], *, now: datetime) -> int:
    """Return the version of a new estimate: of its quality's rank, above every former one of that rank.

    A zero of E2 is as good as measured, so its second is that of its first half hour's end: whatever is read from the
    meter is later and takes its place.
    """
    second = instant(found.start + STEP_SECONDS) if found.method == E2 else now
    version = value_version(found.quality, second)
    former = [
        each.version
        for each in ours
        if each.version // RANK_FACTOR == RANK[found.quality] and each.start < found.end and each.end > found.start
    ]
    return max([version, *(each + 1 for each in former)])


def _wins(version: int, there: StoredSlot | None) -> bool:
    return there is None or there.version < version


def _slot(stored: StoredEstimate, start: int, place: Installed, now: datetime) -> StoredSlot:
    return StoredSlot(
        stored.energies[start],
        stored.quality,
        stored.flags,
        stored.version,
        place.ratio,
        str(stored.meter_id),
        int(now.timestamp()),
    )


def _is_over(each: StoredEstimate, after: Mapping[int, StoredSlot]) -> bool:
    """Say whether a higher version stands at every half hour; one that was not written yet is not over."""
    return all(start in after and after[start].version > each.version for start in each.starts)


def _is_replaced(each: StoredEstimate, slots: Mapping[int, StoredSlot]) -> bool:
    """Say whether what counts instead is actual: measured, or what a person states."""
    return all(
        start in slots
        and slots[start].version > each.version
        and (slots[start].quality in GOOD or slots[start].quality is Quality.QUESTIONED)
        for start in each.starts
    )


def energy_wh(estimates: Iterable[StoredEstimate], ratio: int) -> int:
    """Return the active energy of estimates, times the ratio."""
    return ratio * sum(energies[n] or 0 for each in estimates for energies in each.energies.values() for n in ACTIVE)


def actual_wh(estimates: Iterable[StoredEstimate], slots: Mapping[int, StoredSlot]) -> int:
    """Return the active energy that counts in their place, times the ratio."""
    there = [slots[start] for each in estimates for start in each.starts if start in slots]
    return sum(slot.ratio * (slot.energies[n] or 0) for slot in there for n in ACTIVE)
