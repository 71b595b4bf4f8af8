"""Joins the services' OpenAPI documents into the one that clients build on: docs/api/portal.json.

It is made from the code without anything running, with keys in order, so that a difference is a change of the API.
Services are imported by name when asked for: the gateway depends on none of them.
"""

import importlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gateway.errors import NotJoinable

SERVICES = ("auth", "contracts", "metering", "notify", "tickets")
METHODS = ("get", "put", "post", "patch", "delete")

# Enough to construct any service's settings; nothing is connected.
PLACEHOLDERS: Mapping[str, Mapping[str, str]] = {
    "": {"database_url": "postgresql+asyncpg://nobody:nothing@localhost/nowhere"},
    "auth": {"key_encryption_key": "only for the OpenAPI document, never used"},
    "contracts": {"token_key": "only for the OpenAPI document, never used"},
}

Document = dict[str, Any]

# FastAPI's own 422, which common.http.problems replaces by a problem document.
_UNUSED_SCHEMAS = ("HTTPValidationError", "ValidationError")
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def service_document(service: str) -> Document:
    """Return the OpenAPI document of one service from its code. Raises NotJoinable if it cannot be had."""
    try:
        settings = importlib.import_module(f"{service}.settings").Settings
        create_app = importlib.import_module(f"{service}.api").create_app
        values = {**PLACEHOLDERS[""], **PLACEHOLDERS.get(service, {})}
        document: Document = create_app(settings(**values)).openapi()
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise NotJoinable(f"{service}: {error}") from error
    return document


def join(documents: Mapping[str, Document]) -> Document:
    """Return one document; every operation says in `x-service` who answers it.

    Raises NotJoinable if two services have the same operation, operation id, or schema name with another body.
    """
    paths: dict[str, dict[str, Any]] = {}
    components: dict[str, dict[str, Any]] = {}
    owners: dict[str, str] = {}
    for service, document in documents.items():
        for path, method, operation in operations(document):
            operation_id = operation["operationId"]
            if operation_id in owners:
                raise NotJoinable(f"operation id {operation_id} is both of {owners[operation_id]} and of {service}")
            if method in paths.setdefault(path, {}):
                raise NotJoinable(f"{method.upper()} {path} is of two services; one of them is {service}")
            owners[operation_id] = service
            paths[path][method] = _with_problems(operation) | {"x-service": service, "tags": [service]}
        for kind, named in document.get("components", {}).items():
            _merge(components.setdefault(kind, {}), named, kind=kind, service=service)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Halfhour", "version": "1", "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "tags": [{"name": service} for service in documents],
        "paths": paths,
        "components": components,
    }


def operations(document: Document) -> Iterable[tuple[str, str, Document]]:
    """Yield path, method and operation of each operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def read(path: Path) -> Document:
    """Return the committed document. Raises NotJoinable if the file is not there or no OpenAPI document."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotJoinable(f"{path}: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise NotJoinable(f"{path}: no OpenAPI document")
    return document


def text_of(document: Document) -> str:
    """Return the document as it is committed."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _with_problems(operation: Document) -> Document:
    """Declare what any operation may answer: a problem, from the service or from the gateway before it."""
    responses = dict(operation.get("responses", {}))
    if "application/json" in responses.get("422", {}).get("content", {}):  # FastAPI's own, which none of ours answers
        responses["422"] = {"description": "Malformed request", "content": _PROBLEM}
    if operation.get("security"):
        responses.setdefault("401", {"description": "No valid access token", "content": _PROBLEM})
        # Staff who have yet to add a second factor, and programs with an API key.
        responses.setdefault("403", {"description": "Forbidden", "content": _PROBLEM})
    responses.setdefault("default", {"description": "Any other problem", "content": _PROBLEM})
    return operation | {"responses": responses}


def _merge(known: dict[str, Any], named: Mapping[str, Any], *, kind: str, service: str) -> None:
    for name, body in named.items():
        if kind == "schemas" and name in _UNUSED_SCHEMAS:
            continue
        if known.setdefault(name, body) != body:
            raise NotJoinable(f"{kind} {name} of {service} differs from another service's of the same name")
