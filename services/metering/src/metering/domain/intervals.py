"""Checks of interval blocks on the hot path, on columns: what is good becomes rows, the rest is refused by name.

A block that cannot be trusted as a whole is refused whole; single impossible slots are left out (they become gaps)
and named in the refusal, and the rest of the block is stored. Rules V02, V03, V04, V07 and V09 of the validation
table in docs/architecture/metering.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from common.errors import Rejected
from metering.domain.registry import Installed, Registry
from topics.poller import IntervalBlock
from topics.quality import RANK, RANK_FACTOR, Quality

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

STEP_SECONDS: Final = 1_800
FUTURE_SECONDS: Final = 300
MAX_FLAGS: Final = 255
NAMED_SLOTS: Final = 100

CHANNELS: Final = ("a_plus_wh", "a_minus_wh", "r_plus_varh", "r_minus_varh")
# Quality by its number in the store's enum; 0 stands for a gap, which is never stored.
STORED: Final = (
    Quality.GAP,
    Quality.RAW,
    Quality.VALID,
    Quality.REVENUE,
    Quality.QUESTIONED,
    Quality.ACCEPTED,
    Quality.CONTROL,
    Quality.DERIVED,
    Quality.INTERP,
    Quality.HISTORY,
    Quality.LEGAL,
    Quality.EDITED,
)
NUMBER: Final = {quality: number for number, quality in enumerate(STORED)}
# What a poller may say, and what it becomes once it has passed the checks.
PASSED: Final = {Quality.RAW: Quality.VALID, Quality.DERIVED: Quality.DERIVED, Quality.GAP: Quality.GAP}
_PASSED_NUMBER: Final = {raw: NUMBER[passed] for raw, passed in PASSED.items()}
_RANKS: Final = np.array([RANK[quality] for quality in STORED], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive slots of one block at one installation; they are rows `first` to `last` (excluded) of the batch."""

    block: int
    installed: Installed
    start_epoch: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Slots:
    """All slots of a batch as columns of one length, gaps included; `stored` marks the rows that hold a value.

    starts: UTC seconds. energies: (4, n) in the order of CHANNELS, meaningless where not `known`. quality: numbers
    of STORED. versions: see `topics.quality.value_version`.
    """

    starts: Ints
    energies: Ints
    known: Bools
    quality: Ints
    flags: Ints
    versions: Ints
    stored: Bools


