"""docs/security.md says only what can be looked up: its files and tests exist, its states and counts are right."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
STATES = ("met", "partly", "not met", "does not apply")
FOLDERS = ("deploy/", "docs/", "libs/", "services/", "tests/")
ITEM = re.compile(r"\d+\.\d+\.\d+")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows() -> list[list[str]]:
    """The rows of the chapters' tables: items, levels, what, state, where, remark."""
    return [cells(line) for line in PAGE.splitlines() if re.match(r"\| \d+\.\d+\.\d+", line)]


def items(row: list[str]) -> list[str]:
    return ITEM.findall(row[0])


def named() -> list[str]:
    found = re.findall(r"`([^`\s]+)`", PAGE)
    listed = [name for row in rows() for name in re.findall(r"`([^`\s]+)`", row[4])]
    return [name for name in found if name.startswith(FOLDERS)] + listed


def test_every_file_and_test_that_it_names_exists():
    missing = []
    for name in named():
        path, _, test = name.partition("::")
        there = (ROOT / path).is_file()
        if not there or (test and not re.search(rf"^(async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE)):
            missing.append(name)
    assert len(named()) > 300
    assert not missing


def test_every_item_stands_once_with_a_state_and_what_the_state_needs():
    stated = Counter(item for row in rows() for item in items(row))
    assert len(stated) > 250
    assert [item for item, times in stated.items() if times > 1] == []
    faults = []
    for row in rows():
        items_, levels, what, state, where, remark = row
        needs = {"met": where, "partly": where and remark, "not met": remark, "does not apply": remark}
        if not needs.get(state) or not what or not set(levels.split(", ")) <= {"1", "2"}:
            faults.append(items_)
    assert not faults


def test_its_counts_are_those_of_its_tables():
    counted = Counter((int(items(row)[0].split(".")[0]), row[3]) for row in rows() for _ in items(row))
    summed = {
        int(chapter): [int(count) for count in counts]
        for chapter, *counts in re.findall(
            r"^\| V(\d+) [^|]+\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE
        )
    }
    assert summed == {chapter: [counted[chapter, state] for state in STATES] for chapter in summed}
    assert {chapter for chapter, _ in counted} == set(summed)
    total = [sum(column) for column in zip(*summed.values(), strict=True)]
    assert f"| **all** | {' | '.join(map(str, total))} |" in PAGE


def test_its_links_lead_somewhere():
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", PAGE) if "://" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / "docs" / target).exists()] == []
