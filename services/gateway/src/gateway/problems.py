"""Envoy's own answers (401, 404, 413, 429, 503, …) as the problem documents that the services answer with.

Same fields as common.http.problems.Problem; `code` is stable.
"""

from http import HTTPStatus
from typing import Any

Config = dict[str, Any]

# (status that Envoy chose, text in its details or "", status to answer, code, detail); the first that fits counts.
_JWT = "jwt_authn_access_denied"
ANSWERS: tuple[tuple[int, str, int, str, str], ...] = (
    (401, "Jwt_is_missing", 401, "token_missing", "this call needs an access token"),
    (401, "Jwt_is_expired", 401, "token_expired", "the access token has expired"),
    (401, "Jwks_remote_fetch", 503, "busy", "the keys of access tokens cannot be read for the moment; try again"),
    (401, "", 401, "invalid_token", "the access token is not valid here"),
    (403, _JWT, 401, "invalid_token", "the access token is not valid here"),
    (400, "", 400, "bad_request", "the request is malformed"),
    (404, "", 404, "not_found", "there is nothing at this address"),
    (405, "", 405, "method_not_allowed", "this address does not take this method"),
    (408, "", 408, "request_timeout", "the request did not arrive in time"),
    (413, "", 413, "content_too_large", "the request's body is too large"),
    (429, "", 429, "too_many_requests", "too many requests; wait a moment"),
    (431, "", 431, "request_header_fields_too_large", "the request's headers are too large"),
    (502, "", 503, "busy", "a part of the portal is away for the moment; try again"),
    (503, "", 503, "busy", "a part of the portal is away for the moment; try again"),
    (504, "", 504, "timeout", "the answer took too long; try again"),
)
RETRY_AFTER_SECONDS = {429: 1, 503: 5}


def local_reply_config() -> Config:
    """Return the mapping. The request id stands in the header of every answer, and here."""
    return {"mappers": [_mapper(*answer) for answer in ANSWERS]}


def _mapper(given: int, details: str, status: int, code: str, detail: str) -> Config:
    headers = []
    if status in RETRY_AFTER_SECONDS:
        headers.append(_header("retry-after", str(RETRY_AFTER_SECONDS[status])))
    return {
        "filter": _filter(given, details),
        "status_code": status,
        "headers_to_add": headers,
        "body_format_override": {
            "json_format": {
                "type": f"urn:halfhour:problem:{code}",
                "title": HTTPStatus(status).phrase,
                "status": status,
                "code": code,
                "detail": detail,
                "request_id": "%REQ(X-REQUEST-ID)%",
                "errors": [],
            },
            "content_type": "application/problem+json",
        },
    }


def _filter(status: int, details: str) -> Config:
    by_status: Config = {
        "status_code_filter": {
            "comparison": {
                "op": "EQ",
                "value": {"default_value": status, "runtime_key": f"halfhour.local_reply_{status}"},
            }
        }
    }
    if not details:
        return by_status
    return {"and_filter": {"filters": [by_status, _details_filter(details)]}}


def _details_filter(text: str) -> Config:
    return {
        "extension_filter": {
            "name": "envoy.access_loggers.extension_filters.cel",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
                "expression": f"response.code_details.contains('{text}')",
            },
        }
    }


def _header(name: str, value: str) -> Config:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
