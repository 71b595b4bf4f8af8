"""Each rule does what its example in docs/architecture/validation.md says, in the same numbers."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.metering.day_contexts import DAY, LOADS, at, context, day_slots, outage, reading, slot, whole_days
from tests.unit.metering.telemetry import HALF_HOUR, NOW, START, Place

from metering.domain.interval_columns import columns_of
from metering.domain.intervals import CheckedBlocks, check_blocks
from metering.domain.schedules import DatedSchedule, Schedule, schedule_zones
from metering.domain.validation.columns import impossible_values
from metering.domain.validation.context import DayContext
from metering.domain.validation.review import review
from metering.domain.validation.verdicts import Rule
from topics.poller import IntervalBlock
from topics.quality import Flag, Quality, value_version

DOCUMENT = Path(__file__).parents[3] / "docs" / "architecture" / "validation.md"
ROW = re.compile(r"^\| (V\d\d)([a-z]?) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
DAY_SECONDS = 86_400

Outcome = tuple[float, float, str]


def documented() -> dict[str, Outcome]:
    """Return the rows of the examples' table: value, limit and what follows, by rule and letter."""
    text = DOCUMENT.read_text(encoding="utf-8")
    found = ROW.findall(text.split("## Examples", 1)[1])
    return {
        f"{rule}{letter}": (_number(value), _number(limit), outcome.strip())
        for rule, letter, _, value, limit, outcome in found
    }


def _number(text: str) -> float:
    return float(text.strip().replace(",", "").replace("−", "-"))


def found(rule: Rule, what: DayContext) -> Outcome:
    """Return the only verdict of a rule: value, limit, and severity with the number of half hours that it questions."""
    (verdict,) = [each.verdict for each in review(what).judged if each.verdict.rule is rule]
    questioned = f", {len(verdict.slots)} questioned" if verdict.slots else ""
    return round(verdict.value, 1), round(verdict.limit, 1), f"{verdict.severity.value}{questioned}"


def checked(now: datetime = NOW, **changes: Any) -> CheckedBlocks:
    place = Place()
    block: IntervalBlock = place.block((500, 600), **changes)
    return check_blocks([columns_of(block)], place.registry(), now_epoch=now.timestamp())


def refused(what: CheckedBlocks) -> str:
    ((_, reason),) = what.refused
    return f"dead letter `{reason.code}`"


def v01() -> Outcome:
    first, second = 500, 510
    read_at = START + timedelta(days=1)
    assert value_version(Quality.VALID, read_at + HALF_HOUR) > value_version(Quality.VALID, read_at)
    assert value_version(Quality.HISTORY, NOW) < value_version(Quality.VALID, read_at)
    return second, first, "version"


def v02() -> Outcome:
    place, stranger = Place(), Place()
    what = check_blocks([columns_of(stranger.block())], place.registry(), now_epoch=NOW.timestamp())
    return len(what.pieces), 1, refused(what)


def v03() -> Outcome:
    return 3_600, 1_800, refused(checked(step_seconds=3_600))


def v04() -> Outcome:
    return 256, 255, refused(checked(flags=[256, 0]))


def v05() -> Outcome:
    return found(Rule.V05, context(installed={"ratio": 40}))


def v05b() -> Outcome:
    changed = {**day_slots(LOADS), at(20): slot(500, flags=int(Flag.RATIO_CHANGE))}
    return found(Rule.V05, context(changed))


def v06() -> Outcome:
    return found(Rule.V06, context([*LOADS[:40], *[None] * 8]))


def v07() -> Outcome:
    ends_at = START + 2 * HALF_HOUR
    assert not checked(now=ends_at - timedelta(seconds=300), polled_at=START).refused
    return 301, 300, refused(checked(now=ends_at - timedelta(seconds=301), polled_at=START))


def v07b() -> Outcome:
    return 60, 0, refused(checked(start=START + timedelta(seconds=60)))


def v08() -> Outcome:
    return found(Rule.V08, context(snapshots=[reading(DAY_SECONDS, drift_seconds=-117.0)]))


def v08b() -> Outcome:
    """Two readings six hours apart: the half hours that end nearer to the second one are by a wrong clock."""
    readings = [reading(12 * 3_600, drift_seconds=20.0), reading(18 * 3_600, drift_seconds=320.0)]
    return found(Rule.V08, context(snapshots=readings))


def v09() -> Outcome:
    place = Place()
    block = place.block((500, 22_771), a_minus_wh=[0, 0], r_plus_varh=[0, 0], r_minus_varh=[0, 0])
    what = check_blocks([columns_of(block)], place.registry(), now_epoch=NOW.timestamp())
    ((_, _, judged),) = impossible_values(what)
    return judged.verdict.value, judged.verdict.limit, refused(what)


