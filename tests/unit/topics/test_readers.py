"""Whom a topic names as reader reads it, and nobody else: access rights in the log derive from that."""

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest

import topics
from common.kafka.topic import Topic
from topics import ALL, supplier_topics

ROOT = Path(__file__).resolve().parents[3]
SERVICES = {
    "auth": "auth",
    "contracts": "contracts",
    "metering": "metering",
    "notify": "notify",
    "tickets": "tickets",
    "meter_poller": "meter-poller",
}
EVERY = [*ALL, *supplier_topics("demo")]
UNREAD = {topics.USERS.name}
"""What is told for readers outside the house, or to come."""


def used(package: str) -> set[str]:
    """Return the names of the topics that a service's code imports."""
    folder = ROOT / "services" / package.replace("_", "-") / "src" / package
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "topics":
                module = importlib.import_module(str(node.module))
                found |= {topic.name for name in node.names if (topic := topic_of(getattr(module, name.name, None)))}
    return found


def topic_of(imported: Any) -> Topic[Any] | None:
    """Return the topic that an imported name stands for, that of the demo supplier for a supplier's."""
    if isinstance(imported, Topic):
        return imported
    if callable(imported) and getattr(imported, "__name__", "").startswith("supplier_") and imported is not None:
        made = imported("demo")
        return made if isinstance(made, Topic) else None
    return None


@pytest.mark.parametrize("package", SERVICES)
def test_a_service_is_named_as_reader_of_what_it_reads_and_of_nothing_else(package: str):
    name = SERVICES[package]
    owned = {topic.name for topic in EVERY if topic.owner == name}
    declared = {topic.name for topic in EVERY if name in topic.readers}

    assert used(package) - owned == declared - owned
    assert owned <= used(package) | declared


def test_only_what_is_told_to_the_outside_has_no_reader():
    assert {topic.name for topic in EVERY if not topic.readers} == UNREAD
