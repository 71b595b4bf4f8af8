"""Checks of interval blocks on the hot path, on the columns of a batch: what is good becomes rows, the rest is refused
by name.

A block that cannot be trusted as a whole is refused whole; single impossible slots are left out (they become gaps)
and named in the refusal, and the rest of the block is stored. Rules V02, V03, V04, V07 and V09 of the validation
table in docs/architecture/metering.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Raw

from common.errors import Rejected
from metering.domain.interval_columns import IntervalColumns, read_energies, read_flags, read_quality
from metering.domain.registry import Installed, Registry
from topics.quality import RANK, RANK_FACTOR, Flag, Quality

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

STEP_SECONDS: Final = 1_800
FUTURE_SECONDS: Final = 300
# A poller's clock may be wrong, or ours: what it read is good all the same. The version must not be for ever, though.
CLOCKS_DIFFER_SECONDS: Final = 86_400
MAX_FLAGS: Final = 255
RATIO_CHANGE: Final = int(Flag.RATIO_CHANGE)
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
_RANKS: Final = np.array([RANK[quality] for quality in STORED], dtype=np.int64)


class Piece(NamedTuple):
    """Consecutive slots of one block at one installation; they are rows `first` to `last` (excluded) of the batch.

    `whole` if they are all slots of the block.
    """

    block: int
    installed: Installed
    start_epoch: int
    first: int
    last: int
    whole: bool


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

    def of(self, rows: Ints) -> "Slots":
        """Return these rows alone."""
        return Slots(
            starts=self.starts[rows],
            energies=self.energies[:, rows],
            known=self.known[:, rows],
            quality=self.quality[rows],
            flags=self.flags[rows],
            versions=self.versions[rows],
            stored=self.stored[rows],
        )


NO_SLOTS: Final = Slots(
    starts=np.zeros(0, np.int64),
    energies=np.zeros((len(CHANNELS), 0), np.int64),
    known=np.zeros((len(CHANNELS), 0), np.bool_),
    quality=np.zeros(0, np.int64),
    flags=np.zeros(0, np.int64),
    versions=np.zeros(0, np.int64),
    stored=np.zeros(0, np.bool_),
)


@dataclass(frozen=True, slots=True)
class CheckedBlocks:
    """Outcome for a batch. `refused` holds (index of the block, reason); a block may be in it and have pieces.

    The pieces cover the rows of `slots` one after another, in the order in which the store sorts. `blocks` are
    those that were checked.
    """

    pieces: Sequence[Piece]
    slots: Slots
    refused: Sequence[tuple[int, Rejected]]
    blocks: Sequence[IntervalColumns] = ()


class _Known(NamedTuple):
    """A block of a meter that we know, with the columns that few blocks differ in."""

    number: int
    block: IntervalColumns
    places: tuple[Installed, ...]
    quality: Ints
    flags: Ints
    start: float
    polled: float
    step_seconds: int
    a_plus: Raw
    a_minus: Raw
    r_plus: Raw
    r_minus: Raw


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Parts of blocks: slots `lows` to `highs` (excluded) of the block at `positions` were at `places`."""

    positions: Ints
    places: Sequence[Installed]
    lows: Ints
    highs: Ints


@dataclass(frozen=True, slots=True)
class _Columns:
    """What a batch of blocks says; `starts`, `polled` and `counts` have one number a block, the others one a slot."""

    starts: Ints
    polled: Ints
    counts: Ints
    energies: Ints
    known: Bools
    quality: Ints
    flags: Ints


def check_blocks(blocks: Sequence[IntervalColumns], registry: Registry, *, now_epoch: float) -> CheckedBlocks:
    """Check a batch. The outcome depends on blocks, registry and `now_epoch` alone."""
    faults: dict[int, Rejected] = {}
    known = _in_order(list(_known(blocks, registry, faults)))
    while known:
        columns, refused = _read(known, now_epoch=now_epoch)
        if columns is not None:
            cuts, homeless, refused = _cuts(known, columns)
            if not refused:
                break
        faults |= {known[position].number: reason for position, reason in refused.items()}
        known = [each for position, each in enumerate(known) if position not in refused]
    else:
        return CheckedBlocks([], NO_SLOTS, sorted(faults.items()), blocks)
    pieces, slots = _join(known, columns, cuts)
    left_out: dict[int, list[tuple[str, Sequence[int]]]] = {
        known[position].number: [("not_installed", offsets)] for position, offsets in homeless.items()
    }
    for piece, code, offsets in _impossible(pieces, slots):
        shift = (piece.start_epoch - int(blocks[piece.block].start.timestamp())) // STEP_SECONDS
        left_out.setdefault(piece.block, []).append((code, [shift + offset for offset in offsets]))
    faults |= {index: _reason(named) for index, named in left_out.items()}
    return CheckedBlocks(pieces, slots, sorted(faults.items()), blocks)


