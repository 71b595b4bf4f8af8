"""API models. Every field is required; what is not known is null, never left out and never zero."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from metering.domain.profile import Channel


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

    passport: Passport


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


class Journal(BaseModel):
    """A journal of the point's meter."""

    journal: str
    title: str


class JournalList(BaseModel):
    items: list[Journal]


class JournalEntry(BaseModel):
    """An entry; `closed_at` is null while it is open. The times in `message` and meter_* are the meter's own."""

    id: str
    journal: str
    journal_title: str
    phase: int | None
    opened_at: datetime
    closed_at: datetime | None
    meter_opened_at: datetime = Field(description="As the meter's clock said it: without an offset.")
    meter_closed_at: datetime | None
    message: str


class JournalPage(BaseModel):
    items: list[JournalEntry]
    next_cursor: str | None
    as_of: datetime | None
    time_zone: str


class Reading(BaseModel):
    """Registers at an instant; `source` is meter."""

    at: datetime
    source: str
    registers: list[RegisterValue]


class ReadingPage(BaseModel):
    items: list[Reading]
    next_cursor: str | None


class DayReceipt(BaseModel):
    """What billing answered to this revision; `used_in_period` is the first day of the period of the bill."""

    state: Literal["awaited", "confirmed", "wrong_digest"]
    used_in_period: date | None
    received_at: datetime | None


class DayTotal(BaseModel):
    """One channel of a closed day, times the ratio, against its registers; null where there are none."""

    channel: Channel
    unit: str
    sum_wh: int | None = Field(description="Wh or varh; null if nothing was received.")
    register_difference_wh: int | None
    residual_wh: int | None
    tolerance_wh: int | None


class Day(BaseModel):
    """A local day of the ledger; while it is open there is nothing but its date."""

    day: date
    state: Literal["open", "complete", "incomplete"]
    revision: int | None
    digest: str | None = Field(description="As published to the supplier: SHA-256 of the canonical form.")
    reason: str | None
    closed_at: datetime | None
    slots_expected: int | None
    slots_received: int | None
    slots_valid: int | None
    slots_estimated: int | None
    slots_missing: int | None
    sums: list[DayTotal]
    verdict: str | None
    cause: str | None
    receipt: DayReceipt | None


class DayList(BaseModel):
    time_zone: str
    items: list[Day]


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
