"""API models of the history of one half hour."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field


class BackTest(BaseModel):
    """How well the method did on this point's own valid days."""

    days: int
    mape_percent: float | None = Field(description="Mean absolute error of a half hour, of the days' mean half hour.")
    sum_error_percent: float | None = Field(description="Mean absolute error of a day's sum, of that sum.")


class IntervalVersion(BaseModel):
    """One version of a half hour; primary energies. The first of a list is the one that counts."""

    version: int
    quality: str
    flags: list[str]
    a_plus_wh: int | None
    a_minus_wh: int | None
    r_plus_varh: int | None
    r_minus_varh: int | None
    source: Literal["meter", "estimate", "edit", "rule"]
    method: str | None = Field(description="Of an estimate (E1…E8) or an edit (values, accept, restore).")
    read_at: datetime | None = Field(description="When the meter was read; null for what was not read from one.")
    known_at: datetime = Field(description="When it was stored.")
    actor: UUID | None = Field(description="Who asked for an edit; for the supplier's staff alone.")
    second_person: UUID | None
    reason: str | None
    document: str | None
    inputs: dict[str, Any] | None = Field(description="What an estimate was made of.")
    parameters: dict[str, Any] | None
    back_test: BackTest | None


class IntervalHistory(BaseModel):
    """All versions of one half hour as they were known at `as_of`, the one that counts first."""

    point_id: UUID
    start: datetime
    step_seconds: int
    as_of: datetime = Field(description="As asked for, else when it was asked.")
    items: list[IntervalVersion]
