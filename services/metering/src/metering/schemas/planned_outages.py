"""API models of planned outages."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, NaiveDatetime

from common.http.text import Line

MAX_POINTS = 1_000


class PlannedOutage(BaseModel):
    """Supply will be off by plan in [starts_at, ends_at), as the supplier says; a cancelled one will not be."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str
    cancelled: bool
    announced_at: datetime = Field(description="When what is said here was taken over.")


class PointOutages(BaseModel):
    """The planned outages of a point that are not over, the first to begin first. `as_of`: when it was asked."""

    point_id: UUID
    time_zone: str
    as_of: datetime
    items: list[PlannedOutage]
    next_cursor: str | None


class OutageRequest(BaseModel):
    """An outage by the wall clock of its points, which are of one zone.

    It concerns the points of the contract, of those numbers, or of that address or what it begins with, up to the end
    of a word. A contract narrows points and address down.
    """

    contract_number: Annotated[Line, Field(max_length=50)] | None = None
    point_numbers: Annotated[list[Annotated[Line, Field(max_length=100)]], Field(max_length=MAX_POINTS)] = []
    address: Annotated[Line, Field(max_length=200)] | None = None
    starts_local: NaiveDatetime
    ends_local: NaiveDatetime
    reason: Annotated[Line, Field(max_length=1_000)]


class SupplierOutage(PlannedOutage):
    """A planned outage as its supplier announced it. `time_zone` is null if its points are in several or none.

    `version` rises with each change, be it of the inbox or of the staff: it is not the version of the inbox.
    """

    document_id: str
    version: int
    contract_number: str | None
    point_numbers: list[str]
    address: str | None
    time_zone: str | None
    announced_by: UUID | None = Field(description="null: what counts came from the supplier's inbox.")


class SupplierOutagePage(BaseModel):
    items: list[SupplierOutage]
    next_cursor: str | None


class OutageOutcome(BaseModel):
    """What counts, or would count if it was a dry run, and how many it concerns. `news`: nothing like it was known."""

    dry_run: bool
    news: bool
    points: int
    contracts: int
    outage: SupplierOutage
