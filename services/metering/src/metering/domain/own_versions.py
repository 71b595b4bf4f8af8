"""Versions of half hours that are made here, not read from a meter, in the form in which a batch is stored and sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np

from metering.domain.intervals import CHANNELS, NUMBER, STEP_SECONDS, Bools, CheckedBlocks, Piece, Slots
from metering.domain.reconciliation import StoredSlot
from metering.domain.registry import Installed
from topics.quality import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVersion:
    """One half hour from `start` (UTC seconds); energies of the meter's side, None: not measured.

    `ratio` is that of the energies: the place's may have been corrected since they were read.
    """

    point_id: UUID
    meter_id: UUID
    start: int
    energies: tuple[int | None, ...]
    ratio: int
    quality: Quality
    flags: int
    version: int

    @classmethod
    def of(cls, point_id: UUID, start: int, slot: StoredSlot) -> "OwnVersion":
        return cls(
            point_id=point_id,
            meter_id=UUID(slot.meter_id),
            start=start,
            energies=slot.energies,
            ratio=slot.ratio,
            quality=slot.quality,
            flags=slot.flags,
            version=slot.version,
        )

    def slot(self, *, stored_epoch: int) -> StoredSlot:
        """Return it as it is read back when it was stored then."""
        return StoredSlot(
            energies=self.energies,
            quality=self.quality,
            flags=self.flags,
            version=self.version,
            ratio=self.ratio,
            meter_id=str(self.meter_id),
            stored_epoch=stored_epoch,
        )


def as_batch(versions: Sequence[OwnVersion], places: Mapping[UUID, tuple[Installed, ...]]) -> CheckedBlocks:
    """Return the versions as a checked batch. What the registry no longer knows at the point is left out."""
    kept: list[tuple[OwnVersion, Installed]] = []
    for each in sorted(versions, key=lambda one: (str(one.point_id), one.start, one.version)):
        place = place_of(each, places.get(each.point_id, ()))
        if place is not None:
            kept.append((each, replace(place, ratio=each.ratio)))
    energies = np.array([[value or 0 for value in each.energies] for each, _ in kept], dtype=np.int64)
    known = np.array([[value is not None for value in each.energies] for each, _ in kept], dtype=np.bool_)
    is_there: Bools = np.any(known.reshape(-1, len(CHANNELS)), axis=1)
    slots = Slots(
        starts=np.array([each.start for each, _ in kept], dtype=np.int64),
        energies=energies.reshape(-1, len(CHANNELS)).T.copy(),
        known=known.reshape(-1, len(CHANNELS)).T.copy(),
        quality=np.array([NUMBER[each.quality] for each, _ in kept], dtype=np.int64),
        flags=np.array([each.flags for each, _ in kept], dtype=np.int64),
        versions=np.array([each.version for each, _ in kept], dtype=np.int64),
        stored=is_there,
    )
    return CheckedBlocks(_pieces(kept), slots, [])


def _pieces(kept: Sequence[tuple[OwnVersion, Installed]]) -> list[Piece]:
    pieces: list[Piece] = []
    for row, (each, place) in enumerate(kept):
        former = pieces[-1] if pieces else None
        if former is not None and former.installed == place and _ends(former) == each.start:
            pieces[-1] = Piece(former.block, place, former.start_epoch, former.first, row + 1, whole=False)
        else:
            pieces.append(Piece(0, place, each.start, row, row + 1, whole=False))
    return pieces


def _ends(piece: Piece) -> int:
    return piece.start_epoch + (piece.last - piece.first) * STEP_SECONDS


def place_of(each: OwnVersion, places: Sequence[Installed]) -> Installed | None:
    """Return where the version's meter stood; None if it did not stand at the point then."""
    return next(
        (
            place
            for place in places
            if place.meter_id == each.meter_id and place.from_epoch <= each.start < place.to_epoch
        ),
        None,
    )
