"""A measured figure, and a race of two ways of doing the same work, taken in turn within one run."""

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """One figure. `ratio` is value / the figure of `against`, measured in the same run; null where it stands alone."""

    name: str
    value: float
    unit: str
    against: str | None
    ratio: float | None


async def race(
    name: str,
    unit: str,
    ours: Callable[[], Awaitable[float]],
    *,
    against: str,
    theirs: Callable[[], Awaitable[float]],
    rounds: int = ROUNDS,
) -> list[Row]:
    """Run both in turn after a warm-up of each; a round returns how much work it did. Medians of rates and ratios."""
    await ours()
    await theirs()
    rates: list[tuple[float, float]] = [(await _rate(ours), await _rate(theirs)) for _ in range(rounds)]
    ratio = statistics.median(mine / other for mine, other in rates)
    return [
        Row(name, statistics.median(mine for mine, _ in rates), unit, against, ratio),
        Row(against, statistics.median(other for _, other in rates), unit, None, None),
    ]


async def _rate(work: Callable[[], Awaitable[float]]) -> float:
    began = time.perf_counter()
    amount = await work()
    return amount / (time.perf_counter() - began)
