import json
import re
from typing import Any

import jsonschema
import pytest
from tests.unit.topics.test_topics import examples

from topics import asyncapi, supplier_topics

DOCUMENT = asyncapi.document()


def resolved(reference: dict[str, str]) -> Any:
    found: Any = DOCUMENT
    for step in reference["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_a_supplier_finds_its_three_streams_and_whether_it_reads_or_writes_them():
    actions = {name: each["action"] for name, each in DOCUMENT["operations"].items()}
    assert actions == {"intervals-v1": "receive", "days-v1": "receive", "inbox-v1": "send"}
    assert {each["address"] for each in DOCUMENT["channels"].values()} == {
        f"supplier-{{code}}-{name}-v1" for name in ("intervals", "days", "inbox")
    }


def test_every_reference_leads_somewhere():
    references = re.findall(r'"\$ref": "(#[^"]+)"', asyncapi.text())
    assert references
    for reference in references:
        assert resolved({"$ref": reference})


@pytest.mark.parametrize("topic", supplier_topics("demo"), ids=lambda topic: topic.name)
def test_the_payload_of_each_message_takes_the_examples(topic: Any):
    name = topic.name.removeprefix("supplier-demo-")
    schema = {**DOCUMENT["components"]["messages"][name]["payload"], "components": DOCUMENT["components"]}
    for value in examples(topic).values():
        jsonschema.validate(json.loads(value), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({}, schema)


def test_the_page_names_every_field_of_every_message_and_loads_nothing():
    page = asyncapi.page()
    for schema in DOCUMENT["components"]["schemas"].values():
        for field in schema.get("properties", {}):
            assert f"<code>{field}</code>" in page
    assert not re.findall(r"<script|<link|<img|src=|url\(", page)
