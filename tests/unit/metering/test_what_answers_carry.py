"""Every answer of metering says until when it holds what there is; those of half hours, which quality and revision."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.openapi import operations

PORTAL = Path(__file__).resolve().parents[3] / "docs" / "api" / "portal.json"
DOCUMENT: dict[str, Any] = json.loads(PORTAL.read_text(encoding="utf-8"))
# What staff announced or asked for itself: there is no data in it, and each item has the time of its making.
WITHOUT_AS_OF = {
    "list_bill_runs": "announced_at",
    "list_announced_outages": "announced_at",
    "list_replays": "asked_at",
}
# Where in the answer the two stand.
QUALITY_AND_REVISION = {
    "show_profile": ("quality", "revisions.revision"),
    "show_consumption": ("channels.quality", "revisions"),
    "compare_periods": ("quality", "revisions"),
    "show_typical_day": ("quality", "revision"),
    "show_heat_map": ("days.quality", "days.revision"),
    "show_load_figures": ("quality", "revision"),
    "show_power_limit": ("quality", "revision"),
    "list_zone_checks": ("items.slots_valid", "items.revision"),
    "list_days": ("items.slots_valid", "items.revision"),
    "list_completeness_of_points": ("items.slots_valid", "items.revision"),
    "show_interval_history": ("items.quality", "items.version"),
}
# A table of docs/architecture/queries.md has the reasons.
WITHOUT_THE_TWO = {
    *("list_points", "show_point", "list_readings", "show_instants", "list_journals", "list_journal_entries"),
    *("show_power_quality", "show_clock_drift", "list_planned_outages", "list_announced_outages"),
    *("list_point_verdicts", "list_verdicts", "list_edits", "show_edit"),
    *("list_completeness", "list_receipts", "list_bill_runs", "list_replays"),
}
READS = {
    operation["operationId"]: operation["responses"]["200"]["content"]["application/json"]["schema"]
    for _, method, operation in operations(DOCUMENT)
    if method == "get" and operation["x-service"] == "metering"
}


def properties(schema: dict[str, Any]) -> dict[str, Any]:
    schema = schema.get("items", schema)
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    found: dict[str, Any] = schema.get("properties", {})
    return found


@pytest.mark.parametrize("name", READS)
def test_an_answer_says_until_when_it_holds_what_there_is(name: str):
    """INVARIANT: whoever reads data of metering can tell how fresh they are, from the answer alone."""
    fields = properties(READS[name])
    if name in WITHOUT_AS_OF:
        assert "as_of" not in fields
        assert WITHOUT_AS_OF[name] in properties(fields["items"])
    else:
        assert "as_of" in fields


@pytest.mark.parametrize("name", QUALITY_AND_REVISION)
def test_an_answer_of_half_hours_says_their_quality_and_revision(name: str):
    for path in QUALITY_AND_REVISION[name]:
        *above, last = path.split(".")
        schema = READS[name]
        for field in above:
            schema = properties(schema)[field]
        assert last in properties(schema)


def test_of_every_other_answer_it_is_written_down_why_it_has_none_of_the_two():
    assert set(READS) == set(QUALITY_AND_REVISION) | WITHOUT_THE_TWO
    assert not set(QUALITY_AND_REVISION) & WITHOUT_THE_TWO
