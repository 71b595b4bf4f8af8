"""A Modbus meter's registers as data: a CSV with function, word address, type, word order, unit and source.

Loaded and checked at start: all faults of a file are told at once. Knows no link.
"""

import csv
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from common.errors import HalfhourError
from meter_poller.errors import BadReply

READ_HOLDING = 3
READ_INPUT = 4
COLUMNS = ("name", "function_code", "word_address", "word_count", "type", "word_order", "unit", "source")
MAX_ADDRESS = 0xFFFF

_FORMATS = {"uint32": (">I", 2), "float32": (">f", 2)}
_WORD_ORDERS = ("big", "little")
# To the units of the topics: Wh, varh, mV, mA, mHz, thousandths; a register without a unit is a plain number.
_FACTORS = {"": 1, "Wh": 1, "varh": 1, "kWh": 1_000, "kvarh": 1_000}
_FACTORS |= {"W": 1, "var": 1, "V": 1_000, "A": 1_000, "Hz": 1_000, "cos": 1_000}
_SIGNED = frozenset({"W", "var", "cos"})


class BadMap(HalfhourError):
    """A register map cannot be used. `faults` names each fault with its line."""

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        super().__init__(f"{name}: " + "; ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEntry:
    """One register: `word_count` words of 16 bits from `word_address`, zero-based."""

    name: str
    function_code: int
    word_address: int
    word_count: int
    type: str
    word_order: str
    unit: str

    def decode(self, words: Sequence[int]) -> int:
        """Return the value as a whole number in the unit of the topics, rounded to nearest.

        A float32 of kWh holds whole watt-hours exactly below 8,192 kWh (24 bits); above, its own step is
        the error. Raises BadReply for what is no number, or negative and neither power nor power factor.
        """
        ordered = words if self.word_order == "big" else list(reversed(words))
        raw = struct.pack(f">{len(ordered)}H", *ordered)
        value: float = struct.unpack(_FORMATS[self.type][0], raw)[0]
        if not math.isfinite(value) or (value < 0 and self.unit not in _SIGNED):
            raise BadReply(f"register {self.name} shows {value}")
        return math.floor(value * _FACTORS[self.unit] + 0.5)


@dataclass(frozen=True, slots=True)
class RegisterMap:
    """The registers of one model by name."""

    name: str
    entries: dict[str, MapEntry]

    def block(self, names: Sequence[str]) -> tuple[int, int, int]:
        """Return function code, first word and number of words of one read that covers all of `names`."""
        entries = [self.entries[name] for name in names]
        first = min(entry.word_address for entry in entries)
        end = max(entry.word_address + entry.word_count for entry in entries)
        return entries[0].function_code, first, end - first


def load_map(name: str) -> RegisterMap:
    """Read and check `maps/<name>.csv`. Raises BadMap."""
    text = files("meter_poller.drivers").joinpath("maps", f"{name}.csv").read_text(encoding="utf-8")
    return parse_map(name, text)


def parse_map(name: str, text: str) -> RegisterMap:
    """Check a map's text. Raises BadMap with every fault found."""
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise BadMap(name, [f"the columns must be {', '.join(COLUMNS)}"])
    entries: dict[str, MapEntry] = {}
    used: dict[tuple[int, int], str] = {}
    faults: list[str] = []
    for line, row in enumerate(reader, start=2):
        try:
            entry = _entry(row)
        except ValueError as error:
            faults.append(f"line {line}: {error}")
            continue
        if entry.name in entries:
            faults.append(f"line {line}: {entry.name} is there twice")
        for word in range(entry.word_address, entry.word_address + entry.word_count):
            taken_by = used.setdefault((entry.function_code, word), entry.name)
            if taken_by != entry.name:
                faults.append(f"line {line}: word {word} belongs to {taken_by}")
        entries[entry.name] = entry
    if faults:
        raise BadMap(name, faults)
    return RegisterMap(name, entries)


def _entry(row: dict[str, str]) -> MapEntry:
    entry = MapEntry(
        name=row["name"],
        function_code=int(row["function_code"]),
        word_address=int(row["word_address"]),
        word_count=int(row["word_count"]),
        type=row["type"],
        word_order=row["word_order"],
        unit=row["unit"],
    )
    checks = {
        "no name": not entry.name,
        "no source": not row["source"],
        f"function code {entry.function_code}": entry.function_code not in {READ_HOLDING, READ_INPUT},
        f"type {entry.type!r}": entry.type not in _FORMATS,
        f"word order {entry.word_order!r}": entry.word_order not in _WORD_ORDERS,
        f"unit {entry.unit!r}": entry.unit not in _FACTORS,
        f"word address {entry.word_address}": not 0 <= entry.word_address <= MAX_ADDRESS,
        f"word count {entry.word_count}": entry.type in _FORMATS and entry.word_count != _FORMATS[entry.type][1],
    }
    wrong = [what for what, is_wrong in checks.items() if is_wrong]
    if wrong:
        raise ValueError(", ".join(wrong))
    return entry
