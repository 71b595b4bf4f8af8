"""API models of profile."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from metering.domain.profile import Channel, Measure
from metering.schemas.annotations import ProfileGap, ProfileMark
from metering.schemas.as_of import HalfHoursUntil


class ChannelProfile(BaseModel):
    """One channel over the same slots."""

    channel: Channel
    unit: str
    values: list[int | None]
    quality: list[str]


class DayRevision(BaseModel):
    """The newest revision of a local day in the daily ledger; null while it has none."""

    day: date
    revision: int | None


class Profile(BaseModel):
    """Every slot of [start, end) in columns; a missing value is null with quality GAP.

    Slot i covers [start + i*step_seconds, start + (i+1)*step_seconds). Values are primary: times the ratio. An hour
    is the sum of two energies, or the mean of two powers.
    """

    point_id: UUID
    channel: Channel
    measure: Measure
    unit: str = Field(description="Wh or varh; of powers W or var.")
    time_zone: str
    as_of: HalfHoursUntil
    start: datetime
    step_seconds: int
    values: list[int | None]
    quality: list[str]
    others: list[ChannelProfile] = Field(description="The other three channels, if all were asked for.")
    flags: list[list[str]] = Field(description="What the meter or a check marked each slot with.")
    gaps: list[ProfileGap] = Field(
        description="Why half hours are missing; each missing one lies in one of them. Empty if not asked for."
    )
    marks: list[ProfileMark] = Field(
        description="Which half hours entries of the meter's journal overlap. Empty if not asked for."
    )
    revisions: list[DayRevision] = Field(description="Of the local days that the period touches.")
