"""Decisions are numbered without holes and say what was rejected, which check holds them, and when to look again."""

import re
import sys
from pathlib import Path

SECTIONS = ("## Context", "## Decision", "## Rejected", "## Consequence", "## Check", "## Revisit trigger")


def faults(folder: Path) -> list[str]:
    """Return every fault of the decisions in `folder`, in words."""
    found: list[str] = []
    paths = sorted(folder.glob("[0-9]*.md"))
    for number, path in enumerate(paths, start=1):
        if not re.fullmatch(rf"{number:04d}-[a-z0-9-]+\.md", path.name):
            found.append(f"{path.name}: expected {number:04d}-<slug>.md")
        text = path.read_text(encoding="utf-8")
        found += [f"{path.name}: no section {section!r}" for section in SECTIONS if section not in text]
    return found if paths else [f"no decisions in {folder}"]


if __name__ == "__main__":
    problems = faults(Path(__file__).parent)
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    sys.exit(bool(problems))
