"""Reads the rows of an operator's CSV or XLSX file as texts. Bounded, and a formula is refused rather than believed.

An XLSX cell is read as the sheet shows a plain number; dates and percentages are no texts and are refused.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from contracts.errors import TooManyRows, UnreadableFile

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MAX_ROWS = 2_000
MAX_COLUMNS = 20
MAX_UNPACKED_BYTES = 50_000_000
MAX_PARTS = 200
DELIMITERS = ";,\t"
FORMULA_SIGNS = ("=", "+", "-", "@")
# What the library raises over files that are no sheets, found by trying damaged ones. Each ends in a refusal that
# tells the person that the file cannot be read. A compression that zipfile does not know is a RuntimeError.
_UNREADABLE = (
    *(InvalidFileException, ParseError, zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, RuntimeError),
)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell's text, trimmed. `fault` is `formula` or `invalid_value` where there is no text to believe."""

    text: str = ""
    fault: str | None = None


Row = tuple[int, tuple[Cell, ...]]
"""The row's number as the sheet shows it, and its cells."""


def read_rows(content: bytes, media_type: str) -> list[Row]:
    """Return the rows that hold anything, the header first. Blocks; megabytes take seconds.

    Raises UnreadableFile, TooManyRows.
    """
    rows = _xlsx(content) if media_type == XLSX else _csv(content)
    found: list[Row] = []
    for row in rows:
        if any(cell.text or cell.fault for cell in row[1]):
            found.append(row)
        if len(found) > MAX_ROWS + 1:
            raise TooManyRows(MAX_ROWS)
    return found


def _csv(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, tuple(_typed(cell) for cell in cells[:MAX_COLUMNS])
    except csv.Error as error:
        raise UnreadableFile from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What spreadsheet programs in Russian write; it decodes nearly any bytes.
        return content.decode("windows-1251", errors="replace")


def _typed(value: str) -> Cell:
    value = value.strip()
    return Cell(fault="formula") if value.startswith(FORMULA_SIGNS) else Cell(text=value)


def _xlsx(content: bytes) -> Iterator[Row]:
    _check_archive(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what a file claims of its size is not believed
            for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
                yield number, tuple(_cell(cell.value, cell.data_type) for cell in cells)
        finally:
            book.close()
    except _UNREADABLE as error:
        raise UnreadableFile from error


def _check_archive(content: bytes) -> None:
    """Raise UnreadableFile for an archive that would unpack to more than the machine should hold."""
    try:
        parts: Sequence[zipfile.ZipInfo] = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except _UNREADABLE as error:
        raise UnreadableFile from error
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise UnreadableFile


def _cell(value: object, data_type: str) -> Cell:
    if data_type == "f":
        return Cell(fault="formula")
    if value is None:
        return Cell()
    if isinstance(value, bool):
        return Cell(text="1" if value else "0")
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return Cell(text=str(int(value)))
    return Cell(text=value.strip()) if isinstance(value, str) else Cell(fault="invalid_value")
