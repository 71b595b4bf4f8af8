"""Interval blocks as the hot path reads them: the head decoded, the columns as the bytes of their JSON until a whole
batch of them is turned into arrays at once.

Accepts and refuses what `topics.poller.IntervalBlock` does. A column of plain numbers and nulls never becomes Python
objects; any other spelling of JSON is decoded block by block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta, Raw

from common.errors import Rejected
from common.kafka.topic import Message, Topic
from topics.poller import INTERVAL_BLOCKS, MAX_SLOTS, IntervalBlock, Utc
from topics.quality import Quality

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# More than any meter counts in a half hour, and less than a sum of it and anything else needs to overflow.
GREATEST: Final = 2**62

_UNKNOWN: Final = -1
_PLAIN: Final = b"0123456789,[]nul"
_OPEN, _CLOSE, _COMMA = b"[],"


class IntervalColumns(Message, frozen=True, kw_only=True, gc=False):
    """What metering needs of a `topics.poller.IntervalBlock`; the columns are undecoded JSON."""

    meter_id: str
    serial: str
    start: Utc
    step_seconds: Annotated[int, Meta(gt=0, le=86_400)]
    a_plus_wh: Raw
    a_minus_wh: Raw
    r_plus_varh: Raw
    r_minus_varh: Raw
    quality: Raw
    flags: Raw
    polled_at: Utc


INTERVAL_COLUMNS: Final[Topic[IntervalColumns]] = INTERVAL_BLOCKS.read_as(IntervalColumns)

_energies: Final = msgspec.json.Decoder(Annotated[list[int | None], Meta(max_length=MAX_SLOTS)])
_qualities: Final = msgspec.json.Decoder(Annotated[list[Quality], Meta(max_length=MAX_SLOTS)])
_flags: Final = msgspec.json.Decoder(Annotated[list[int], Meta(max_length=MAX_SLOTS)])


@dataclass(frozen=True, slots=True)
class Energies:
    """Columns of energies, one behind the other: `counts` values of each. Meaningless where not `known`."""

    counts: Ints
    values: Ints
    known: Bools


def columns_of(block: IntervalBlock) -> IntervalColumns:
    """Return a block as the hot path would have read it."""
    return INTERVAL_COLUMNS.decode(INTERVAL_BLOCKS.encode(block), INTERVAL_BLOCKS.headers())


def read_energies(raws: Sequence[Raw]) -> Energies:
    """Read columns of energies.

    Raises Rejected with code `invalid_message` if one of them is no list of whole numbers and nulls: then read them
    one by one to learn which.
    """
    joined = b",".join(raws)
    text = np.frombuffer(joined, np.uint8)
    opens, closes = np.flatnonzero(text == _OPEN), np.flatnonzero(text == _CLOSE)
    flat = len(opens) == len(closes) == len(raws) and bool(np.all(closes[:-1] + 2 == opens[1:]))
    # A minus sign is not plain: in plain text -1 may stand for null.
    if not raws or not flat or np.any(closes == opens + 1) or joined.translate(None, _PLAIN):
        return _read_spelled(raws)
    commas = np.flatnonzero(text == _COMMA)
    counts = np.searchsorted(commas, closes) - np.searchsorted(commas, opens) + 1
    plain = joined.translate(None, b"[]")
    if np.any(counts > MAX_SLOTS):
        return _read_spelled(raws)
    if b"n" not in plain:
        values = np.fromstring(plain, np.int64, sep=",")
        return Energies(counts, np.minimum(values, GREATEST), np.ones(len(values), np.bool_))
    values = np.fromstring(plain.replace(b"null", b"-1"), np.int64, sep=",")
    return Energies(counts, np.minimum(values, GREATEST), values != _UNKNOWN)


def _read_spelled(raws: Sequence[Raw]) -> Energies:
    columns = [_decoded(_energies, raw) for raw in raws]
    values = [value for column in columns for value in column]
    return Energies(
        np.array([len(column) for column in columns], np.int64),
        np.array([0 if value is None else max(-GREATEST, min(GREATEST, value)) for value in values], np.int64),
        np.array([value is not None for value in values], np.bool_),
    )


def read_quality(text: bytes) -> list[Quality]:
    """Read a block's quality. Raises Rejected with code `invalid_message`."""
    found: list[Quality] = _decoded(_qualities, text)
    return found


def read_flags(text: bytes) -> list[int]:
    """Read a block's flags. Raises Rejected with code `invalid_message`."""
    found: list[int] = _decoded(_flags, text)
    return found


def _decoded(decoder: msgspec.json.Decoder[Any], text: bytes | Raw) -> Any:
    """Decode what is known to be JSON."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise Rejected(str(error), code="invalid_message") from error
