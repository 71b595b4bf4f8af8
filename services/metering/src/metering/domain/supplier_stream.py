"""What a supplier receives of a batch: one message for each piece of a block, exactly as stored."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

import numpy as np

from metering.domain.intervals import STEP_SECONDS, STORED, CheckedBlocks, Piece, Slots
from metering.domain.reconciliation import StoredSlot
from metering.domain.registry import Installed
from topics.quality import Quality
from topics.supplier import SupplierIntervals


def supplier_messages(checked: CheckedBlocks, *, stored_at: datetime) -> Iterator[tuple[str, SupplierIntervals]]:
    """Yield (supplier's code, message). A piece of which nothing was stored has no message."""
    for piece in checked.pieces:
        if checked.slots.stored[piece.first : piece.last].any():
            yield piece.installed.supplier_code, _message(piece, checked.slots, stored_at)


def _message(piece: Piece, slots: Slots, stored_at: datetime) -> SupplierIntervals:
    rows = slice(piece.first, piece.last)
    stored = slots.stored[rows]
    known = slots.known[:, rows] & stored
    columns = [
        [value if there else None for value, there in zip(values, column, strict=True)]
        for values, column in zip(slots.energies[:, rows].tolist(), known.tolist(), strict=True)
    ]
    # Number 0 is GAP, and what is not stored has neither flags nor a version.
    quality, flags, versions = (
        np.where(stored, column[rows], 0).tolist() for column in (slots.quality, slots.flags, slots.versions)
    )
    return SupplierIntervals(
        point_id=piece.installed.point_id,
        point_number=piece.installed.point_number,
        contract_id=piece.installed.contract_id,
        meter_serial=piece.installed.serial,
        ratio=piece.installed.ratio,
        start=datetime.fromtimestamp(piece.start_epoch, UTC),
        step_seconds=STEP_SECONDS,
        a_plus_wh=columns[0],
        a_minus_wh=columns[1],
        r_plus_varh=columns[2],
        r_minus_varh=columns[3],
        quality=[STORED[number] for number in quality],
        flags=flags,
        versions=versions,
        stored_at=stored_at,
    )


def stored_messages(places: Sequence[Installed], slots: Mapping[int, StoredSlot]) -> Iterator[SupplierIntervals]:
    """Yield what is stored of a point, half hours by UTC second of their start, a message a meter and ratio.

    A half hour of a meter that the registry no longer knows at the point is left out.
    """
    at = {str(place.meter_id): place for place in places}
    ordered = [(start, slots[start]) for start in sorted(slots) if slots[start].meter_id in at]
    for (meter, ratio), group in groupby(ordered, key=lambda each: (each[1].meter_id, each[1].ratio)):
        found = dict(group)
        first, last = min(found), max(found)
        rows = [found.get(start) for start in range(first, last + STEP_SECONDS, STEP_SECONDS)]
        columns = [[None if row is None else row.energies[number] for row in rows] for number in range(4)]
        yield SupplierIntervals(
            point_id=at[meter].point_id,
            point_number=at[meter].point_number,
            contract_id=at[meter].contract_id,
            meter_serial=at[meter].serial,
            ratio=ratio,
            start=datetime.fromtimestamp(first, UTC),
            step_seconds=STEP_SECONDS,
            a_plus_wh=columns[0],
            a_minus_wh=columns[1],
            r_plus_varh=columns[2],
            r_minus_varh=columns[3],
            quality=[Quality.GAP if row is None else row.quality for row in rows],
            flags=[0 if row is None else row.flags for row in rows],
            versions=[0 if row is None else row.version for row in rows],
            stored_at=datetime.fromtimestamp(max(row.stored_epoch for row in found.values()), UTC),
        )
