"""The canary: a point whose meter counts a known curve, so that what comes out of the whole chain can be judged.

The curve is that of the simulators' kind `canary`: the same every day of the meter's own clock, no two hours alike.
Pure. What is done with the findings: `metering.watches.canary`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final
from zoneinfo import ZoneInfo

from metering.domain.intervals import STEP_SECONDS

# Weights of the hours; a half hour has half of its hour's share, rounded down at both of its borders.
BY_HOUR: Final = (11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107)
_CUMULATIVE: Final = (0, *accumulate(weight for weight in BY_HOUR for _ in range(2)))


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with the canary: half hours with another value than the curve's, and those that are not there."""

    differing: Sequence[int]
    missing: Sequence[int]


@lru_cache(maxsize=4)
def curve(mean_w: int) -> tuple[int, ...]:
    """Return the energies of a day's 48 half hours, in Wh; index 0 begins at the meter's midnight."""
    total = mean_w * 24
    until = [total * share // _CUMULATIVE[-1] for share in _CUMULATIVE]
    return tuple(after - before for before, after in pairwise(until))


def expected_wh(start_epoch: int, *, mean_w: int, clock_zone: str) -> int:
    """Return what the canary's meter counts in the half hour that begins at this instant."""
    local = datetime.fromtimestamp(start_epoch, UTC).astimezone(ZoneInfo(clock_zone))
    return curve(mean_w)[(local.hour * 60 + local.minute) // 30]


def judge(starts: Sequence[int], found: Mapping[int, int | None], *, mean_w: int, clock_zone: str) -> Findings:
    """Compare the half hours that must be there by now with those that came out."""
    return Findings(
        differing=[
            start
            for start in starts
            if found.get(start) is not None and found[start] != expected_wh(start, mean_w=mean_w, clock_zone=clock_zone)
        ],
        missing=[start for start in starts if found.get(start) is None],
    )


def due_starts(now_epoch: float, *, late_seconds: float, slots: int) -> range:
    """Return the starts of the newest half hours that ended at least `late_seconds` ago."""
    end = int((now_epoch - late_seconds) // STEP_SECONDS) * STEP_SECONDS
    return range(end - slots * STEP_SECONDS, end, STEP_SECONDS)
