"""API models of consumption by period, and of periods side by side."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from metering.domain.periods import Against, Align, PeriodStep
from metering.domain.profile import Channel
from metering.schemas.as_of import HalfHoursUntil


class ChannelConsumption(BaseModel):
    """One channel in columns, one entry a period. A period of which nothing is known has a null, never a zero.

    `valid`, `estimated` and `questioned` count half hours that are there, `missing` those that have ended and are not.
    `partial` says that a sum does not hold the whole period: something is missing, or the period still runs.
    """

    channel: Channel
    unit: str = Field(description="Wh or varh, times the ratio.")
    values: list[int | None]
    quality: list[str] = Field(description="The worst of what is there; GAP if nothing is.")
    valid: list[int]
    estimated: list[int]
    questioned: list[int]
    missing: list[int]
    partial: list[bool]


class Consumption(BaseModel):
    """Whole months, weeks from Monday, days or half hours of the point's zone in columns, in order, without holes.

    Period i covers [starts[i], ends[i]); `days[i]` is its first local day. `slots` counts its half hours, and
    `slots_ended` those that have ended.
    """

    point_id: UUID
    time_zone: str
    step: PeriodStep
    as_of: HalfHoursUntil
    days: list[date]
    starts: list[datetime]
    ends: list[datetime]
    slots: list[int]
    slots_ended: list[int]
    revisions: list[int | None] = Field(
        description="Newest revision in the daily ledger of the day, or the highest of the days of the period."
    )
    channels: list[ChannelConsumption]


class Comparison(BaseModel):
    """Days of one channel beside those of another period, in columns; a null where nothing is known.

    `other_days[i]` is null where the other period has no such date (29 February). A pair counts in the sums if both
    of its days are known whole.
    """

    point_id: UUID
    time_zone: str
    channel: Channel
    unit: str
    against: Against
    align: Align
    as_of: HalfHoursUntil
    days: list[date]
    other_days: list[date | None]
    values: list[int | None]
    other_values: list[int | None]
    quality: list[str] = Field(description="The worst of what is there of a day; GAP if nothing is.")
    other_quality: list[str | None] = Field(description="null where there is no such day.")
    complete: list[bool]
    other_complete: list[bool]
    revisions: list[int | None]
    other_revisions: list[int | None]
    compared_days: int
    sum: int | None = Field(description="Of the days that count.")
    other_sum: int | None
    difference: int | None
    change_percent: float | None = Field(description="Of the other period's sum; null if that is nothing or zero.")
