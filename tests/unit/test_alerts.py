"""The rules for Prometheus name metrics and labels that the code has."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import REGISTRY

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


def test_the_guide_asks_for_metrics_that_are_there():
    assert set(NAME.findall((SRE / "README.md").read_text(encoding="utf-8"))) <= known()
