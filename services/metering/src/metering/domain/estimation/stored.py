"""An estimate as it is kept: its half hours with their version, and what it was made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from metering.domain.intervals import STEP_SECONDS
from topics.quality import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEstimate:
    """An estimate of consecutive half hours [start, end), UTC seconds; columns of energies in the order of CHANNELS."""

    id: UUID
    point_id: UUID
    start: int
    end: int
    method: str
    quality: Quality
    version: int
    meter_id: UUID
    flags: int
    columns: tuple[Sequence[int | None], ...]
    inputs: Mapping[str, Any]
    parameters: Mapping[str, Any]
    back_test: Mapping[str, Any] | None
    digest: str
    made_at: datetime

    @property
    def starts(self) -> range:
        return range(self.start, self.end, STEP_SECONDS)

    @property
    def energies(self) -> dict[int, tuple[int | None, ...]]:
        """Return the four energies by start."""
        return dict(zip(self.starts, zip(*self.columns, strict=True), strict=True))
