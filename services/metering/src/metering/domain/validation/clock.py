"""V08: a meter whose clock is wrong gives right values at the wrong half hour.

Judged by the readings around a half hour, whenever they come: so the order of telemetry does not matter.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

from metering.domain.intervals import STEP_SECONDS
from metering.domain.registers import StoredSnapshot
from metering.domain.validation.context import DayContext
from metering.domain.validation.verdicts import Rule, Severity, Verdict
from topics.quality import Flag

# A reading further away tells nothing of the clock.
TELLS_SECONDS: Final = 86_400
CLOCK_SET: Final = int(Flag.CLOCK_SET)


def check_clock(context: DayContext) -> Iterator[Verdict]:
    """Yield V08 for the worst drift of the day, and for half hours in which the clock was set."""
    set_within = [start for start, slot in context.measured.items() if slot.flags & CLOCK_SET]
    if set_within:
        yield Verdict(
            rule=Rule.V08,
            severity=Severity.NOTE,
            start_epoch=context.day.start_epoch,
            value=len(set_within),
            limit=0,
            part="clock_set",
            detail="half hours in which the clock was set",
        )
    warn, fail = context.limits["V08.warn_seconds"], context.limits["V08.fail_seconds"]
    if all(abs(each.drift_seconds or 0) < warn for each in context.snapshots):
        return
    drifts = _drifts(context)
    wrong = [start for start, drift in drifts.items() if abs(drift) >= fail]
    worst = max(drifts.values(), key=abs, default=0.0)
    if abs(worst) < warn:
        return
    yield Verdict(
        rule=Rule.V08,
        severity=Severity.QUESTION if wrong else Severity.NOTE,
        start_epoch=context.day.start_epoch,
        value=round(worst, 1),
        limit=fail if wrong else warn,
        part="drift",
        detail=f"{len(wrong)} half hours by a clock that is wrong",
        slots=wrong,
    )


def _drifts(context: DayContext) -> dict[int, float]:
    """Return by measured half hour the drift that the nearest reading of its meter tells, meter minus true."""
    by_meter: dict[str, list[StoredSnapshot]] = {}
    for each in context.snapshots:
        if each.drift_seconds is not None:
            by_meter.setdefault(str(each.meter_id), []).append(each)
    found: dict[int, float] = {}
    for start, slot in context.measured.items():
        readings = by_meter.get(slot.meter_id)
        nearest = None if not readings else _nearest(readings, start + STEP_SECONDS)
        if nearest is not None and abs(_second(nearest) - start) <= TELLS_SECONDS:
            found[start] = nearest.drift_seconds or 0.0
    return found


def _nearest(readings: Sequence[StoredSnapshot], end: int) -> StoredSnapshot:
    """The end of a half hour is when the meter wrote it down; of two as near the later counts."""
    at = bisect_left(readings, float(end), key=_second)
    near = readings[max(0, at - 1) : at + 1]
    return min(near, key=lambda each: (abs(_second(each) - end), -_second(each)))


def _second(reading: StoredSnapshot) -> float:
    return reading.at.timestamp()
