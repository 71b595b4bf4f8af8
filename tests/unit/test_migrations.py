"""The migrations of each service are one numbered line: two changes that took one number are seen before they land."""

import re
from importlib import import_module
from pathlib import Path

import pytest


@pytest.mark.parametrize("service", ["auth", "contracts", "metering", "notify", "tickets"])
def test_each_migration_follows_the_one_before_it(service: str):
    folder: Path = import_module(f"{service}.resources").MIGRATIONS
    former = None
    for number, file in enumerate(sorted(folder.glob("[0-9]*.py")), 1):
        text = file.read_text()
        assert file.name.startswith(f"{number:04}_"), f"{file.name} is number {number} in its folder"
        assert re.findall(r'^revision = "(\d+)"', text, re.MULTILINE) == [f"{number:04}"]
        assert re.findall(r"^down_revision.*= (?:\"(\d+)\"|None)", text, re.MULTILINE) == [former or ""]
        former = f"{number:04}"
    assert former
