"""API models of power quality, outages and the meter's clock."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from metering.domain.planned_outages import During
from metering.schemas.as_of import ReadUntil
from metering.schemas.planned_outages import PlannedOutage


class PhaseVoltage(BaseModel):
    """How long one phase was outside of its limits, as the meter entered it, by the four limits that are set in it."""

    phase: int
    below_limit_seconds: int
    below_normal_seconds: int
    above_normal_seconds: int
    above_limit_seconds: int
    outside_seconds: int = Field(description="Outside of any of the four, each second once.")
    outside_minutes: int = Field(description="Begun minutes of `outside_seconds`.")
    share: float | None = Field(description="`outside_seconds` of `observed_seconds`, 0 to 1.")
    entries: int
    open_entries: int = Field(description="Not back yet: counted until the journal was last read.")


class Outage(BaseModel):
    """No supply as the meter saw it; `phase` is null for the whole meter, `end` while it lasts."""

    source: Literal["meter"]
    phase: int | None
    start: datetime
    end: datetime | None
    duration_seconds: int | None
    planned_id: UUID | None = Field(description="The planned outage that it falls into, if it does.")
    planned_during: During | None = Field(description="How much of it lies in the planned time.")


class MeterLimits(BaseModel):
    """The limits of voltage that are set in the meter of the point, as last read; of the meter's side."""

    read_at: datetime
    below_limit_mv: int
    below_normal_mv: int
    above_normal_mv: int
    above_limit_mv: int


class PowerQuality(BaseModel):
    """Voltage and outages of the local days [start, end), from the meter's journals and the supplier's announcements.

    Supply is due within `low_v` to `high_v` (230 V, 10 % both ways). The meter enters what passes the limits set in it.
    """

    point_id: UUID
    time_zone: str
    as_of: ReadUntil
    start: date
    end: date
    observed_seconds: int = Field(description="From the start of the period to its end, or to `as_of`.")
    observed_share: float | None = Field(
        description="`observed_seconds` of that part of the period that has passed, 0 to 1: the rest is not known yet."
    )
    low_v: int
    high_v: int
    meter_limits: MeterLimits | None = Field(description="null: the meter does not tell them, or there is none.")
    phases: list[PhaseVoltage]
    outages_seen: list[Outage]
    outages_planned: list[PlannedOutage] = Field(description="Those of the period, as the supplier announced them.")


class Drift(BaseModel):
    """Meter minus true time in columns, thinned out: of neighbours the one that is furthest from zero."""

    times: list[datetime]
    drift_seconds: list[float]


class ClockCorrection(BaseModel):
    """The clock was set; `corrected_by_seconds` is positive if it was put forward. meter_*: as the meter said it."""

    at: datetime
    meter_before: datetime
    meter_after: datetime
    corrected_by_seconds: int


class ClockDrift(BaseModel):
    """The meter's clock over the local days [start, end)."""

    point_id: UUID
    time_zone: str
    as_of: ReadUntil
    last_reading_at: datetime | None = Field(description="Of the newest reading of all; null if there is none.")
    readings: int = Field(description="Readings with a clock, before thinning.")
    drift: Drift
    corrections: list[ClockCorrection]
