"""API models of what a meter shows at an instant."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from metering.schemas.as_of import ReadUntil
from topics.quality import Quality


class PhaseInstant(BaseModel):
    """One phase: voltage and current of the meter's side, power times the ratio."""

    phase: int
    power_w: int | None
    voltage_mv: int | None
    current_ma: int | None


class InstantValues(BaseModel):
    """Power that is taken is positive, power that is given negative, both times the ratio. Null: not measured."""

    at: datetime
    power_w: int | None
    reactive_power_var: int | None
    power_factor_thousandths: int | None
    frequency_millihertz: int | None
    quality: Quality = Field(description="RAW: as the meter showed it; nothing but the impossible was refused.")
    phases: list[PhaseInstant]


class PowerHistory(BaseModel):
    """Power at each reading, in columns, oldest first."""

    times: list[datetime]
    power_w: list[int | None]


class PointInstants(BaseModel):
    """The newest instant values of a point, and its power in the time before. `as_of`: when the newest was read."""

    point_id: UUID
    time_zone: str
    as_of: ReadUntil
    latest: InstantValues | None
    history: PowerHistory = Field(description="Of the minutes that were asked for; empty while no meter is read.")
