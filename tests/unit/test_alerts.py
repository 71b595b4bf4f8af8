"""The rules for Prometheus name metrics and labels that the code has."""

import re
import subprocess
import sys
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import REGISTRY

from metering.domain.production_calendar import MOVED, days_left

SRE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "sre"
NAME = re.compile(r"halfhour_[a-z_]+")


def known() -> set[str]:
    for module in ("common.metrics", "metering.metrics", "meter_poller.metrics"):
        import_module(module)
    names: set[str] = set()
    for metric in REGISTRY.collect():
        names |= {metric.name, *(f"{metric.name}_{suffix}" for suffix in ("total", "bucket", "count", "sum"))}
    return names


def test_every_alert_asks_for_metrics_that_are_there_and_the_guide_says_what_to_do():
    content: Any = yaml.safe_load((SRE / "alerts.yaml").read_text(encoding="utf-8"))
    guide = (SRE / "README.md").read_text(encoding="utf-8")
    rules = [rule for group in content["groups"] for rule in group["rules"]]
    assert rules
    for rule in rules:
        asked = set(NAME.findall(rule["expr"]))
        assert asked, rule["alert"]
        assert asked <= known(), rule["alert"]
        assert f"`{rule['alert']}`" in guide


def test_the_calendar_is_asked_for_from_november_if_the_next_year_is_not_known():
    content: Any = yaml.safe_load((SRE / "alerts.yaml").read_text(encoding="utf-8"))
    [expr] = [rule["expr"] for group in content["groups"] for rule in group["rules"] if "calendar" in rule["expr"]]
    limit = int(expr.rpartition("<")[2])
    last = max(MOVED)
    assert [days_left(day) < limit for day in (date(last, 10, 31), date(last, 11, 1), date(last + 1, 3, 1))] == [
        False,
        True,
        True,
    ]
    assert not days_left(date(last - 1, 12, 31)) < limit, "the next year is known"


def test_a_process_that_has_not_looked_at_the_calendar_raises_no_alarm():
    code = "from metering.metrics import CALENDAR_DAYS_LEFT as gauge; print(gauge._value.get())"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout.strip() == b"nan"


def test_the_guide_asks_for_metrics_that_are_there():
    assert set(NAME.findall((SRE / "README.md").read_text(encoding="utf-8"))) <= known()
