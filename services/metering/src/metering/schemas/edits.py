"""API models of edits of half hours."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from common.http.text import Line, Paragraphs
from metering.domain.edits import MAX_SLOTS, EditKind, EditState
from metering.schemas.as_of import RecordedUntil

Energy = Annotated[int, Field(ge=0, lt=2**40)] | None
Reason = Annotated[Paragraphs, Field(max_length=1_000)]
Document = Annotated[Line, Field(max_length=300)] | None


class NewValue(BaseModel):
    """A half hour's new primary energies (times the ratio), Wh and varh; null leaves a channel as it is."""

    start: AwareDatetime
    a_plus_wh: Energy = None
    a_minus_wh: Energy = None
    r_plus_varh: Energy = None
    r_minus_varh: Energy = None


class EditRequest(BaseModel):
    """Other values for half hours that have ended, all of one local month of the point."""

    slots: Annotated[list[NewValue], Field(min_length=1, max_length=MAX_SLOTS)]
    reason: Reason
    document: Document = Field(default=None, description="The act or letter that the values come from.")


class AcceptanceRequest(BaseModel):
    """Questioned half hours that a person confirms as they are."""

    starts: Annotated[list[AwareDatetime], Field(min_length=1, max_length=MAX_SLOTS)]
    reason: Reason
    document: Document = None


class WithdrawalRequest(BaseModel):
    reason: Reason


class EditedSlot(BaseModel):
    """A half hour of an edit; primary energies. `former_…` null: nothing stood there."""

    start: datetime
    quality: str
    a_plus_wh: int | None
    a_minus_wh: int | None
    r_plus_varh: int | None
    r_minus_varh: int | None
    former_quality: str | None
    former_a_plus_wh: int | None
    former_a_minus_wh: int | None
    former_r_plus_varh: int | None
    former_r_minus_varh: int | None


class EditSummary(BaseModel):
    """An edit without its half hours. An approved one is in the store within seconds, then it is applied."""

    id: UUID
    point_id: UUID
    kind: EditKind
    state: EditState
    reason: str
    document: str | None
    month: date = Field(description="First day of the local month of its half hours.")
    delta_wh: int = Field(description="Sum of the changes of active energy, times the ratio.")
    month_wh: int = Field(description="Active energy of the month before, times the ratio.")
    needs_second_person: bool
    withdraws: UUID | None = Field(description="The edit whose values this one takes back.")
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    applied_at: datetime | None


class Edit(EditSummary):
    as_of: RecordedUntil
    slots: list[EditedSlot]


class EditPage(BaseModel):
    as_of: RecordedUntil
    items: list[EditSummary]
    next_cursor: str | None
