"""HTTP of the journals of a point's meter."""

import re
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from common.http.pages import Cursor, Limit, decode_cursor, encode_cursor
from metering.domain import journal_types, journals, profile
from metering.domain.journal_texts import JOURNALS, JOURNALS_OF_DRIVER, Language
from metering.domain.journal_types import JournalType, type_of
from metering.endpoints.scope import AskedLanguage, Instant, KnownAt, OurResources, SeenPoint, answer
from metering.errors import InvalidCursor
from metering.schemas import journals as schemas

ENTRY_ID = re.compile(r"[0-9A-F]{2}\.\d\.\d{8}T\d{6}\.[0-9a-f]{32}")

router = APIRouter()


@router.get("/points/{point_id}/journals", response_model=schemas.JournalList)  # noqa: FAST003 -- SeenPoint takes it
async def list_journals(row: SeenPoint, resources: OurResources, language: AskedLanguage) -> Response:
    """The journals that the point's meter keeps; empty for a meter without journal memory."""
    kept = JOURNALS_OF_DRIVER.get(row.driver or "", ())
    items = [
        schemas.Journal(
            journal=journal.number, type=type_of(journal.number), phase=journal.phase, title=journal.title(language)
        )
        for journal in kept
    ]
    return answer(schemas.JournalList(as_of=await resources.store.journal_read_at(row.id), items=items))


@router.get("/points/{point_id}/journal", response_model=schemas.JournalPage)  # noqa: FAST003 -- SeenPoint takes it
async def list_journal_entries(
    row: SeenPoint,
    resources: OurResources,
    language: AskedLanguage,
    start: Instant,
    end: Instant,
    journal: Annotated[str | None, Query(pattern=r"^[0-9A-F]{2}$", description="Number of one journal.")] = None,
    kind: Annotated[JournalType | None, Query(alias="type", description="What journals are about.")] = None,
    phase: Annotated[int | None, Query(ge=1, le=3)] = None,
    known_at: KnownAt = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Entries that opened in [start, end), newest first; of several filters all must hold.

    With `known_at` as they stood then: an entry that has closed since is open.
    """
    known_by = None if known_at is None else profile.known_epoch(known_at)
    start_epoch, end_epoch = profile.check_journal_period(start, end)
    entries = await resources.store.journal(
        row.id,
        start_epoch=start_epoch,
        end_epoch=end_epoch,
        journals=journal_types.chosen(journal=journal, kind=kind, phase=phase),
        before=None if cursor is None else _epoch_and_id(cursor),
        limit=limit + 1,
        known_by=known_by,
    )
    read_at = await resources.store.journal_read_at(row.id)
    shown = entries[:limit]
    more = None
    if len(entries) > limit:
        more = encode_cursor(int(shown[-1].opened_at.timestamp()), shown[-1].entry_id)
    return answer(
        schemas.JournalPage(
            items=[_entry(entry, language) for entry in shown],
            next_cursor=more,
            as_of=read_at if known_at is None or read_at is None else min(read_at, known_at),
            time_zone=row.time_zone,
        )
    )


def _entry(entry: journals.StoredEntry, language: Language) -> schemas.JournalEntry:
    journal = JOURNALS[entry.journal]
    return schemas.JournalEntry(
        id=entry.entry_id,
        journal=entry.journal,
        journal_title=journal.title(language),
        type=type_of(entry.journal),
        phase=journal.phase,
        opened_at=entry.opened_at,
        closed_at=entry.closed_at,
        meter_opened_at=entry.meter_opened,
        meter_closed_at=entry.meter_closed,
        duration_seconds=entry.duration_seconds,
        message=journals.message(entry, language),
    )


def _epoch_and_id(cursor: str) -> tuple[int, str]:
    epoch, entry_id = decode_cursor(cursor, length=2)
    if not isinstance(epoch, int) or not 0 <= epoch < profile.LAST_EPOCH or not ENTRY_ID.fullmatch(str(entry_id)):
        raise InvalidCursor
    return epoch, str(entry_id)