def _known(blocks: Sequence[IntervalColumns], registry: Registry, faults: dict[int, Rejected]) -> Iterator[_Known]:
    for index, block in enumerate(blocks):
        try:
            yield _Known(
                index,
                block,
                registry.of_meter(block.meter_id, block.serial),
                _quality(bytes(block.quality)),
                _flags(bytes(block.flags)),
                block.start.timestamp(),
                block.polled_at.timestamp(),
                block.step_seconds,
                block.a_plus_wh,
                block.a_minus_wh,
                block.r_plus_varh,
                block.r_minus_varh,
            )
        except Rejected as reason:
            faults[index] = reason


def _in_order(known: Sequence[_Known]) -> list[_Known]:
    """Sort by point and start as the store does, ids by their second half first: else it sorts each half hour."""
    halves = np.frombuffer(b"".join([each.places[0].point_id.bytes for each in known]), ">u8")
    starts = np.array([each.start for each in known], np.float64)
    return [known[position] for position in np.lexsort((starts, halves[::2], halves[1::2])).tolist()]


# Blocks spell few different columns of these, so most are found as read before.
@lru_cache(maxsize=4_096)
def _quality(text: bytes) -> Ints:
    """Return a block's quality as numbers of STORED, as they are once it has passed. Raises Rejected."""
    qualities = read_quality(text)
    if any(quality not in PASSED for quality in qualities):
        raise Rejected(f"a poller says {', '.join(PASSED)} and nothing else", code="unexpected_quality")
    return np.array([NUMBER[PASSED[quality]] for quality in qualities], np.int64)


@lru_cache(maxsize=4_096)
def _flags(text: bytes) -> Ints:
    """Return a block's flags. Raises Rejected."""
    flags = read_flags(text)
    if flags and (min(flags) < 0 or max(flags) > MAX_FLAGS):
        raise Rejected("flags are a mask of eight bits", code="invalid_flags")
    return np.array(flags, np.int64)


def _read(known: Sequence[_Known], *, now_epoch: float) -> tuple[_Columns | None, dict[int, Rejected]]:
    """Return the columns of all blocks, or those that cannot be trusted as a whole, by position, with the reason."""
    _, _, _, qualities, flags, started, polled_at, steps, *channels = zip(*known, strict=True)
    try:
        energies = read_energies([raw for channel in channels for raw in channel])
    except Rejected:
        return None, dict(_unreadable(known))
    lengths = energies.counts.reshape(len(channels), len(known))
    counts = lengths[0]
    others = (lengths[1:], [[len(each) for each in qualities], [len(each) for each in flags]])
    starts, polled = np.array(started, np.float64), np.array(polled_at, np.float64)
    ends = starts + counts * STEP_SECONDS
    latest = np.maximum(now_epoch, polled) + FUTURE_SECONDS
    rules = (
        ("unequal_columns", "the columns differ in length", np.any(np.concatenate(others) != counts, axis=0)),
        ("invalid_message", "a block has at least one slot", counts == 0),
        ("wrong_step", f"the step is not {STEP_SECONDS} s", np.array(steps) != STEP_SECONDS),
        ("misaligned_start", "the start is no border of a half hour", starts % STEP_SECONDS != 0),
        ("future_interval", "the half hours end in the future, or before 1970", (starts < 0) | (ends > latest)),
        (
            "future_poll",
            "read over a day ahead, or before 1970",
            (polled < 0) | (polled > now_epoch + CLOCKS_DIFFER_SECONDS),
        ),
    )
    refused: dict[int, Rejected] = {}
    for code, text, broken in rules:
        for position in np.flatnonzero(broken).tolist():
            block = known[position].block
            where = f"from {block.start.isoformat()}, read at {block.polled_at.isoformat()}"
            refused.setdefault(position, Rejected(f"{text}: {where}", code=code))
    if refused:
        return None, refused
    return _Columns(
        starts.astype(np.int64),
        polled.astype(np.int64),
        counts,
        energies.values.reshape(len(channels), -1),
        energies.known.reshape(len(channels), -1),
        np.concatenate(qualities),
        np.concatenate(flags),
    ), {}


def _unreadable(known: Sequence[_Known]) -> Iterator[tuple[int, Rejected]]:
    for position, each in enumerate(known):
        try:
            read_energies([each.a_plus, each.a_minus, each.r_plus, each.r_minus])
        except Rejected as reason:
            yield position, reason


