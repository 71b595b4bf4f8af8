"""API models of replays."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field


class ReplayRequest(BaseModel):
    """Days [start, end) to be sent again to the supplier's topic of half hours or of days."""

    what: Literal["intervals", "days"]
    point_ids: Annotated[list[UUID], Field(min_length=1, max_length=1_000)] | None = Field(
        description="null: all points of the supplier."
    )
    start: date
    end: date = Field(description="Not included; at most 92 days after start.")


class Replay(BaseModel):
    """A replay and how far it is; `asked_by` is null if it was a command on the server."""

    id: UUID
    what: str
    point_ids: list[UUID] | None
    start: date
    end: date
    asked_by: UUID | None
    asked_at: datetime
    done_until: date | None
    messages_sent: int
    finished_at: datetime | None


class ReplayList(BaseModel):
    items: list[Replay]
