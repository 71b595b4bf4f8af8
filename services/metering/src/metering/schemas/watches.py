"""API models of the watches: tariff zones by day, and max power by half hour."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from metering.domain.zones import ZoneCause, ZoneVerdict
from metering.schemas.as_of import HalfHoursUntil
from metering.schemas.slots import Slots, SlotsOfPeriod


class ZoneSum(BaseModel):
    """One zone of a day, times the ratio: its register's step against the half hours of its schedule."""

    zone: str
    register_wh: int
    profile_wh: int
    difference_wh: int
    tolerance_wh: int


class ZoneDay(Slots):
    """A closed day and its half hours as checked. `cause` says why zones differ, or why they were not checked."""

    day: date
    revision: int
    checked_at: datetime
    verdict: ZoneVerdict
    cause: ZoneCause | None
    plan: str | None
    shift_minutes: int | None = Field(description="By how much the meter's zones are late, if that explains them.")
    fits: str | None = Field(description="The plan and the order of zones in a day that explain them.")
    zones: list[ZoneSum]


class ZoneChecks(BaseModel):
    """The checked ones of the local days [start, end)."""

    point_id: UUID
    time_zone: str
    as_of: datetime | None = Field(description="When the newest of these checks was made.")
    items: list[ZoneDay]


class PowerHalfHour(BaseModel):
    """A half hour of which was warned, or that passed the limit. `mean_w` and `outcome` come when it is stored."""

    start: datetime
    end: datetime
    limit_w: int
    warned_at: datetime | None
    projected_w: int | None = Field(description="Mean power of the half hour as projected when it was warned of.")
    passed_at: datetime | None = Field(description="From then on the mean could not stay under the limit any more.")
    mean_w: int | None
    outcome: Literal["exceeded", "near_miss"] | None


class PowerPeak(BaseModel):
    """A half hour whose mean power is over the limit of now."""

    start: datetime
    mean_w: int
    quality: str


class PowerLimit(SlotsOfPeriod):
    """Max power of a point over the local days [start, end), at most 366; null where the point has no limit."""

    point_id: UUID
    time_zone: str
    as_of: HalfHoursUntil
    limit_w: int | None
    revision: int | None
    running: PowerHalfHour | None = Field(description="The half hour that runs now, if it was warned of.")
    warned: list[PowerHalfHour] = Field(description="Newest first, at most 500.")
    exceeded: int
    near_misses: int
    over_limit: list[PowerPeak] = Field(description="The highest first, at most 100.")
    over_limit_count: int
    greatest_w: int | None
