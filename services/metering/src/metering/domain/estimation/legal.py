"""E7: the month that the law puts in the place of readings, and its share of a half hour.

Households: ПП 354, п. 59, 60. Organisations: ПП 442, п. 179. What stands in the law changes, so each figure is a
parameter of the supplier from one day to another, with its document.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from fractions import Fraction

from metering.domain.estimation.rounding import Number


class ConsumerKind(str, Enum):
    HOUSEHOLD = "household"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """The rule of one supplier for one kind of consumer, valid in [valid_from, valid_to).

    `months_full`: over so many months of readings the mean is taken; `months_least`: over fewer it is not.
    `periods_at_most`: after so many substituted periods the norm; None: as long as it takes.
    """

    kind: ConsumerKind
    valid_from: date
    valid_to: date | None
    months_full: int
    months_least: int
    periods_at_most: int | None
    norm_wh_per_month: int | None
    document: str


def legal_month(
    rule: Substitution, months_wh: Sequence[int], *, last_year_wh: int | None, periods: int
) -> tuple[Number, str] | None:
    """Return the energy of a month and on what it rests; None where the law's data are missing.

    `months_wh`: full months with readings, newest first. `periods`: how many have been substituted already.
    """
    if rule.kind is ConsumerKind.ORGANISATION:
        if last_year_wh is not None:
            return last_year_wh, "same_month_of_last_year"
        return (months_wh[0], "nearest_month") if months_wh else None
    goes_on = rule.periods_at_most is None or periods < rule.periods_at_most
    if goes_on and len(months_wh) >= rule.months_least:
        months = months_wh[: rule.months_full]
        return Fraction(sum(months), len(months)), f"mean_of_{len(months)}_months"
    return None if rule.norm_wh_per_month is None else (rule.norm_wh_per_month, "norm")


def rule_on(rules: Sequence[Substitution], kind: ConsumerKind, day: date) -> Substitution | None:
    """Return the rule that holds on a day; of two that do, the one that began later."""
    ours = [
        rule
        for rule in rules
        if rule.kind is kind and rule.valid_from <= day and (rule.valid_to is None or day < rule.valid_to)
    ]
    return max(ours, key=lambda rule: rule.valid_from, default=None)