@dataclass(frozen=True, slots=True)
class CheckedBlocks:
    """Outcome for a batch. `refused` holds (index of the block, reason); a block may be in it and have pieces."""

    pieces: Sequence[Piece]
    slots: Slots
    refused: Sequence[tuple[int, Rejected]]


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece before it is joined to the batch."""

    block: int
    installed: Installed
    start_epoch: int
    polled_epoch: int
    energies: Sequence[Any]
    quality: Sequence[int]
    flags: Sequence[int]


def check_blocks(blocks: Sequence[IntervalBlock], registry: Registry, *, now_epoch: float) -> CheckedBlocks:
    """Check a batch. The outcome depends on blocks, registry and `now_epoch` alone."""
    parts: list[_Part] = []
    refused: dict[int, list[tuple[str, Sequence[int]]]] = {}
    reasons: list[tuple[int, Rejected]] = []
    for index, block in enumerate(blocks):
        try:
            _check_shape(block, now_epoch=now_epoch)
            places = registry.of_meter(block.meter_id, block.serial)
            found, homeless = _parts(index, block, places)
        except Rejected as reason:
            reasons.append((index, reason))
            continue
        parts.extend(found)
        if homeless:
            refused.setdefault(index, []).append(("not_installed", homeless))
    pieces, slots = _join(parts)
    for piece, code, offsets in _impossible(pieces, slots):
        block_start = int(blocks[piece.block].start.timestamp())
        shift = (piece.start_epoch - block_start) // STEP_SECONDS
        refused.setdefault(piece.block, []).append((code, [shift + offset for offset in offsets]))
    reasons.extend((index, _reason(faults)) for index, faults in refused.items())
    return CheckedBlocks(pieces, slots, sorted(reasons, key=lambda each: each[0]))


def _check_shape(block: IntervalBlock, *, now_epoch: float) -> None:
    """Raise Rejected if the block as a whole cannot be trusted."""
    count = len(block.a_plus_wh)
    columns = (block.a_minus_wh, block.r_plus_varh, block.r_minus_varh, block.quality, block.flags)
    if any(len(column) != count for column in columns):
        raise Rejected("the columns differ in length", code="unequal_columns")
    if block.step_seconds != STEP_SECONDS:
        raise Rejected(f"the step is {block.step_seconds} s, expected {STEP_SECONDS}", code="wrong_step")
    start = block.start.timestamp()
    if start % STEP_SECONDS:
        raise Rejected(f"{block.start.isoformat()} is no border of a half hour", code="misaligned_start")
    if start < 0 or start + count * STEP_SECONDS > now_epoch + FUTURE_SECONDS:
        raise Rejected(f"{count} half hours from {block.start.isoformat()} end in the future", code="future_interval")
    if not 0 <= block.polled_at.timestamp() <= now_epoch + FUTURE_SECONDS:
        raise Rejected(f"read at {block.polled_at.isoformat()}, in the future", code="future_poll")
    if sum(block.quality.count(quality) for quality in PASSED) != count:
        raise Rejected(f"a poller says {', '.join(PASSED)} and nothing else", code="unexpected_quality")
    if min(block.flags) < 0 or max(block.flags) > MAX_FLAGS:
        raise Rejected("flags are a mask of eight bits", code="invalid_flags")


def _parts(index: int, block: IntervalBlock, places: tuple[Installed, ...]) -> tuple[list[_Part], list[int]]:
    """Cut a block by installations; return the parts and the slots that lie in none.

    Raises Rejected if no slot lies in one, or a number is too large for any column.
    """
    try:
        energies = [pa.array(getattr(block, channel), pa.int64()) for channel in CHANNELS]
    except (OverflowError, pa.ArrowInvalid) as error:
        raise Rejected(str(error), code="above_physical_limit") from error
    quality = _quality_numbers(block.quality)
    count, start = len(quality), int(block.start.timestamp())
    polled_epoch = int(block.polled_at.timestamp())
    parts: list[_Part] = []
    homeless = set(range(count)) if len(places) > 1 or not _covers(places[0], start, count) else set()
    for place in places:
        low = max(0, -((start - place.from_epoch) // STEP_SECONDS))
        high = min(count, -((start - place.to_epoch) // STEP_SECONDS))
        if low < high:
            homeless.difference_update(range(low, high))
            columns = [column[low:high] for column in energies]
            begin = start + low * STEP_SECONDS
            parts.append(_Part(index, place, begin, polled_epoch, columns, quality[low:high], block.flags[low:high]))
    homeless.difference_update(slot for slot in tuple(homeless) if not quality[slot])
    if not parts:
        raise Rejected(f"meter {block.meter_id} was at no point at that time", code="not_installed")
    return parts, sorted(homeless)


def _quality_numbers(quality: Sequence[Quality]) -> list[int]:
    # Counting compares in C; a dictionary of enum members hashes each of them in Python.
    if quality.count(Quality.RAW) == len(quality):
        return [_PASSED_NUMBER[Quality.RAW]] * len(quality)
    return [_PASSED_NUMBER[each] for each in quality]


def _covers(place: Installed, start: int, count: int) -> bool:
    return place.from_epoch <= start and start + (count - 1) * STEP_SECONDS < place.to_epoch


def _join(parts: Sequence[_Part]) -> tuple[list[Piece], Slots]:
    lengths = np.array([len(part.quality) for part in parts], dtype=np.int64)
    ends = np.cumsum(lengths)
    pieces = [
        Piece(part.block, part.installed, part.start_epoch, int(end - length), int(end))
        for part, length, end in zip(parts, lengths, ends, strict=True)
    ]
    total = int(lengths.sum())
    within = np.arange(total, dtype=np.int64) - np.repeat(ends - lengths, lengths)
    starts = np.repeat(_column(part.start_epoch for part in parts), lengths) + within * STEP_SECONDS
    columns = [_joined([part.energies[i] for part in parts]) for i in range(len(CHANNELS))]
    energies = np.stack([column.fill_null(0).to_numpy() for column in columns])
    known = np.stack([column.is_valid().to_numpy(zero_copy_only=False) for column in columns])
    quality = _column(number for part in parts for number in part.quality)
    flags = _column(mask for part in parts for mask in part.flags)
    polled = np.repeat(_column(part.polled_epoch for part in parts), lengths)
    limits = np.repeat(_column(part.installed.limit(STEP_SECONDS) for part in parts), lengths)
    possible: Bools = np.all((energies >= 0) & (energies <= limits), axis=0)
    stored = (quality > 0) & np.any(known, axis=0) & possible
    return pieces, Slots(starts, energies, known, quality, flags, _RANKS[quality] * RANK_FACTOR + polled, stored)


def _column(values: Iterator[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _joined(arrays: Sequence[Any]) -> Any:
    return pa.concat_arrays(arrays) if arrays else pa.array([], pa.int64())


def _impossible(pieces: Sequence[Piece], slots: Slots) -> Iterator[tuple[Piece, str, list[int]]]:
    """Yield (piece, code, offsets in the piece) of slots that hold a value which cannot be."""
    suspect: Bools = (slots.quality > 0) & np.any(slots.known, axis=0) & ~slots.stored
    if not suspect.any():
        return
    negative: Bools = np.any(slots.energies < 0, axis=0)
    for piece in pieces:
        rows = slice(piece.first, piece.last)
        for code, mask in (
            ("above_physical_limit", suspect[rows] & ~negative[rows]),
            ("negative_energy", suspect[rows] & negative[rows]),
        ):
            if mask.any():
                yield piece, code, np.flatnonzero(mask).tolist()


def _reason(faults: Sequence[tuple[str, Sequence[int]]]) -> Rejected:
    named = (
        f"{code}: slots {', '.join(map(str, slots[:NAMED_SLOTS]))}{', …' if len(slots) > NAMED_SLOTS else ''}"
        for code, slots in faults
    )
    return Rejected("; ".join(named), code=faults[-1][0])
