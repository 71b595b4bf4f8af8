"""API models of the verdicts of validation."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from metering.domain.profile import Channel
from metering.domain.validation.verdicts import Rule, Severity, State
from metering.schemas.as_of import RecordedUntil


class Verdict(BaseModel):
    """What a rule found on a local day of a point. What each rule means: the documentation of validation."""

    id: int
    day: date
    rule: Rule
    channel: Channel | None
    part: str = Field(description="What tells two verdicts of a rule on one day apart; may be empty.")
    starts_at: datetime = Field(description="Of the half hour or reading in question, or of the day.")
    severity: Severity
    state: State
    value: float = Field(description="What the rule found, in its own unit.")
    limit: float = Field(description="What it may be at most, or at least.")
    detail: str
    slots: list[datetime] = Field(description="Beginnings of the half hours that it questions.")
    changed_at: datetime


class VerdictList(BaseModel):
    as_of: RecordedUntil
    items: list[Verdict]


class PointVerdict(Verdict):
    point_id: UUID
    point_number: str
    point_name: str


class VerdictPage(BaseModel):
    as_of: RecordedUntil
    items: list[PointVerdict]
    next_cursor: str | None
