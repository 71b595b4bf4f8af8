"""Max power within the running half hour: the mean that it will come to if the load stays, against the limit.

Projected mean = (energy so far + present power · time left) / ½ h. Formula, lead and near misses:
docs/architecture/queries.md.
"""

from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import Final

from metering.domain.intervals import STEP_SECONDS

HALF_HOUR_HOURS: Final = 0.5
# Samples further apart say nothing about the present power.
FURTHEST_APART_SECONDS: Final = 600
# A limit that will be just met is worth a word: loads rise and fall by more than this within a minute.
WARN_AT_SHARE: Final = 0.95
# Of the first minutes of a half hour the present power is nearly all that is known.
LEAST_KNOWN_SECONDS: Final = 60
# A register is written now and then: two samples close together may show a step.
REGISTER_LATE_SECONDS: Final = 60
SAMPLES_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class Sample:
    """The register of energy taken at an instant (UTC seconds), Wh, and the power shown then, W; times the ratio."""

    at: float
    register_wh: int
    power_w: int | None = None


@dataclass(frozen=True, slots=True)
class Projection:
    """What the half hour from `start_epoch` will come to. `energy_wh` is what has gone through in it so far."""

    start_epoch: int
    at: float
    energy_wh: float
    power_w: float
    mean_w: float

    def warns(self, limit_w: int) -> bool:
        return self.mean_w > limit_w * WARN_AT_SHARE

    def passed(self, limit_w: int) -> bool:
        """Whether no saving can keep the mean under the limit any more."""
        return self.energy_wh > limit_w * HALF_HOUR_HOURS


@dataclass(slots=True)
class PowerTrack:
    """The newest samples of one meter at a point, in order of time; what comes late or twice is left out."""

    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=SAMPLES_KEPT))

    def add(self, sample: Sample, *, possible_w: float = inf) -> Projection | None:
        """Take a sample and project from it; None as long as too little is known.

        It begins anew after a register went back, or on by more than `possible_w`, what can be measured at the point.
        """
        if self.samples and sample.at <= self.samples[-1].at:
            return None
        if self.samples and not _follows(self.samples[-1], sample, possible_w):
            self.samples.clear()
        self.samples.append(sample)
        return self._projection(sample)

    def _projection(self, now: Sample) -> Projection | None:
        start = int(now.at // STEP_SECONDS) * STEP_SECONDS
        at_start = self._register_at(start)
        power_w = self._power_w()
        if at_start is None or power_w is None or now.at - start < LEAST_KNOWN_SECONDS:
            return None
        energy = now.register_wh - at_start
        left_hours = (start + STEP_SECONDS - now.at) / 3_600
        return Projection(start, now.at, energy, power_w, (energy + power_w * left_hours) / HALF_HOUR_HOURS)

    def _power_w(self) -> float | None:
        """Return the present power: between what the registers say of the last minutes and what the meter shows.

        The first lags behind a load that rises; the second takes a motor that starts for one that runs.
        """
        slope_w, shown_w = self._slope_w(), self.samples[-1].power_w
        if shown_w is None or slope_w is None:
            return slope_w if shown_w is None else max(0, shown_w)
        return (slope_w + max(0, shown_w)) / 2

    def _slope_w(self) -> float | None:
        if len(self.samples) < 2:  # noqa: PLR2004 -- a slope needs two
            return None
        before, last = self.samples[-2], self.samples[-1]
        seconds = last.at - before.at
        if seconds > FURTHEST_APART_SECONDS:
            return None
        return (last.register_wh - before.register_wh) * 3_600 / seconds

    def _register_at(self, epoch: int) -> float | None:
        """Return the register at an instant, on the line between the samples around it."""
        before = next((each for each in reversed(self.samples) if each.at <= epoch), None)
        after = next((each for each in self.samples if each.at >= epoch), None)
        if before is None or after is None or after.at - before.at > FURTHEST_APART_SECONDS:
            return None
        if before.at == after.at:
            return before.register_wh
        share = (epoch - before.at) / (after.at - before.at)
        return before.register_wh + share * (after.register_wh - before.register_wh)


def _follows(before: Sample, after: Sample, possible_w: float) -> bool:
    possible_wh = possible_w * (after.at - before.at + REGISTER_LATE_SECONDS) / 3_600
    return 0 <= after.register_wh - before.register_wh <= possible_wh
