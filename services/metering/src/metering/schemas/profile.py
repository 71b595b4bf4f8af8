"""API models of profile."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from metering.domain.profile import Channel
from metering.schemas.annotations import ProfileGap, ProfileMark


class Profile(BaseModel):
    """Every slot of [start, end) in columns; a missing value is null with quality GAP.

    Slot i covers [start + i*step_seconds, start + (i+1)*step_seconds). Energies are primary: times the ratio.
    """

    point_id: UUID
    channel: Channel
    unit: str
    time_zone: str
    as_of: datetime | None = Field(description="End of the newest half hour that is stored of this point.")
    start: datetime
    step_seconds: int
    values: list[int | None]
    quality: list[str]
    gaps: list[ProfileGap] = Field(description="Why half hours are missing; each missing one lies in one of them.")
    marks: list[ProfileMark] = Field(description="Which half hours entries of the meter's journal overlap.")
