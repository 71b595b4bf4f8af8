"""API models of points."""

from datetime import date, datetime
from enum import Enum
from uuid import UUID

from pydantic import BaseModel, Field

from metering.domain.profile import Channel
from metering.schemas.as_of import ReadUntil


class LinkHealth(str, Enum):
    """Whether the meter can be reached."""

    OK = "ok"
    FAILING = "failing"
    UNKNOWN = "unknown"


class PointMeter(BaseModel):
    """The meter that stands at the point now."""

    id: UUID
    model: str
    serial: str


class RegisterValue(BaseModel):
    """One energy register as on the meter's display, in Wh (a_plus, a_minus) or varh."""

    zone: str = Field(description="sum, or T1 to T4")
    channel: Channel
    value_wh: int


class LastReading(BaseModel):
    """The registers as last read."""

    at: datetime
    registers: list[RegisterValue]


class MeterLink(BaseModel):
    """The link to the meter; `error_code` is null while it is ok."""

    state: LinkHealth
    changed_at: datetime | None
    last_success_at: datetime | None
    error_code: str | None


class PointSummary(BaseModel):
    """A metering point in a list."""

    id: UUID
    contract_id: UUID
    name: str
    number: str
    resource: str
    address: str | None
    time_zone: str
    meter: PointMeter | None
    last_reading: LastReading | None
    link: MeterLink | None


class PointPage(BaseModel):
    as_of: ReadUntil
    items: list[PointSummary]
    next_cursor: str | None


class Passport(BaseModel):
    """The passport of the point and its meter."""

    installation_place: str | None
    type_approval_number: str | None
    accuracy_class: str | None
    rated_voltage: str | None
    rated_current: str | None
    commissioned_on: date | None
    last_verified_on: date | None
    next_verification_on: date | None
    tariff: str | None
    last_inspected_on: date | None
    power_limit_w: int | None


class Point(PointSummary):
    """A metering point with its passport."""

    as_of: ReadUntil
    passport: Passport


class Reading(BaseModel):
    """Registers at an instant; `source` is meter."""

    at: datetime
    source: str
    registers: list[RegisterValue]


class ReadingPage(BaseModel):
    as_of: ReadUntil
    items: list[Reading]
    next_cursor: str | None
