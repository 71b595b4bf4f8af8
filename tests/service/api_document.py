"""The document of the public API, and the smallest valid query, body and id for each of its operations."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from gateway.openapi import operations

PORTAL = Path(__file__).resolve().parents[2] / "docs" / "api" / "portal.json"
DOCUMENT: dict[str, Any] = json.loads(PORTAL.read_text(encoding="utf-8"))
PATTERNED = {"phone": "+7 927 000-00-00"}


def secured(service: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (path, method, operation) of what needs a token and belongs to `service`."""
    return [
        (path, method, operation)
        for path, method, operation in operations(DOCUMENT)
        if operation["x-service"] == service and operation.get("security")
    ]


def query(operation: dict[str, Any], day: datetime) -> dict[str, Any]:
    """Return a value for each query parameter that must be there; a period is the UTC `day`."""
    wanted = [given for given in operation.get("parameters", []) if given["in"] == "query" and given["required"]]
    days = {"start": day, "day": day, "end": day + timedelta(days=1)}
    found: dict[str, Any] = {}
    for given in wanted:
        name, dated = given["name"], given["schema"].get("format") == "date"
        if name in days:
            found[name] = days[name].date().isoformat() if dated else days[name].isoformat()
        else:
            found[name] = example(given["schema"])
    return found


def body(operation: dict[str, Any]) -> Any:
    """Return a smallest valid body, or None."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else example(content["schema"])


def example(schema: dict[str, Any]) -> Any:
    """Return a smallest value that fits `schema`, as far as our documents use JSON Schema."""
    while "$ref" in schema or "anyOf" in schema:
        name = schema.get("$ref", "").rpartition("/")[2]
        schema = DOCUMENT["components"]["schemas"][name] if name else schema["anyOf"][0]
    if schema.get("type") == "object":
        return {name: PATTERNED.get(name) or example(schema["properties"][name]) for name in schema.get("required", [])}
    if schema.get("type") == "array":
        return [example(schema["items"])] * schema.get("minItems", 0)
    chosen = [schema["const"]] if "const" in schema else schema.get("enum")
    if chosen is not None:
        return chosen[0]
    plain = {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1), "boolean": False, "null": None}
    return plain[schema["type"]] if schema.get("type") in plain else text(schema)


def text(schema: dict[str, Any]) -> str:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    formats: dict[str, str] = {
        "uuid": str(uuid4()),
        "email": "stranger@halfhour.example",
        "date": tomorrow.date().isoformat(),
        "date-time": tomorrow.isoformat(),
    }
    shortest = "x" * int(max(1, schema.get("minLength", 1)))
    return formats.get(str(schema.get("format", "")), shortest)