def v10() -> Outcome:
    """Four Wednesdays of 10 kWh; the day itself used 31,200 Wh."""
    return found(Rule.V10, context([600, 700] * 24, days=whole_days(dict.fromkeys((7, 14, 21, 28), 10_000))))


def v10b() -> Outcome:
    return found(Rule.V10, context([30, 40] * 24, days=whole_days(dict.fromkeys((7, 14, 21, 28), 10_000))))


def v11() -> Outcome:
    """The highest half hour is 3,000 Wh, the third highest 1,000 Wh."""
    return found(Rule.V11, context([*LOADS[:10], 3_000, 1_100, 1_000, *LOADS[13:]]))


def v12() -> Outcome:
    return found(Rule.V12, context([*LOADS[:20], *[500] * 12, *LOADS[32:]]))


def v13() -> Outcome:
    days = whole_days({1: 0, 2: 0, **dict.fromkeys(range(3, 10), 9_000)})
    return found(Rule.V13, context([0] * 48, days=days, limits={"V10.least_wh": 10**6}))


def v14() -> Outcome:
    return found(Rule.V14, context(snapshots=[reading(0, ("sum", 8_000)), reading(3_600, ("sum", 7_000))]))


def v15() -> Outcome:
    total = sum(LOADS)
    return found(
        Rule.V15, context(snapshots=[reading(0, ("sum", 10_000)), reading(DAY_SECONDS, ("sum", 10_000 + total + 90))])
    )


def v16() -> Outcome:
    readings = [
        reading(0, ("sum", 10_000), ("T1", 6_000), ("T2", 4_000)),
        reading(DAY_SECONDS, ("sum", 30_160), ("T1", 19_440), ("T2", 10_723)),
    ]
    return found(Rule.V16, context([420] * 48, snapshots=readings))


def v16b() -> Outcome:
    """The meter switches to the night rate an hour late: at 24:00, not at 23:00."""
    readings = [
        reading(0, ("sum", 10_000), ("T1", 6_000), ("T2", 4_000)),
        reading(DAY_SECONDS, ("sum", 30_160), ("T1", 20_280), ("T2", 9_880)),
    ]
    zones = schedule_zones({"T1": [["07:00", "23:00"]], "T2": [["23:00", "07:00"]]})
    two = DatedSchedule(date(2020, 1, 1), None, Schedule("two", ("two zones",), None, zones))
    return found(Rule.V16, context([420] * 48, snapshots=readings, schedules=[two]))


def v17() -> Outcome:
    with_reactive = {
        start: slot(each, energies=(each, None, 50, None)) for start, each in zip(DAY.slots, LOADS, strict=True)
    }
    lacking = {start: slot(450) for start in DAY.slots[:3]}
    return found(Rule.V17, context(with_reactive | lacking))


def v18() -> Outcome:
    return found(Rule.V18, context(spans=[outage(10, 14)]))


def v18b() -> Outcome:
    return found(Rule.V18, context(contract_closed_at=datetime.fromtimestamp(at(46), UTC)))


def v19() -> Outcome:
    return found(Rule.V19, context([*LOADS[:10], *[0] * 4, *LOADS[14:]], spans=[outage(10, 14)]))


def v20() -> Outcome:
    return found(Rule.V20, context([], days=whole_days(dict.fromkeys(range(1, 10)))))


def v20b() -> Outcome:
    return found(Rule.V20, context([], days=whole_days(dict.fromkeys(range(1, 30)))))


EXAMPLES: dict[str, Callable[[], Outcome]] = {
    each.__name__.replace("v", "V", 1): each
    for each in (
        *(v01, v02, v03, v04, v05, v05b, v06, v07, v07b, v08, v08b, v09, v10, v10b, v11, v12, v13, v14, v15),
        *(v16, v16b, v17, v18, v18b, v19, v20, v20b),
    )
}


def test_every_rule_has_an_example_in_the_document_and_here():
    assert documented().keys() == EXAMPLES.keys()
    assert {name[:3] for name in EXAMPLES} == {rule.value for rule in Rule}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_does_what_its_example_in_the_document_says(name: str):
    assert EXAMPLES[name]() == documented()[name]


def test_a_usual_day_breaks_no_rule():
    days = whole_days(dict.fromkeys(range(1, 29), sum(LOADS)))
    total = sum(LOADS)
    readings = [reading(0, ("sum", 10_000)), reading(DAY_SECONDS, ("sum", 10_000 + total))]
    reviewed = review(context(days=days, snapshots=readings))
    assert (list(reviewed.judged), dict(reviewed.decisions)) == ([], {})
