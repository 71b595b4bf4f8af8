"""The texts of the pages in another language, by the client's own catalogues: one walk serves both languages."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Literal

LOCALES = Path(__file__).resolve().parents[2] / "services/web/client/src/locales"
AREAS = ("", "account", "metering", "operator")
ENTRY = re.compile(r'^msgid (".+")\nmsgstr (".*")$', re.MULTILINE)

Language = Literal["ru", "en"]


class Texts:
    """Called with a text of the source, which is Russian; a placeholder of the text is given as it stands there."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def __call__(self, russian: str, **values: str) -> str:
        text = russian if self.language == "ru" else _english()[russian]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@cache
def _english() -> dict[str, str]:
    found: dict[str, str] = {}
    for area in AREAS:
        catalogue = (LOCALES / area / "en.po").read_text(encoding="utf-8")
        found |= {json.loads(russian): json.loads(english) for russian, english in ENTRY.findall(catalogue)}
    return found
