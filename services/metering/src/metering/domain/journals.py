"""Journal entries: checks on arrival, identity of an entry, and its message to the consumer.

The times in a message are those of the meter's own clock, as the meter said them. Texts: `journal_texts`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from common.errors import Rejected
from metering.domain.intervals import CLOCKS_DIFFER_SECONDS, FUTURE_SECONDS
from metering.domain.journal_texts import JOURNALS, MINUS, UNITS, WORDS, Language, Shape
from metering.domain.registry import Installed, Registry, place_at
from topics.poller import JournalBlock, JournalEntry
from topics.quality import RANK_FACTOR

COVER: Final = "12"
SLOTS_OF_A_SEAL: Final = 5
HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}){0,100}")
# What a DateTime column of the store holds.
FIRST_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
LAST_TIME: Final = datetime(2106, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry as stored. Its identity is (point, meter, journal, part, opened by the meter's clock).

    `part` tells apart journals that one number holds: the two seals of the cover. meter_opened and meter_closed:
    naive. version: a completed entry is above an open one, a later reading above an earlier.
    """

    point_id: UUID
    meter_id: UUID
    journal: str
    part: int
    meter_opened: datetime
    meter_closed: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    raw: str
    version: int

    @property
    def entry_id(self) -> str:
        """A name of the entry that stays when it is completed."""
        return f"{self.journal}.{self.part}.{self.meter_opened:%Y%m%dT%H%M%S}.{self.meter_id.hex}"

    @property
    def duration_seconds(self) -> int | None:
        """How long it lasted by the meter's clock; None while it is open, and where the times are of another shape."""
        if self.meter_closed is None or JOURNALS[self.journal].shape in {Shape.BEFORE_AFTER, Shape.ONE_TIME}:
            return None
        return round((self.meter_closed - self.meter_opened).total_seconds())


@dataclass(frozen=True, slots=True)
class CheckedEntries:
    """Outcome for a batch; `refused` holds (index of the block, reason), and a refused block may still have entries."""

    entries: Sequence[StoredEntry]
    refused: Sequence[tuple[int, Rejected]]


def check_journals(blocks: Sequence[JournalBlock], registry: Registry, *, now_epoch: float) -> CheckedEntries:
    """Check a batch. The outcome depends on blocks, registry and `now_epoch` alone."""
    entries: list[StoredEntry] = []
    refused: list[tuple[int, Rejected]] = []
    for index, block in enumerate(blocks):
        try:
            if not 0 <= block.polled_at.timestamp() <= now_epoch + CLOCKS_DIFFER_SECONDS:
                raise Rejected(f"read at {block.polled_at.isoformat()}, over a day ahead", code="future_poll")  # noqa: TRY301 -- caught below like what `of_meter` raises
            places = registry.of_meter(block.meter_id, block.serial)
        except Rejected as reason:
            refused.append((index, reason))
            continue
        faults: dict[str, list[int]] = {}
        for number, entry in enumerate(block.entries):
            place = place_at(places, entry.opened_at.timestamp())
            code = _fault(entry, place, now_epoch=max(now_epoch, block.polled_at.timestamp()))
            if code is not None:
                faults.setdefault(code, []).append(number)
            elif place is not None:
                entries.append(_stored(block, entry, place))
        if faults:
            detail = "; ".join(f"{code}: entries {', '.join(map(str, where))}" for code, where in faults.items())
            refused.append((index, Rejected(detail, code=next(iter(faults)))))
    return CheckedEntries(entries, refused)


def _fault(entry: JournalEntry, place: Installed | None, *, now_epoch: float) -> str | None:
    if entry.journal not in JOURNALS:
        return "unknown_journal"
    if entry.opened_at.timestamp() > now_epoch + FUTURE_SECONDS:
        return "future_entry"
    if not HEX.fullmatch(entry.raw):
        return "invalid_raw"
    instants = (entry.opened_at, entry.closed_at, entry.opened.replace(tzinfo=UTC))
    closed = None if entry.closed is None else entry.closed.replace(tzinfo=UTC)
    if any(each is not None and not FIRST_TIME <= each < LAST_TIME for each in (*instants, closed)):
        return "impossible_time"
    return "not_installed" if place is None else None


def _stored(block: JournalBlock, entry: JournalEntry, place: Installed) -> StoredEntry:
    completed = entry.closed is not None
    return StoredEntry(
        point_id=place.point_id,
        meter_id=block.meter_id,
        journal=entry.journal,
        part=1 + (entry.slot >= SLOTS_OF_A_SEAL) if entry.journal == COVER else 0,
        meter_opened=entry.opened.replace(microsecond=0),
        meter_closed=entry.closed and entry.closed.replace(microsecond=0),
        opened_at=entry.opened_at,
        closed_at=entry.closed_at,
        raw=entry.raw,
        version=completed * RANK_FACTOR + int(block.polled_at.timestamp()),
    )


def message(entry: StoredEntry, language: Language) -> str:
    """Return the entry in the manual's wording; while it is open its end and length are left out."""
    journal = JOURNALS[entry.journal]
    words = WORDS[journal.shape, language]
    parts = [journal.subject(language), words.first, _time(entry.meter_opened)]
    if entry.meter_closed is not None and words.second:
        parts += [words.second, _time(entry.meter_closed), words.span]
        parts.append(length(entry.meter_closed - entry.meter_opened, language))
    return " ".join(part for part in parts if part)


def _time(meter_time: datetime) -> str:
    return f"{meter_time:%Y-%m-%d %H:%M:%S}"


def length(span: timedelta, language: Language) -> str:
    """Return days, hours, minutes and seconds that are not zero, two digits each: «01 минута 57 секунд»."""
    seconds = abs(int(span.total_seconds()))
    counts = (seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60, seconds % 60)
    told = [
        f"{count:02d} {_form(count, forms, language)}"
        for count, forms in zip(counts, UNITS[language], strict=True)
        if count
    ]
    if not told:
        return f"00 {UNITS[language][-1][-1]}"
    sign = [MINUS[language]] if span < timedelta(0) else []
    return " ".join([*sign, *told])


def _form(count: int, forms: tuple[str, str, str], language: Language) -> str:
    if count % 10 == 1 and (count % 100 != 11 if language is Language.RU else count == 1):  # noqa: PLR2004 -- 11 минут
        return forms[0]
    if language is Language.RU and count % 10 in {2, 3, 4} and count % 100 not in {12, 13, 14}:
        return forms[1]
    return forms[2]
