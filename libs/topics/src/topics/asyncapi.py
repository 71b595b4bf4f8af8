"""The supplier's streams as an AsyncAPI 3 document and as a page, made from the declarations and nothing else.

What billing systems build on: docs/guides/billing. The page needs no script and loads nothing.
"""

import html
import json
from typing import Any, Final

import msgspec

from common.kafka.topic import Topic
from topics import supplier_topics

EXAMPLE_SUPPLIER: Final = "demo"
HEADERS: Final = {
    "type": "object",
    "required": ["ce_dataschema"],
    "properties": {
        "ce_dataschema": {"type": "string", "description": "Names topic and version; another value is refused."},
        "ce_id": {"type": "string"},
        "ce_source": {"type": "string"},
        "ce_type": {"type": "string"},
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_time": {"type": "string", "format": "date-time"},
    },
}
STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:auto;padding:1rem}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}"
    "td,th{border:1px solid #767676;padding:.25rem .5rem;text-align:left;vertical-align:top}"
)


def document() -> dict[str, Any]:
    """Return the AsyncAPI document; `{code}` stands for the supplier's code. The client is the billing system."""
    topics = [(_name(topic), topic) for topic in supplier_topics(EXAMPLE_SUPPLIER)]
    schemas: dict[str, Any] = {}
    for _, topic in topics:
        (_, found) = msgspec.json.schema_components([topic.message], ref_template="#/components/schemas/{name}")
        schemas |= found
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Halfhour: the streams of a supplier",
            "version": "1",
            "description": "Half hours, closed days, and the inbox. Values are JSON, headers CloudEvents 1.0.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {"host": "{bootstrap}", "protocol": "kafka-secure", "security": [_ref("securitySchemes", "scram")]}
        },
        "channels": {name: _channel(name, topic) for name, topic in topics},
        "operations": {name: _operation(name, topic) for name, topic in topics},
        "components": {
            "securitySchemes": {"scram": {"type": "scramSha512"}},
            "messages": {name: _message(topic) for name, topic in topics},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def text() -> str:
    """Return the document as it is committed."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def page() -> str:
    """Return the document as HTML: a table of topics, and each message with its fields."""
    made = document()
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_safe(made['info']['title'])}</title><style>{STYLE}</style></head><body><main>",
        f"<h1>{_safe(made['info']['title'])}</h1><p>{_safe(made['info']['description'])}</p>",
        '<p>The same as <a href="/api/asyncapi.json">AsyncAPI 3.0</a>.</p>',
        "<table><thead><tr><th>topic<th>you<th>key<th>kept<th>what</thead><tbody>",
    ]
    for name, channel in made["channels"].items():
        kafka = channel["bindings"]["kafka"]
        hours = kafka["topicConfiguration"]["retention.ms"] // 3_600_000
        action = "read" if made["operations"][name]["action"] == "receive" else "write"
        key = made["components"]["messages"][name]["bindings"]["kafka"]["key"]["description"]
        parts.append(
            f'<tr><td><a href="#{channel["x-root"]}"><code>{_safe(channel["address"])}</code></a><td>{action}'
            f"<td><code>{_safe(key)}</code><td>{hours} h<td>{_safe(channel['description'])}"
        )
    parts.append("</tbody></table>")
    for name, schema in made["components"]["schemas"].items():
        parts += _section(name, schema)
    return "".join([*parts, "</main></body></html>\n"])


def _section(name: str, schema: dict[str, Any]) -> list[str]:
    parts = [f'<h2 id="{_safe(name)}">{_safe(name)}</h2><p>{_safe(schema.get("description", ""))}</p>']
    if "properties" in schema:
        parts.append("<table><thead><tr><th>field<th>type<th>must be there</thead><tbody>")
        for field, content in schema["properties"].items():
            needed = "yes" if field in schema.get("required", ()) else "no"
            parts.append(f"<tr><td><code>{_safe(field)}</code><td>{_type(content)}<td>{needed}")
        parts.append("</tbody></table>")
    elif "enum" in schema:
        parts.append(f"<p>{', '.join(f'<code>{_safe(str(each))}</code>' for each in schema['enum'])}</p>")
    return parts


def _type(schema: dict[str, Any]) -> str:
    """Return the type in a word or two, with links to what has a section of its own."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f'<a href="#{_safe(name)}">{_safe(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"<code>{_safe(str(each))}</code>" for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    limits = [f"{name} {schema[name]}" for name in ("format", "minimum", "maximum", "pattern") if name in schema]
    return _safe(", ".join([str(schema.get("type", "anything")), *limits]))


def _channel(name: str, topic: Topic[Any]) -> dict[str, Any]:
    retention = {"retention.ms": (topic.retention_hours or 0) * 3_600_000, "max.message.bytes": topic.max_message_bytes}
    return {
        "address": topic.name.replace(f"supplier-{EXAMPLE_SUPPLIER}-", "supplier-{code}-"),
        "description": topic.description,
        "parameters": {"code": {"description": "The supplier's code."}},
        "messages": {topic.message.__name__: _ref("messages", name)},
        "bindings": {"kafka": {"partitions": topic.partitions, "topicConfiguration": retention}},
        "x-root": topic.message.__name__,
    }


def _operation(name: str, topic: Topic[Any]) -> dict[str, Any]:
    action = "send" if topic.owner.startswith("supplier-") else "receive"
    messages = [{"$ref": f"#/channels/{name}/messages/{topic.message.__name__}"}]
    return {"action": action, "channel": {"$ref": f"#/channels/{name}"}, "messages": messages}


def _message(topic: Topic[Any]) -> dict[str, Any]:
    key = {"type": "string", "description": topic.key_field}
    return {
        "name": topic.message.__name__,
        "headers": HEADERS,
        "payload": _ref("schemas", topic.message.__name__),
        "bindings": {"kafka": {"key": key}},
    }


def _name(topic: Topic[Any]) -> str:
    return topic.name.removeprefix(f"supplier-{EXAMPLE_SUPPLIER}-")


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _safe(text: str) -> str:
    return html.escape(text)
