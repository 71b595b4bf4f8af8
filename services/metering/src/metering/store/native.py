"""A block in ClickHouse's Native format: each column as the engine holds it in memory, so it parses nothing.

Knows no table. Both clients take it by `raw_insert`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import numpy as np
import numpy.typing as npt

Ids: TypeAlias = npt.NDArray[np.uint64]

_MORE: Final = 0x80


@dataclass(frozen=True, slots=True)
class NativeBlock:
    """Columns of `num_rows` values, encoded."""

    names: Sequence[str]
    num_rows: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Column:
    """A column by the name of its type in the engine; `nulls` where there is no value."""

    type_name: str
    values: npt.NDArray[np.generic]
    nulls: npt.NDArray[np.bool_] | None = None


def block_of(columns: Mapping[str, Column], *, num_rows: int) -> NativeBlock:
    """Encode columns of one length. The values have the width that their type has."""
    parts: list[Any] = [_varint(len(columns)), _varint(num_rows)]
    for name, column in columns.items():
        parts += [_text(name), _text(column.type_name)]
        if column.nulls is not None:
            parts.append(column.nulls)
        parts.append(column.values)
    return NativeBlock(tuple(columns), num_rows, b"".join(parts))


def ids(values: Sequence[UUID]) -> Ids:
    """Return ids as a UUID column has them: two numbers each, the first half of the text first."""
    halves = np.frombuffer(b"".join([each.bytes for each in values]), ">u8")
    return halves.astype("<u8").reshape(-1, 2)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _varint(len(encoded)) + encoded


def _varint(number: int) -> bytes:
    found = bytearray()
    while number >= _MORE:
        found.append(number % _MORE | _MORE)
        number //= _MORE
    found.append(number)
    return bytes(found)
