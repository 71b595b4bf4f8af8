"""V09 on the hot path: what a batch left out because it cannot be, as verdicts. Masks over columns, rows for faults."""

from collections.abc import Iterator
from datetime import date
from typing import Final
from uuid import UUID

import numpy as np

from metering.domain.intervals import STEP_SECONDS, Bools, CheckedBlocks, Piece, Slots
from metering.domain.local_days import day_at
from metering.domain.profile import Channel
from metering.domain.validation.verdicts import Judged, Rule, Severity, State, Verdict

# A block of a broken meter may hold thousands; what is wrong with it is clear from these.
NAMED_SLOTS: Final = 100


def impossible_values(checked: CheckedBlocks) -> list[tuple[UUID, date, Judged]]:
    """Return (point, local day, V09) for each half hour that holds a value which is not stored: it cannot be."""
    slots = checked.slots
    suspect: Bools = (slots.quality > 0) & np.any(slots.known, axis=0) & ~slots.stored
    if not suspect.any():
        return []
    return [found for piece in checked.pieces for found in _of_piece(piece, slots, suspect)]


def _of_piece(piece: Piece, slots: Slots, suspect: Bools) -> Iterator[tuple[UUID, date, Judged]]:
    limit = piece.installed.limit(STEP_SECONDS)
    for row in (piece.first + np.flatnonzero(suspect[piece.first : piece.last])[:NAMED_SLOTS]).tolist():
        start = int(slots.starts[row])
        day = day_at(start, piece.installed.time_zone).day
        for number, channel in enumerate(Channel):
            value = int(slots.energies[number, row])
            if slots.known[number, row] and not 0 <= value <= limit:
                verdict = Verdict(
                    rule=Rule.V09,
                    severity=Severity.QUESTION,
                    start_epoch=start,
                    value=value,
                    limit=0 if value < 0 else limit,
                    channel=channel,
                    detail="left out: the half hour is a gap",
                )
                yield piece.installed.point_id, day, Judged(verdict, State.OPEN)
