"""API models of the supplier's accounting: bill runs, receipts that are open, completeness."""

from datetime import date, datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from metering.schemas.as_of import RecordedUntil
from metering.schemas.slots import Slots


class BillRunRequest(BaseModel):
    """The bills of the period use what was known before the cut-off; what comes later lands in the next period."""

    period: date = Field(description="First day of a month.")
    cut_off_at: AwareDatetime | None = Field(description="null takes the run back.")


class BillRun(BaseModel):
    """The version of a period's bill run that counts; `announced_by` is null if it came from billing's inbox."""

    period: date
    version: int
    cut_off_at: datetime | None
    document_id: str
    announced_by: UUID | None
    announced_at: datetime


class BillRunPage(BaseModel):
    items: list[BillRun]
    next_cursor: str | None


class Settlement(BaseModel):
    """The newest revision of a day with what billing answered to it."""

    point_id: UUID
    point_number: str
    contract_id: UUID
    day: date
    revision: int
    digest: str
    closed_at: datetime
    age_seconds: int = Field(description="From when it was closed until `as_of`.")
    lands_in_period: date | None
    state: str = Field(description="awaited, confirmed or wrong_digest.")
    received_digest: str | None
    received_at: datetime | None
    used_in_period: date | None


class SettlementPage(BaseModel):
    as_of: RecordedUntil
    items: list[Settlement]
    next_cursor: str | None


class DayCompleteness(Slots):
    """A local day over all points of the supplier; an open day counts among the points and has no half hours yet."""

    day: date
    points: int
    points_open: int
    points_incomplete: int


class DayCompletenessPage(BaseModel):
    as_of: RecordedUntil
    items: list[DayCompleteness]
    next_cursor: str | None


class PointCompleteness(Slots):
    """A closed day of one point."""

    point_id: UUID
    point_number: str
    contract_id: UUID
    revision: int
    state: str
    verdict: str
    cause: str | None


class PointCompletenessPage(BaseModel):
    as_of: RecordedUntil
    items: list[PointCompleteness]
    next_cursor: str | None
