"""API models of a load's habits."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from metering.domain.production_calendar import DayType
from metering.domain.profile import Channel
from metering.schemas.as_of import HalfHoursUntil
from metering.schemas.slots import SlotsOfPeriod


class TypicalDayOfKind(BaseModel):
    """Means over the days of one kind. `values[i]` is that of the half hour from i * 30 minutes of the wall clock."""

    kind: DayType
    days: int = Field(description="Days of which anything is known.")
    values: list[int | None]
    counts: list[int] = Field(description="Known half hours behind each mean.")


class TypicalDay(SlotsOfPeriod):
    """Mean day of one channel by kind of day, after the Russian production calendar: a holiday counts as a Sunday."""

    point_id: UUID
    time_zone: str
    channel: Channel
    unit: str
    as_of: HalfHoursUntil
    revision: int | None = Field(description="The highest revision of the days.")
    kinds: list[TypicalDayOfKind]
    years_without_calendar: list[int] = Field(
        description="Years of the days of which no decree is known: moved days off count as what their weekday says."
    )


class HeatMapDay(BaseModel):
    """One local day: its 46, 48 or 50 half hours in order of time."""

    day: date
    start: datetime
    revision: int | None
    values: list[int | None]
    quality: list[str]


class HeatMap(BaseModel):
    """Days by half hours of one channel, for a picture."""

    point_id: UUID
    time_zone: str
    channel: Channel
    unit: str
    as_of: HalfHoursUntil
    days: list[HeatMapDay]
    greatest: int | None


class BaseLoad(BaseModel):
    """5th percentile of the mean powers of the half hours from 00:00 to 06:00, local time."""

    power_w: int
    slots: int = Field(description="Known night half hours behind it; of less than 20 there is no base load.")


class Peak(BaseModel):
    """The half hour with the most energy. Its power is the mean over the half hour; the momentary peak is higher."""

    start: datetime
    end: datetime
    energy_wh: int
    power_w: int
    quality: str


class MonthSum(BaseModel):
    """A month of which every half hour is known."""

    month: date
    sum_wh: int
    revision: int | None


class LoadFigures(SlotsOfPeriod):
    """Base load, maximum and months of one channel over a period; a null where there is not enough to tell it.

    W and Wh stand for var and varh of a reactive channel.
    """

    point_id: UUID
    time_zone: str
    channel: Channel
    as_of: HalfHoursUntil
    revision: int | None
    sum_wh: int | None
    base_load: BaseLoad | None
    maximum: Peak | None
    greatest_month: MonthSum | None
    least_month: MonthSum | None
