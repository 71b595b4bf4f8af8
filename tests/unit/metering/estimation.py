"""A point's weeks of half hours and register readings as material of the estimation, for tests."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.unit.metering.telemetry import SHA256, Place

from metering.domain.estimation.material import Material, good_days_of
from metering.domain.local_days import instant, local_day
from metering.domain.reconciliation import StoredSlot
from metering.domain.registers import StoredSnapshot
from metering.domain.schedules import DatedSchedule, Schedule, schedule_zones
from topics.quality import Quality

ZONE = "Europe/Samara"
DAY = local_day(date(2026, 3, 18), ZONE)  # a Wednesday
HALF = 1_800
PLACE = Place()
TWO = DatedSchedule(
    date(2020, 1, 1),
    None,
    Schedule("two", (), None, schedule_zones({"T1": [["07:00", "23:00"]], "T2": [["23:00", "07:00"]]})),
)


def slot(value: int | None, *, quality: Quality = Quality.VALID, flags: int = 0, ratio: int = 1) -> StoredSlot:
    """A half hour of active import alone."""
    return StoredSlot((value, None, None, None), quality, flags, 1, ratio, str(PLACE.meter_id), 0)


def weeks(load: Callable[[date, int], int], *, before: int = 10, after: int = 0) -> dict[int, StoredSlot]:
    """Days around DAY without it; `load` of (day, number of the half hour)."""
    days = [local_day(DAY.day + timedelta(days=number), ZONE) for number in (*range(-before, 0), *range(1, after + 1))]
    return {start: slot(load(day.day, number)) for day in days for number, start in enumerate(day.slots)}


def of_day(values: Mapping[int, int]) -> dict[int, StoredSlot]:
    """Half hours of DAY by their number."""
    return {DAY.start_epoch + number * HALF: slot(value) for number, value in values.items()}


def reading(at: int, total: int, **zones: int) -> StoredSnapshot:
    """Registers of active import at a UTC second."""
    named = {"sum": total, **zones}
    return StoredSnapshot(
        point_id=PLACE.point_id,
        meter_id=PLACE.meter_id,
        at=instant(at),
        zones=list(named),
        channels=["a_plus"] * len(named),
        values_wh=list(named.values()),
        meter_time=None,
        drift_seconds=None,
        frames_sha256=SHA256,
    )


def material(slots: Mapping[int, StoredSlot], **changes: Any) -> Material:
    values: dict[str, Any] = {
        "place": PLACE.installed(time_zone=ZONE),
        "places": (PLACE.installed(time_zone=ZONE),),
        "day": DAY,
        "slots": slots,
        "good_days": good_days_of(slots, changes.get("spans", ()), ZONE),
        "schedules": (TWO,),
    }
    return Material(**values | changes)


def missing(numbers: Sequence[int]) -> list[int]:
    return [DAY.start_epoch + number * HALF for number in numbers]


def at(hour: int, minute: int = 0) -> int:
    """The UTC second of a local time of DAY."""
    local = datetime(2026, 3, 18, hour, minute, tzinfo=UTC) - timedelta(hours=4)
    return int(local.timestamp())
