"""Text that people type: trimmed, never empty, free of control characters (PostgreSQL refuses NUL, logs the rest).

Use as `Annotated[Line, Field(max_length=100)]`.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_CONTROLS = {"Cc", "Cs"}
_LINE_ENDS = {"Zl", "Zp"}
_ALLOWED_IN_PARAGRAPHS = {"\n", "\t"}


def _one_line(value: str) -> str:
    if any(unicodedata.category(character) in _CONTROLS | _LINE_ENDS for character in value):
        msg = "control characters and line ends are not allowed"
        raise ValueError(msg)
    return value


def _paragraphs(value: str) -> str:
    value = value.replace("\r\n", "\n")
    if any(unicodedata.category(c) in _CONTROLS and c not in _ALLOWED_IN_PARAGRAPHS for c in value):
        msg = "control characters other than line ends are not allowed"
        raise ValueError(msg)
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_one_line)]
Paragraphs = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_paragraphs)]
