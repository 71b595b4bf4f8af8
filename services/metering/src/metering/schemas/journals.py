"""API models of journals."""

from datetime import datetime

from pydantic import BaseModel, Field

from metering.domain.journal_types import JournalType
from metering.schemas.as_of import ReadUntil


class Journal(BaseModel):
    """A journal of the point's meter."""

    journal: str
    type: JournalType
    phase: int | None
    title: str


class JournalList(BaseModel):
    as_of: ReadUntil
    items: list[Journal]


class JournalEntry(BaseModel):
    """An entry; `closed_at` is null while it is open. The times in `message` and meter_* are the meter's own."""

    id: str
    journal: str
    journal_title: str
    type: JournalType
    phase: int | None
    opened_at: datetime
    closed_at: datetime | None
    meter_opened_at: datetime = Field(description="As the meter's clock said it: without an offset.")
    meter_closed_at: datetime | None
    duration_seconds: int | None = Field(
        description="Between its two times by the meter's clock; null while open, and of a clock that was set."
    )
    message: str


class JournalPage(BaseModel):
    items: list[JournalEntry]
    next_cursor: str | None
    as_of: ReadUntil
    time_zone: str
