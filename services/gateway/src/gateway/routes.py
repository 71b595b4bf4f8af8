"""Routes of Envoy from the joined OpenAPI document: what is not in the document is not let through to a service."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from gateway.errors import UnusableDocument
from gateway.openapi import Document, operations

# Pages of the web client that stand under /api.
WEB_PATHS = ("/api/docs", "/api/openapi.json", "/api/streams", "/api/asyncapi.json")
# What every service, web too, shows to its own network alone.
INNER_PATHS = ("/livez", "/readyz", "/metrics")
JWT_FILTER = "envoy.filters.http.jwt_authn"
ACCESS_TOKEN = "access_token"  # noqa: S105 -- the requirement's name

Config = dict[str, Any]

_VARIABLE = re.compile(r"\{[a-z_]+\}")
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
MAX_VARIABLES = 5  # Envoy's own limit for a template

_OPEN: Config = {
    JWT_FILTER: {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig",
        "disabled": True,
    }
}
_SECURED: Config = {
    JWT_FILTER: {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig",
        "requirement_name": ACCESS_TOKEN,
    }
}


@dataclass(frozen=True)
class Operation:
    """What a route must know of an operation."""

    path: str
    method: str
    service: str
    secured: bool


def operations_of(document: Document, services: frozenset[str]) -> list[Operation]:
    """Return the operations. Raises UnusableDocument for an unknown service or a path that Envoy cannot match."""
    found = []
    for path, method, body in operations(document):
        if body.get("x-service") not in services:
            raise UnusableDocument(f"{method.upper()} {path}: unknown x-service {body.get('x-service')!r}")
        _check_path(path)
        found.append(Operation(path, method.upper(), body["x-service"], secured=bool(body.get("security"))))
    return found


def routes(document: Document, *, services: frozenset[str], timeout: str) -> list[Config]:
    """Return the routes in the order in which Envoy tries them: operations, then refusals, then the web client.

    Literal paths stand before templates that would match them too.
    """
    by_path: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations_of(document, services):
        by_path[operation.path].append(operation)
    made = [_web_route({"path": path}, timeout) for path in WEB_PATHS]
    for path in sorted(by_path, key=_specificity):
        made += [_operation_route(operation, timeout) for operation in by_path[path]]
        made.append(_refusal(_path_match(path), 405, allow=[operation.method for operation in by_path[path]]))
    made += [_refusal({"path": path}, 404) for path in INNER_PATHS]
    made.append(_refusal({"path_separated_prefix": "/api"}, 404))
    made.append(_web_route({"prefix": "/"}, timeout))
    return made


def _check_path(path: str) -> None:
    segments = path.strip("/").split("/")
    usable = path.startswith("/") and all(_VARIABLE.fullmatch(one) or _PLAIN.fullmatch(one) for one in segments)
    if not usable or len(_VARIABLE.findall(path)) > MAX_VARIABLES:
        raise UnusableDocument(f"{path}: segments must be plain or one {{variable}}, at most {MAX_VARIABLES} variables")


def _specificity(path: str) -> list[tuple[bool, str]]:
    return [(segment.startswith("{"), segment) for segment in path.split("/")]


def _path_match(path: str) -> Config:
    if "{" not in path:
        return {"path": path}
    return {
        "path_match_policy": {
            "name": "envoy.path.match.uri_template.uri_template_matcher",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
                "path_template": path,
            },
        }
    }


def _operation_route(operation: Operation, timeout: str) -> Config:
    method = {"name": ":method", "string_match": {"exact": operation.method}}
    return {
        "name": f"{operation.method} {operation.path}",
        "match": _path_match(operation.path) | {"headers": [method]},
        "route": {"cluster": operation.service, "timeout": timeout},
        "typed_per_filter_config": _SECURED if operation.secured else _OPEN,
    }


def _refusal(match: Config, status: int, *, allow: list[str] | None = None) -> Config:
    """Answer with an empty body: the local reply mapping makes the problem document."""
    made: Config = {"name": f"refused {status}", "match": match, "direct_response": {"status": status}} | _open()
    if allow:
        made["response_headers_to_add"] = [{"header": {"key": "allow", "value": ", ".join(sorted(allow))}}]
    return made


def _web_route(match: Config, timeout: str) -> Config:
    return {"name": "web", "match": match, "route": {"cluster": "web", "timeout": timeout}} | _open()


def _open() -> Config:
    return {"typed_per_filter_config": _OPEN}