def _cuts(known: Sequence[_Known], columns: _Columns) -> tuple[_Cuts, Mapping[int, Sequence[int]], dict[int, Rejected]]:
    """Cut the blocks by installations: the parts, the measured slots that lie in none, the blocks that lie in none."""
    first = [each.places[0] for each in known]
    lasts = columns.starts + (columns.counts - 1) * STEP_SECONDS
    begun = np.array([place.from_epoch for place in first], np.int64) <= columns.starts
    within = begun & (lasts < np.array([place.to_epoch for place in first], np.int64))
    if within.all():
        return _Cuts(np.arange(len(first)), first, np.zeros(len(first), np.int64), columns.counts), {}, {}
    cuts: list[tuple[int, Installed, int, int]] = []
    homeless: dict[int, Sequence[int]] = {}
    refused: dict[int, Rejected] = {}
    starts, counts = columns.starts.tolist(), columns.counts.tolist()
    for position, (each, start, count) in enumerate(zip(known, starts, counts, strict=True)):
        found = [(position, place, *_slots_at(place, start, count)) for place in each.places]
        found = [cut for cut in found if cut[2] < cut[3]]
        if not found:
            detail = f"meter {each.block.meter_id} was at no point at that time"
            refused[position] = Rejected(detail, code="not_installed")
            continue
        cuts += found
        housed = {slot for _, _, low, high in found for slot in range(low, high)}
        lost = [slot for slot in np.flatnonzero(each.quality).tolist() if slot not in housed]
        if lost:
            homeless[position] = lost
    positions, places, lows, highs = zip(*cuts, strict=True) if cuts else ((), (), (), ())
    return _Cuts(_ints(positions), places, _ints(lows), _ints(highs)), homeless, refused


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, np.int64)


def _slots_at(place: Installed, start: int, count: int) -> tuple[int, int]:
    low = max(0, -((start - place.from_epoch) // STEP_SECONDS))
    return low, min(count, -((start - place.to_epoch) // STEP_SECONDS))


def _join(known: Sequence[_Known], columns: _Columns, cuts: _Cuts) -> tuple[list[Piece], Slots]:
    positions, lows, lengths = cuts.positions, cuts.lows, cuts.highs - cuts.lows
    lasts = np.cumsum(lengths)
    firsts = lasts - lengths
    starts = columns.starts[positions] + lows * STEP_SECONDS
    whole = lengths == columns.counts[positions]
    numbers = [known[position].number for position in positions.tolist()]
    bounds = (starts.tolist(), firsts.tolist(), lasts.tolist(), whole.tolist())
    pieces = list(map(Piece._make, zip(numbers, cuts.places, *bounds, strict=True)))
    total = int(lengths.sum())
    within = np.arange(total) - np.repeat(firsts, lengths)
    energies, there, quality, flags = columns.energies, columns.known, columns.quality, columns.flags
    if total != len(quality):
        begins = np.cumsum(columns.counts) - columns.counts
        rows = np.repeat(begins[positions] + lows, lengths) + within
        energies, there, quality, flags = energies[:, rows], there[:, rows], quality[rows], flags[rows]
    quality = _held(quality, flags)
    limits = np.repeat(np.array([place.limit(STEP_SECONDS) for place in cuts.places], np.int64), lengths)
    versions = _RANKS[quality] * RANK_FACTOR + np.repeat(columns.polled[positions], lengths)
    possible: Bools = np.all(~there | ((energies >= 0) & (energies <= limits)), axis=0)
    stored = (quality > 0) & np.any(there, axis=0) & possible
    starts = np.repeat(starts, lengths) + within * STEP_SECONDS
    return pieces, Slots(starts, energies, there, quality, flags, versions, stored)


def _held(quality: Ints, flags: Ints) -> Ints:
    """V05: a half hour in which the ratio changed belongs to neither; it is questioned from the start."""
    changed: Bools = (flags & RATIO_CHANGE != 0) & (quality == NUMBER[Quality.VALID])
    return np.where(changed, NUMBER[Quality.QUESTIONED], quality) if changed.any() else quality


def _impossible(pieces: Sequence[Piece], slots: Slots) -> Iterator[tuple[Piece, str, list[int]]]:
    """Yield (piece, code, offsets in the piece) of slots that hold a value which cannot be."""
    suspect: Bools = (slots.quality > 0) & np.any(slots.known, axis=0) & ~slots.stored
    if not suspect.any():
        return
    negative: Bools = np.any(slots.known & (slots.energies < 0), axis=0)
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
