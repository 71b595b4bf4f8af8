"""The shape of a gap: the first of E4, E5, E6 and E8 that can say something of it; without any, flat."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from metering.domain.estimation.flat_day import flat_mean
from metering.domain.estimation.interpolation import interpolated
from metering.domain.estimation.like_days import mean_of_like_days
from metering.domain.estimation.load_profile import by_class
from metering.domain.estimation.material import Material
from metering.domain.estimation.rounding import Number
from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import day_at

Method = Callable[[Material, Sequence[int], int], "list[Number] | None"]

E4: Final = "E4"
E5: Final = "E5"
E6: Final = "E6"
E8: Final = "E8"
FLAT: Final = "flat"
METHODS: Final[Mapping[str, Method]] = {E4: interpolated, E5: mean_of_like_days, E6: by_class, E8: flat_mean}


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive half hours that one method tells of; Wh or varh, not rounded."""

    method: str
    starts: Sequence[int]
    values: Sequence[Number]


def runs_of(starts: Sequence[int]) -> list[list[int]]:
    """Return starts as runs of consecutive half hours."""
    numbered = enumerate(sorted(starts))
    return [
        [start for _, start in group]
        for _, group in groupby(numbered, key=lambda each: each[1] - each[0] * STEP_SECONDS)
    ]


def shape_of(material: Material, run: Sequence[int], channel: int, *, methods: Sequence[str]) -> list[Part]:
    """Return the shape of a run: E4 over all of it, else each local day by the first of `methods` that can."""
    if E4 in methods:
        line = interpolated(material, run, channel)
        if line is not None:
            return [Part(E4, run, line)]
    parts: list[Part] = []
    for day, group in groupby(run, key=lambda start: day_at(start, material.day.time_zone)):
        starts = list(group)
        parts.append(_part(material.for_day(day), starts, channel, methods))
    return parts


def _part(material: Material, starts: Sequence[int], channel: int, methods: Sequence[str]) -> Part:
    for name in methods:
        if name == E4:
            continue
        values = METHODS[name](material, starts, channel)
        if values is not None:
            return Part(name, starts, values)
    return Part(FLAT, starts, [1] * len(starts))
