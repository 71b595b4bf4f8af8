"""Texts of letters and notifications: kinds, languages and words are data in `wording/*.toml`.

A kind is a table with its `source` and, per language, `title` and `text`; `instants` names fields that hold ISO
instants, `times` those of today of which the time alone is shown, `zone` the field with the time zone of both (without
it, the portal's), `words.<field>.<language>` the only values that a field may have, with what is shown for them, and
`instead.<field>.<language>` what is shown for some values, while others are shown as they are.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from common.errors import Rejected
from notify.domain import Source

LANGUAGES = ("ru", "en")
DEFAULT_LANGUAGE = "ru"
_FOLDER = Path(__file__).with_name("wording")


@dataclass(frozen=True, kw_only=True)
class Text:
    title: str
    text: str


class Texts:
    """One file of wording. `constants` may be used by every text."""

    def __init__(self, file: str, *, zone: str, constants: Mapping[str, str] | None = None) -> None:
        self._kinds: dict[str, Any] = tomllib.loads((_FOLDER / file).read_text(encoding="utf-8"))
        self._sources = {kind: Source(wording["source"]) for kind, wording in self._kinds.items()}
        self._zone = ZoneInfo(zone)
        self._constants = dict(constants or {})

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self._kinds)

    def source(self, kind: str) -> Source:
        """Return whom a kind comes from. Raises Rejected with code `unknown_kind`."""
        if kind not in self._sources:
            raise Rejected(f"there is no text for kind {kind!r}", code="unknown_kind")
        return self._sources[kind]

    def render(self, kind: str, *, language: str, fields: Mapping[str, str]) -> Text:
        """Return the text in `language`, or in Russian if there is no such language.

        Raises Rejected with code `unknown_kind` or `unfit_fields`.
        """
        wording = self._kinds.get(kind)
        if wording is None:
            raise Rejected(f"there is no text for kind {kind!r}", code="unknown_kind")
        spoken = language if language in LANGUAGES else DEFAULT_LANGUAGE
        try:
            zone = ZoneInfo(fields[wording["zone"]]) if "zone" in wording else self._zone
            shown = {name: _shown(wording, name, value, spoken, zone) for name, value in fields.items()}
            every = self._constants | shown
            return Text(
                title=wording[spoken]["title"].format_map(every), text=wording[spoken]["text"].format_map(every)
            )
        except (KeyError, ValueError) as error:
            raise Rejected(f"fields of kind {kind!r} do not fit its text: {error}", code="unfit_fields") from error

    def check(self, kind: str, *, fields: Mapping[str, str]) -> None:
        """Raise as `render` unless the text can be made in every language."""
        for language in LANGUAGES:
            self.render(kind, language=language, fields=fields)


def _shown(wording: Mapping[str, Any], name: str, value: str, language: str, zone: ZoneInfo) -> str:
    if name in wording.get("instants", ()):
        return datetime.fromisoformat(value).astimezone(zone).strftime("%d.%m.%Y %H:%M %Z")
    if name in wording.get("times", ()):
        return datetime.fromisoformat(value).astimezone(zone).strftime("%H:%M %Z")
    words = wording.get("words", {}).get(name)
    if words is not None:
        return str(words[language][value])
    instead: Mapping[str, str] = wording.get("instead", {}).get(name, {}).get(language, {})
    return instead.get(value, value)


def preferred_language(accepted: str | None) -> str:
    """Return the language of ours that an Accept-Language header prefers; Russian if it names none."""
    weights: dict[str, float] = {}
    for part in (accepted or "").split(","):
        tag, _, quality = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = re.fullmatch(r"\s*q=(0(\.\d{0,3})?|1(\.0{0,3})?)\s*", quality)
        if language in LANGUAGES and (weight or not quality):
            weights.setdefault(language, float(weight[1]) if weight else 1.0)
    best = max(weights, key=lambda language: weights[language], default=DEFAULT_LANGUAGE)
    return best if weights.get(best) else DEFAULT_LANGUAGE
