"""Days of one point as the rules look at them, for tests of validation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.unit.metering.telemetry import Place

from metering.domain.intervals import STEP_SECONDS
from metering.domain.journal_spans import Mark, Span
from metering.domain.local_days import LocalDay, local_day
from metering.domain.reconciliation import StoredSlot
from metering.domain.registers import StoredSnapshot
from metering.domain.validation.context import DayContext, DaySums
from metering.domain.validation.limits import limits_of
from topics.quality import Quality, value_version

DAY = local_day(date(2026, 3, 18), "Europe/Samara")  # a Wednesday
LOADS = [400 + 10 * (slot % 5) for slot in range(48)]
PLACE = Place()


def slot(value: int | None, **changes: Any) -> StoredSlot:
    """A measured half hour of A+ alone, unless changes say otherwise."""
    content: dict[str, Any] = {
        "energies": (value, None, None, None),
        "quality": Quality.VALID,
        "flags": 0,
        "ratio": 1,
        "meter_id": str(PLACE.meter_id),
        "stored_epoch": 0,
    }
    content |= changes
    version = value_version(content["quality"], datetime.fromtimestamp(DAY.end_epoch, UTC))
    return StoredSlot(**{"version": version, **content})


def day_slots(values: Sequence[int | None], *, start: int | None = None, **changes: Any) -> dict[int, StoredSlot]:
    """Half hours from the beginning of the day, or from `start`; None is a gap."""
    first = DAY.start_epoch if start is None else start
    return {
        first + number * STEP_SECONDS: slot(value, **changes)
        for number, value in enumerate(values)
        if value is not None
    }


def reading(at: float, *registers: tuple[str, int], **changes: Any) -> StoredSnapshot:
    """Registers of A+ by zone at so many seconds from the beginning of the day."""
    content: dict[str, Any] = {
        "point_id": PLACE.point_id,
        "meter_id": PLACE.meter_id,
        "at": datetime.fromtimestamp(DAY.start_epoch + at, UTC),
        "zones": [zone for zone, _ in registers],
        "channels": ["a_plus"] * len(registers),
        "values_wh": [value for _, value in registers],
        "meter_time": None,
        "drift_seconds": 0.0,
        "frames_sha256": "ab" * 32,
    }
    return StoredSnapshot(**content | changes)


def whole_days(totals: Mapping[int, int | None], *, day: LocalDay = DAY, measured: int = 48) -> dict[date, DaySums]:
    """Closed days by how many days before this one; None: nothing was measured."""
    return {
        day.day - timedelta(days=back): DaySums(
            sums_wh=(total, None, None, None),
            slots_expected=48,
            slots_received=0 if total is None else measured,
            slots_valid=0 if total is None else measured,
            slots_estimated=0,
        )
        for back, total in totals.items()
    }


def outage(start: int, end: int | None) -> Span:
    """The meter was without power from and to these half hours of the day."""
    last = None if end is None else DAY.start_epoch + end * STEP_SECONDS
    return Span(Mark.POWER, DAY.start_epoch + start * STEP_SECONDS, last, "01", "entry")


def context(
    slots: Mapping[int, StoredSlot] | Sequence[int | None] = LOADS,
    *,
    decided: Mapping[int, StoredSlot] | None = None,
    limits: Mapping[str, float] | None = None,
    installed: Mapping[str, Any] | None = None,
    **changes: Any,
) -> DayContext:
    """A day of PLACE. `decided`: what counts above what came by itself."""
    automatic = day_slots(slots) if isinstance(slots, Sequence) else dict(slots)
    place = PLACE.installed(**(installed or {}))
    day: LocalDay = changes.get("day", DAY)
    now = datetime.fromtimestamp(day.end_epoch + 6 * 3_600, UTC)
    content: dict[str, Any] = {
        "places": (place,),
        "day": day,
        "now": now,
        "limits": {**limits_of((), place, on=day.day, known_at=now), **(limits or {})},
        "slots": {**automatic, **(decided or {})},
        "automatic": automatic,
    }
    return DayContext(**content | changes)


def at(number: int) -> int:
    """The beginning of a half hour of the day by its number."""
    return DAY.start_epoch + number * STEP_SECONDS


def of_another_meter(each: StoredSnapshot) -> StoredSnapshot:
    return replace(each, meter_id=UUID(int=1))
