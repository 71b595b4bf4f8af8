"""API models of days."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from metering.domain.profile import Channel
from metering.schemas.as_of import RecordedUntil


class DayReceipt(BaseModel):
    """What billing answered to this revision; `used_in_period` is the first day of the period of the bill."""

    state: Literal["awaited", "confirmed", "wrong_digest"]
    used_in_period: date | None
    received_at: datetime | None


class DayBilled(BaseModel):
    """The newest revision that billing says it used in a bill, and the first day of that bill's period."""

    revision: int
    period: date


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
    change: str | None = Field(description="Why this revision differs from the one before; null for the first.")
    lands_in_period: date | None = Field(description="First day of the period to whose bill this revision belongs.")
    corrects_period: date | None = Field(description="The day's own period, if that was cut off before; else null.")
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
    billed: DayBilled | None


class DayList(BaseModel):
    as_of: RecordedUntil
    time_zone: str
    items: list[Day]
