"""API models of what stands beside a profile: reasons of gaps and marks of the journal, as runs of half hours."""

from collections.abc import Iterable
from datetime import UTC, datetime

from pydantic import BaseModel, Field

from metering.domain.gaps import GapReason, GapRun
from metering.domain.journal_spans import FLAGS, Mark
from metering.domain.marks import MarkRun
from topics.quality import Flag


class ProfileGap(BaseModel):
    """Consecutive missing half hours [start, end) of one reason."""

    start: datetime
    end: datetime
    reason: GapReason


class ProfileMark(BaseModel):
    """Half hours [start, end) that a journal entry overlaps; while the entry is open the run grows, then it ends."""

    start: datetime
    end: datetime
    mark: Mark
    flag: str = Field(description="The flag beside the quality that the mark stands for.")
    journal: str
    entry_id: str
    is_open: bool


def gaps_of(runs: Iterable[GapRun]) -> list[ProfileGap]:
    return [ProfileGap(start=_at(run.start_epoch), end=_at(run.end_epoch), reason=run.reason) for run in runs]


def marks_of(runs: Iterable[MarkRun]) -> list[ProfileMark]:
    return [
        ProfileMark(
            start=_at(run.start_epoch),
            end=_at(run.end_epoch),
            mark=run.mark,
            flag=str(Flag(FLAGS[run.mark]).name),
            journal=run.journal,
            entry_id=run.entry_id,
            is_open=run.is_open,
        )
        for run in runs
    ]


def _at(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
