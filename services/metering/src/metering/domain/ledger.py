"""The daily ledger: what a closed day says, and whether it says something new. Pure: the same input, the same digest.

Canonical form of the digest: `topics.supplier_days`. How days are closed: docs/architecture/ledger.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import LocalDay
from metering.domain.profile import Channel
from metering.domain.qualities import ESTIMATED, GOOD
from metering.domain.reconciliation import Reconciled, StoredSlot, reconcile
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import Installed, place_at
from topics.quality import Quality
from topics.supplier_days import (
    FORMS,
    Cause,
    DaySum,
    FormerRegisters,
    Reason,
    SupplierDay,
    Verdict,
    day_digest,
    form_of,
)

NO_DIGEST: Final = "0" * 64


class SaidOfRegisters(NamedTuple):
    """What a revision says of the registers; the figures by channel, in the order of its sums."""

    register_differences_wh: Sequence[int | None]
    residuals_wh: Sequence[int | None]
    tolerances_wh: Sequence[int | None]
    verdict: Verdict
    cause: Cause | None


_NONE: Final = (None,) * len(Channel)
NOTHING_SAID: Final = SaidOfRegisters(_NONE, _NONE, _NONE, "no_registers", None)


@dataclass(frozen=True, slots=True)
class Revision:
    """What the next revision of a day must know of the newest one. `sums_wh`: of the four channels."""

    number: int
    digest: str
    slots_missing: int
    sums_wh: Sequence[int | None]
    slots_estimated: int = 0
    slots_edited: int = 0
    slots_billed: int = 0
    registers: SaidOfRegisters = NOTHING_SAID


def day_of(
    places: Sequence[Installed],
    contract_numbers: Mapping[UUID, str],
    day: LocalDay,
    slots: Mapping[int, StoredSlot],
    snapshots: Sequence[StoredSnapshot],
    *,
    previous: Revision | None,
    closed_at: datetime,
) -> SupplierDay | None:
    """Say what a day of a point is as stored now, as the revision behind `previous`; None if no meter stood there.

    If no meter stood there by what the registry says now, but a revision is out, all of it is taken back.
    `slots`: by UTC second of their start; those outside of the day only help to judge readings off the border.
    """
    expected = [start for start in day.slots if place_at(tuple(places), start) is not None]
    if not expected:
        if previous is None:
            return None
        slots = {}
    rows = [slots.get(start) for start in day.slots]
    received = sum(row is not None for row in rows)
    # A slot may be there although the registry says by now that no meter stood at the point.
    missing = sum(start not in slots for start in expected)
    estimated = sum(row is not None and row.quality in ESTIMATED for row in rows)
    limit_wh = max(place.limit(STEP_SECONDS) for place in places)
    reconciled = reconcile(day, slots, snapshots, limit_wh=limit_wh, missing=missing)
    place = place_at(tuple(places), expected[-1]) if expected else None
    place = place or next((each for each in reversed(places) if each.from_epoch < day.end_epoch), places[0])
    made = SupplierDay(
        point_id=place.point_id,
        point_number=place.point_number,
        contract_id=place.contract_id,
        contract_number=contract_numbers.get(place.contract_id),
        day=day.day,
        time_zone=day.time_zone,
        revision=1 if previous is None else previous.number + 1,
        state="incomplete" if missing else "complete",
        reason="closed" if previous is None else "changed",
        digest=NO_DIGEST,
        previous_digest=None if previous is None else previous.digest,
        closed_at=closed_at,
        start=datetime.fromtimestamp(day.start_epoch, UTC),
        step_seconds=STEP_SECONDS,
        a_plus_wh=_column(rows, 0),
        a_minus_wh=_column(rows, 1),
        r_plus_varh=_column(rows, 2),
        r_minus_varh=_column(rows, 3),
        quality=[Quality.GAP if row is None else row.quality for row in rows],
        flags=[0 if row is None else row.flags for row in rows],
        versions=[0 if row is None else row.version for row in rows],
        ratios=[None if row is None else row.ratio for row in rows],
        slots_expected=len(expected),
        slots_received=received,
        slots_valid=sum(row is not None and row.quality in GOOD for row in rows),
        slots_estimated=estimated,
        slots_missing=missing,
        sums=_sums(reconciled, previous),
        verdict=reconciled.verdict,
        cause=reconciled.cause,
    )
    made = msgspec.structs.replace(made, digest=day_digest(made), digest_form=FORMS[0])
    if previous is None:
        return made
    change = _change(previous, made) if expected else "withdrawn"
    reason: Reason = "late" if change == "late" else made.reason
    return msgspec.structs.replace(
        made, change=change, reason=reason, former_registers=_former(previous.registers, made)
    )


def as_published(made: SupplierDay, digest: str, said: SaidOfRegisters) -> SupplierDay | None:
    """Return a day as it was when it was published with this digest, in whatever form, and this of its registers.

    Readings may have come since. None if the half hours are no longer those that were published.
    """
    then = _as_said(made, said)
    form = form_of(then, digest)
    return None if form is None else msgspec.structs.replace(then, digest=digest, digest_form=form)


def says_nothing_new(made: SupplierDay, previous: Revision) -> bool:
    """Whether a day is what the newest revision says. That one may have a digest of a former form."""
    if made.digest == previous.digest:
        return True
    then = as_published(made, previous.digest, previous.registers)
    return then is not None and said_of_registers(then) == said_of_registers(made)


def _as_said(made: SupplierDay, said: SaidOfRegisters) -> SupplierDay:
    columns = zip(made.sums, said.register_differences_wh, said.residuals_wh, said.tolerances_wh, strict=True)
    sums: list[DaySum] = [
        msgspec.structs.replace(each, register_difference_wh=difference, residual_wh=residual, tolerance_wh=tolerance)
        for each, difference, residual, tolerance in columns
    ]
    then = msgspec.structs.replace(made, sums=sums, verdict=said.verdict, cause=said.cause)
    if made.former_registers is not None:
        deltas = _deltas(made.former_registers.register_difference_wh, said.register_differences_wh)
        former = msgspec.structs.replace(made.former_registers, register_delta_wh=deltas)
        then = msgspec.structs.replace(then, former_registers=former)
    return then


def said_of_registers(day: SupplierDay) -> SaidOfRegisters:
    """Return what a day says of its registers."""
    return SaidOfRegisters(
        [each.register_difference_wh for each in day.sums],
        [each.residual_wh for each in day.sums],
        [each.tolerance_wh for each in day.sums],
        day.verdict,
        day.cause,
    )


def count(day: SupplierDay, quality: Quality) -> int:
    """Return how many half hours of a day have a quality."""
    return day.quality.count(quality)


def _column(rows: Sequence[StoredSlot | None], number: int) -> list[int | None]:
    return [None if row is None else row.energies[number] for row in rows]


def _change(previous: Revision, made: SupplierDay) -> str:
    """Name the first change that holds; `topics.supplier_days.Change` says what each means."""
    same_sums = [each.sum_wh for each in made.sums] == list(previous.sums_wh)
    applies = (
        (count(made, Quality.EDITED) > previous.slots_edited, "edited"),
        (same_sums and count(made, Quality.REVENUE) > previous.slots_billed, "billed"),
        (made.slots_estimated > previous.slots_estimated, "estimated"),
        (made.slots_estimated < previous.slots_estimated, "estimate_replaced"),
        (made.slots_missing < previous.slots_missing, "late"),
        (made.slots_missing > previous.slots_missing, "withdrawn"),
        (as_published(made, previous.digest, previous.registers) is not None, "registers"),
    )
    return next((name for holds, name in applies if holds), "measured")


def _former(former: SaidOfRegisters, made: SupplierDay) -> FormerRegisters:
    differences, residuals, tolerances, verdict, cause = former
    return FormerRegisters(
        register_difference_wh=list(differences),
        residual_wh=list(residuals),
        tolerance_wh=list(tolerances),
        register_delta_wh=_deltas(differences, [each.register_difference_wh for each in made.sums]),
        verdict=verdict,
        cause=cause,
    )


def _deltas(before: Sequence[int | None], after: Sequence[int | None]) -> list[int | None]:
    return [None if new is None or old is None else new - old for old, new in zip(before, after, strict=True)]


def _sums(reconciled: Reconciled, previous: Revision | None) -> list[DaySum]:
    before: Sequence[int | None] = (None,) * len(reconciled.balances) if previous is None else previous.sums_wh
    return [
        DaySum(
            channel=balance.channel.value,
            sum_wh=balance.sum_wh,
            register_difference_wh=balance.register_difference_wh,
            residual_wh=balance.residual_wh,
            tolerance_wh=balance.tolerance_wh,
            delta_wh=None if balance.sum_wh is None or former is None else balance.sum_wh - former,
            previous_wh=former,
        )
        for balance, former in zip(reconciled.balances, before, strict=True)
    ]
