"""How well a method does on this point: it is replayed on the point's own good days, of which the truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from metering.domain.estimation.material import Material
from metering.domain.estimation.rounding import half_up, rounded, shared_out
from metering.domain.estimation.shape import METHODS, shape_of

# Days that are replayed: so many nearest ones of the same type. It bounds what an estimate costs.
MOST_DAYS: Final = 5
PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class BackTest:
    """`mape_percent`: mean error of a half hour in per cent of the mean half hour; `sum_error_percent`: of the sum."""

    days: int
    mape_percent: float | None
    sum_error_percent: float | None

    def as_json(self) -> dict[str, float | int | None]:
        return {
            "days": self.days,
            "mape_percent": self.mape_percent,
            "sum_error_percent": self.sum_error_percent,
        }


def back_test(material: Material, run: Sequence[int], channel: int, method: str, *, scaled: bool) -> BackTest:
    """Replay a method on the same times of up to five good days of the same type, nearest first.

    `scaled`: with the day's true sum, as registers would tell it.
    """
    wanted = material.type_of(material.day.day)
    like = sorted(
        (day for day in material.good_days if day != material.day.day and material.type_of(day) is wanted),
        key=lambda day: (abs((day - material.day.day).days), day),
    )
    errors = [
        error
        for day in like[:MOST_DAYS]
        if (error := _replayed(material, run, channel, method, scaled=scaled, number=day.toordinal())) is not None
    ]
    if not errors:
        return BackTest(0, None, None)
    truth = sum(each[2] for each in errors)
    if not truth:
        return BackTest(len(errors), None, None)
    return BackTest(
        len(errors),
        round(float(Fraction(sum(each[0] for each in errors)) / truth * PERCENT), 1),
        round(float(Fraction(sum(each[1] for each in errors)) / truth * PERCENT), 1),
    )


def _replayed(
    material: Material, run: Sequence[int], channel: int, method: str, *, scaled: bool, number: int
) -> tuple[Fraction, Fraction, Fraction] | None:
    """Return (sum of the half hours' errors, error of the sum, true sum); None if the method says nothing there."""
    day = next(each for each in material.good_days.values() if each.day.toordinal() == number)
    same = [material.at_same_time(start, day) for start in run]
    starts = [start for start in same if start is not None]
    if len(starts) != len(run):
        return None
    truths = [material.value(start, channel) for start in starts]
    truth = [value for value in truths if value is not None]
    if len(truth) != len(starts):
        return None
    hidden = material.without(starts, day=day)
    if method in METHODS:
        values = METHODS[method](hidden, starts, channel)
    else:
        values = [value for part in shape_of(hidden, starts, channel, methods=()) for value in part.values]
    if values is None:
        return None
    total = sum((Fraction(value) for value in truth), Fraction())
    guess = shared_out(half_up(total), values) if scaled else rounded(values)
    off = sum((abs(Fraction(value) - found) for value, found in zip(truth, guess, strict=True)), Fraction())
    return off, Fraction(abs(total - sum(guess))), total
