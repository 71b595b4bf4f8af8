"""What a supplier receives of a batch: one message for each piece of a block, exactly as stored.

The energies of a block that is stored as it came go on as the bytes that came; a property test holds both ways equal.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

import msgspec
import numpy as np

from metering.domain.intervals import STEP_SECONDS, STORED, CheckedBlocks, Piece, Slots
from metering.domain.reconciliation import StoredSlot
from metering.domain.registry import Installed
from topics.quality import Quality
from topics.supplier import SupplierIntervals, supplier_intervals

HEADS: Final = 200_000


class Text(NamedTuple):
    """One message for the stream of a supplier, as JSON, and its key."""

    supplier_code: str
    key: bytes
    value: bytes


def supplier_texts(checked: CheckedBlocks, *, stored_at: datetime) -> Iterator[Text]:
    """Yield what `supplier_messages` says, encoded."""
    if not checked.pieces:
        return
    slots, firsts = checked.slots, [piece.first for piece in checked.pieces]
    versions = np.where(slots.stored, slots.versions, 0)
    quality = np.where(slots.stored, slots.quality, 0).astype(np.uint8).tobytes()
    flags = np.where(slots.stored, slots.flags, 0).astype(np.uint8).tobytes()
    something = np.logical_or.reduceat(slots.stored, firsts).tolist()
    something_lost = np.logical_or.reduceat(np.any(slots.known, axis=0) & ~slots.stored, firsts).tolist()
    lowest, highest = (found.reduceat(versions, firsts).tolist() for found in (np.minimum, np.maximum))
    end = b',"stored_at":' + msgspec.json.encode(stored_at) + b"}"
    for number, piece in enumerate(checked.pieces):
        if not something[number]:
            continue
        head = _head(piece.installed)
        if something_lost[number] or not piece.whole:
            message = _message(piece, slots, stored_at)
            yield Text(head.supplier_code, head.key, supplier_intervals(head.supplier_code).encode(message))
            continue
        block, rows = checked.blocks[piece.block], slice(piece.first, piece.last)
        if lowest[number] == highest[number]:
            listed = (b"%d," % lowest[number] * (piece.last - piece.first))[:-1]
        else:
            listed = b",".join([b"%d" % version for version in versions[rows].tolist()])
        parts = (
            head.value,
            _instant(piece.start_epoch),
            _STEP,
            b'"a_plus_wh":',
            block.a_plus_wh,
            b',"a_minus_wh":',
            block.a_minus_wh,
            b',"r_plus_varh":',
            block.r_plus_varh,
            b',"r_minus_varh":',
            block.r_minus_varh,
            b',"quality":',
            _quality_text(quality[rows]),
            b',"flags":',
            _flags_text(flags[rows]),
            b',"versions":[',
            listed,
            b"]",
            end,
        )
        yield Text(head.supplier_code, head.key, b"".join(parts))


_STEP: Final = b',"step_seconds":%d,' % STEP_SECONDS
_heads: dict[int, tuple[Installed, Text]] = {}


def _head(place: Installed) -> Text:
    """Return what all messages of an installation begin with. Compared by identity: a registry holds one of each."""
    known = _heads.get(id(place))
    if known is not None and known[0] is place:
        return known[1]
    fields = {
        "point_id": place.point_id,
        "point_number": place.point_number,
        "contract_id": place.contract_id,
        "meter_serial": place.serial,
        "ratio": place.ratio,
    }
    text = msgspec.json.encode(fields)[:-1] + b',"start":'
    head = Text(place.supplier_code, str(place.point_id).encode(), text)
    if len(_heads) >= HEADS:
        _heads.clear()
    _heads[id(place)] = (place, head)
    return head


@lru_cache(maxsize=4_096)
def _instant(epoch: int) -> bytes:
    return msgspec.json.encode(datetime.fromtimestamp(epoch, UTC))


# Blocks have few different columns of these.
@lru_cache(maxsize=4_096)
def _quality_text(numbers: bytes) -> bytes:
    return msgspec.json.encode([STORED[number] for number in numbers])


@lru_cache(maxsize=4_096)
def _flags_text(numbers: bytes) -> bytes:
    return msgspec.json.encode(list(numbers))


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
