import json
import re
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Rejected
from common.kafka.topic import Topic
from topics import ALL, supplier_intervals, supplier_topics
from topics.__main__ import documents
from topics.quality import (
    RANK,
    Quality,
    billed_version,
    decided_version,
    is_decided,
    persons_version,
    ranks_of_decisions,
    value_version,
)

EVERY = [*ALL, *supplier_topics("demo")]
HEADERS = {topic.name: topic.headers() for topic in EVERY}


def examples(topic: Topic[Any]) -> dict[str, bytes]:
    folder = resources.files("topics") / "examples" / topic.name.replace("supplier-demo-", "supplier-code-")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("topic", EVERY, ids=lambda topic: topic.name)
def test_every_topic_has_examples_that_survive_a_round_trip_and_fit_its_schema(topic: Topic[Any]):
    found = examples(topic)
    assert found
    schema = json.loads(documents()[f"{topic.name.replace('supplier-demo-', 'supplier-code-')}.schema.json"])
    for value in found.values():
        message = topic.decode(value, HEADERS[topic.name])
        assert json.loads(topic.encode(message)) == json.loads(value)
        jsonschema.validate(json.loads(value), schema)
        assert topic.key(message)


@pytest.mark.parametrize("topic", EVERY, ids=lambda topic: topic.name)
def test_a_name_says_owner_plural_noun_and_version(topic: Topic[Any]):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z]+)+-v[1-9]", topic.name)
    assert topic.description.endswith(".")
    assert topic.compacted == (topic.retention_hours is None)


@pytest.mark.parametrize("topic", EVERY, ids=lambda topic: topic.name)
def test_a_reader_ignores_fields_that_it_does_not_know(topic: Topic[Any]):
    value = next(iter(examples(topic).values()))
    later = json.dumps(json.loads(value) | {"added_later": {"a": 1}}).encode()
    assert topic.decode(later, HEADERS[topic.name]) == topic.decode(value, HEADERS[topic.name])


@pytest.mark.parametrize(
    ("value", "schema", "code"),
    [
        (b"\xff\xfe not json", None, "not_json"),
        (b"", None, "not_json"),
        (None, None, "not_json"),
        (b'{"added_later": ' + b"[" * 100_000, None, "not_json"),
        (b'{"added_later": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", None, "not_json"),
        (b'{"contract_id": 7}', None, "invalid_message"),
        (b"[]", None, "invalid_message"),
        (b"{}", b"urn:halfhour:contracts-contracts-v1:2", "unknown_schema"),
        (b"{}", b"", "unknown_schema"),
        (b"{}", b"\xff", "unknown_schema"),
    ],
)
def test_what_is_no_message_is_refused_with_a_stable_code(value: bytes | None, schema: bytes | None, code: str):
    topic = next(topic for topic in ALL if topic.name == "contracts-contracts-v1")
    headers = topic.headers() if schema is None else [("ce_dataschema", schema)]
    with pytest.raises(Rejected) as refused:
        topic.decode(value, headers)
    assert refused.value.code == code


def test_a_naive_instant_is_refused():
    topic = next(topic for topic in ALL if topic.name == "auth-letters-v1")
    value = json.loads(next(iter(examples(topic).values())))
    value["expires_at"] = "2026-11-01T13:00:00"
    with pytest.raises(Rejected, match="expires_at"):
        topic.decode(msgspec.json.encode(value), topic.headers())


@given(
    st.sampled_from(Quality),
    st.sampled_from(Quality),
    st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.timedeltas(timedelta(0), timedelta(days=5_000)),
)
def test_a_higher_rank_wins_and_within_a_rank_the_later_reading(
    one: Quality, other: Quality, at: datetime, later: timedelta
):
    first, second = value_version(one, at), value_version(other, at + later)
    assert 0 < second < 2**53
    if RANK[one] != RANK[other]:
        assert (first < second) == (RANK[one] < RANK[other])
    else:
        assert first <= second


@given(
    st.sampled_from(Quality),
    st.integers(0, 2**34 - 1).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.integers(0, 2**34 - 2).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_a_decision_is_above_every_automatic_value_and_below_a_later_decision(
    quality: Quality, polled_at: datetime, decided_at: datetime
):
    """INVARIANT: no repeat of the telemetry undoes a decision."""
    automatic, decided = value_version(quality, polled_at), decided_version(decided_at)
    assert automatic < decided < decided_version(decided_at + timedelta(seconds=1)) < 2**53
    assert is_decided(decided)
    assert not is_decided(automatic)
    assert decided % 2**34 == int(decided_at.timestamp())


@given(
    st.sampled_from([quality for quality in Quality if quality is not Quality.GAP]),
    st.lists(st.booleans(), max_size=4),
    st.lists(st.integers(0, 2**31), min_size=7, max_size=7),
)
def test_a_person_stands_above_a_bill_and_a_bill_above_what_rules_decide_on_the_same_value(
    quality: Quality, decided_by_persons: list[bool], seconds: list[int]
):
    """INVARIANT: what was decided over a value wins by who decided, in whatever order and whenever it is written."""
    polled, rules, person_at, *before = (datetime.fromtimestamp(second, UTC) for second in seconds)
    former = value_version(quality, polled)
    for by_a_person, decided_at in zip(decided_by_persons, before, strict=False):
        former = (persons_version if by_a_person else decided_version)(decided_at, over=former)
    rule, billed, person = (
        *(decided_version(rules, over=former), billed_version(former), persons_version(person_at, over=former)),
    )
    assert former < rule < billed < person < 2**53
    assert is_decided(rule)
    assert ranks_of_decisions(person) == ranks_of_decisions(billed) == ranks_of_decisions(rule) + 1


@pytest.mark.parametrize("code", ["", "x", "Demo", "a-b", "1abc", "a" * 17, "demo\n", "*"])
def test_a_supplier_code_that_would_break_names_or_rights_is_refused(code: str):
    with pytest.raises(ValueError, match="code"):
        supplier_intervals(code)
