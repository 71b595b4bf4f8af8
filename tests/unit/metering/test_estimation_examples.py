"""Each method gives what its example in docs/architecture/estimation.md says: the results are read from there."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from tests.unit.metering.estimation import at, material, missing, of_day, reading, weeks

from metering.domain.estimation.estimate import Estimate, estimates
from metering.domain.estimation.legal import ConsumerKind, Substitution
from metering.domain.journal_spans import Mark, Span

DOCUMENT = Path(__file__).parents[3] / "docs" / "architecture" / "estimation.md"
ROW = re.compile(r"^\| (E\d[a-z]?) \| [^|]+ \| ([^|]+) \| (\w+) \|$", re.MULTILINE)

Outcome = tuple[list[int | None], str]


def documented() -> dict[str, Outcome]:
    """Return what each example becomes, and its quality."""
    text = DOCUMENT.read_text(encoding="utf-8").split("## Worked examples", 1)[1]
    return {name: (_values(values), quality) for name, values, quality in ROW.findall(text)}


def _values(text: str) -> list[int | None]:
    """Read "351 ×5 350": five times the one, and the other."""
    found: list[int | None] = []
    for word in text.replace(",", "").split():
        found += found[-1:] * (int(word[1:]) - 1) if word.startswith("×") else [int(word)]
    return found


def told(name: str, found: Sequence[Estimate], numbers: slice = slice(None)) -> Outcome:
    """Return the values of the only estimate by the example's method."""
    (one,) = [each for each in found if each.method == name[:2]]
    return list(one.columns[0][numbers]), one.quality.value


def without(numbers: Sequence[int], value: int = 200) -> dict[int, int]:
    return {number: value for number in range(48) if number not in numbers}


def e1() -> Outcome:
    control = dict(zip(missing([40, 41]), [(410, None, None, None), (430, None, None, None)], strict=True))
    return told("E1", estimates(material(weeks(lambda *_: 500), control=control, control_point="p"), missing([40, 41])))


def e2() -> Outcome:
    off = Span(Mark.POWER, at(9, 50), at(11, 10), "01", "01.0.x")
    gap = range(19, 23)
    found = estimates(material(of_day(without(gap, 400)), spans=[off]), missing(gap))
    assert [each.method for each in found] == ["E4", "E2", "E4"]
    return told("E2", found)


def e3() -> Outcome:
    loads = dict(zip(range(24, 30), (300, 300, 400, 400, 500, 600), strict=True))
    slots = weeks(lambda _, number: loads.get(number, 200)) | of_day(without(range(24, 30)))
    snapshots = [reading(at(12), 10_000), reading(at(15), 11_700)]
    return told("E3", estimates(material(slots, snapshots=snapshots), missing(list(loads))))


def e3b() -> Outcome:
    slots = weeks(lambda *_: 200) | of_day(without(range(24, 30)))
    snapshots = [reading(at(11, 45), 9_900), reading(at(15, 15), 11_800)]
    return told("E3", estimates(material(slots, snapshots=snapshots), missing(range(24, 30))))


def e3c() -> Outcome:
    slots = weeks(lambda *_: 200) | of_day(without(range(44, 48)))
    snapshots = [
        reading(at(22), 10_000, T1=7_000, T2=3_000),
        reading(at(23, 59) + 60, 11_000, T1=7_900, T2=3_100),
    ]
    return told("E3", estimates(material(slots, snapshots=snapshots), missing(range(44, 48))))


def e4() -> Outcome:
    return told("E4", estimates(material(of_day({19: 500, 22: 800})), missing([20, 21])))


def e4b() -> Outcome:
    return told("E4", estimates(material(of_day({19: 500})), missing([20, 21])))


def e5() -> Outcome:
    loads = {date(2026, 3, 17): 300, date(2026, 3, 16): 330, date(2026, 3, 13): 345}
    return told("E5", estimates(material(weeks(lambda day, _: loads.get(day, 900))), missing(range(48))))


def e6() -> Outcome:
    snapshots = [reading(at(0) - 20 * 86_400, 1_000_000), reading(at(0), 1_642_000)]
    return told("E6", estimates(material({}, snapshots=snapshots), missing(range(48))), slice(14, 16))


def e7() -> Outcome:
    law = Substitution(
        kind=ConsumerKind.HOUSEHOLD,
        valid_from=date(2024, 1, 1),
        valid_to=None,
        months_full=6,
        months_least=3,
        periods_at_most=3,
        norm_wh_per_month=150_000,
        document="ПП 354, п. 59, 60",
    )
    return told("E7", estimates(material({}, law=law, months_wh=[321_000] * 6), missing(range(48))), slice(14, 16))


def e8() -> Outcome:
    loads = {date(2026, 3, 17): 300, date(2026, 3, 16): 401}
    return told("E8", estimates(material(weeks(lambda day, _: loads[day], before=2)), missing(range(10, 20))))


EXAMPLES: dict[str, Callable[[], Outcome]] = {
    each.__name__.replace("e", "E", 1): each for each in (e1, e2, e3, e3b, e3c, e4, e4b, e5, e6, e7, e8)
}


def test_every_method_has_an_example_in_the_document_and_here():
    assert documented().keys() == EXAMPLES.keys()
    assert {name[:2] for name in EXAMPLES} == {f"E{number}" for number in range(1, 9)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_method_gives_what_its_example_in_the_document_says(name: str):
    assert EXAMPLES[name]() == documented()[name]
