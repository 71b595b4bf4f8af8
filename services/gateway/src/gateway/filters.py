"""The HTTP filters of Envoy in the order in which a request meets them; an answer meets them in reverse.

Headers of answers are set by the first filter, so that answers of Envoy itself have them too.
"""

import re
from typing import Any

from gateway.routes import ACCESS_TOKEN, JWT_FILTER
from gateway.settings import Settings

Config = dict[str, Any]

JWKS_PATH = "/.well-known/jwks.json"
CLOCK_SKEW_SECONDS = 5
TOKENS_CACHED = 10_000
COMPRESSED_FROM_BYTES = 1_024
COMPRESSED_TYPES = (
    "application/json",
    "application/problem+json",
    "application/javascript",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/plain",
)
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"

_TYPES = "type.googleapis.com/envoy.extensions"


def http_filters(settings: Settings) -> list[Config]:
    return [
        _named("envoy.filters.http.header_mutation", _answer_headers(settings)),
        _named("envoy.filters.http.local_ratelimit", _rate_limit(settings)),
        _named("envoy.filters.http.compressor", _compressor("brotli"), suffix="brotli"),
        _named("envoy.filters.http.compressor", _compressor("gzip"), suffix="gzip"),
        _named(JWT_FILTER, _token_check(settings)),
        _named(
            "envoy.filters.http.buffer",
            {"@type": f"{_TYPES}.filters.http.buffer.v3.Buffer", "max_request_bytes": settings.max_body_bytes},
        ),
        _named(
            "envoy.filters.http.router",
            {"@type": f"{_TYPES}.filters.http.router.v3.Router", "suppress_envoy_headers": True},
        ),
    ]


def _named(name: str, config: Config, *, suffix: str = "") -> Config:
    return {"name": f"{name}.{suffix}" if suffix else name, "typed_config": config}


def _answer_headers(settings: Settings) -> Config:
    headers = {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": PERMISSIONS,
    }
    if settings.hsts_seconds:
        headers["strict-transport-security"] = f"max-age={settings.hsts_seconds}; includeSubDomains"
    set_always = [
        {"append": {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}
        for name, value in headers.items()
    ]
    # The web client's pages bring a policy of their own; everything else runs nothing and loads nothing.
    # What says nothing about being kept is somebody's own data: no proxy and no browser keeps it.
    absent = {
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "cache-control": "no-store",
    }
    set_if_absent = [
        {"append": {"header": {"key": name, "value": value}, "append_action": "ADD_IF_ABSENT"}}
        for name, value in absent.items()
    ]
    return {
        "@type": f"{_TYPES}.filters.http.header_mutation.v3.HeaderMutation",
        "mutations": {"response_mutations": [{"remove": "server"}, *set_always, *set_if_absent]},
    }


def _rate_limit(settings: Settings) -> Config:
    """One bucket for each client address (a /64 of IPv6 counts as one), and one above all."""
    enabled = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    address = {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
    return {
        "@type": f"{_TYPES}.filters.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "rate_limit",
        "filter_enabled": enabled | {"runtime_key": "halfhour.rate_limit_enabled"},
        "filter_enforced": enabled | {"runtime_key": "halfhour.rate_limit_enforced"},
        "token_bucket": _bucket(settings.rate_all_per_second, settings.rate_all_per_second),
        "rate_limits": [{"actions": [address]}],
        "descriptors": [
            {
                "entries": [{"key": "masked_remote_address"}],  # no value: a bucket for each that comes
                "token_bucket": _bucket(settings.rate_burst, settings.rate_per_second),
            }
        ],
        "max_dynamic_descriptors": settings.rate_addresses,
    }


def _bucket(burst: int, per_second: int) -> Config:
    return {"max_tokens": max(burst, per_second), "tokens_per_fill": per_second, "fill_interval": "1s"}


def _compressor(kind: str) -> Config:
    library = {
        "brotli": f"{_TYPES}.compression.brotli.compressor.v3.Brotli",
        "gzip": f"{_TYPES}.compression.gzip.compressor.v3.Gzip",
    }[kind]
    types = "|".join(re.escape(one) for one in COMPRESSED_TYPES)
    return {
        "@type": f"{_TYPES}.filters.http.compressor.v3.Compressor",
        "response_direction_config": {
            "common_config": {
                "min_content_length": COMPRESSED_FROM_BYTES,
                "content_type_matcher": {"safe_regex": {"regex": f"(?:{types})(?:;.*)?"}},
            },
        },
        "choose_first": kind == "brotli",
        "compressor_library": {"name": kind, "typed_config": {"@type": library}},
    }


def _token_check(settings: Settings) -> Config:
    host, port = settings.upstreams()["auth"]
    provider = {
        "issuer": settings.token_issuer,
        "audiences": [settings.token_audience],
        # Named, or Envoy would take tokens from the query too, where logs and histories keep them.
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],
        "forward": True,
        "clock_skew_seconds": CLOCK_SKEW_SECONDS,
        "require_expiration": True,
        "jwt_cache_config": {"jwt_cache_size": TOKENS_CACHED},
        "remote_jwks": {
            "http_uri": {"uri": f"http://{host}:{port}{JWKS_PATH}", "cluster": "auth", "timeout": "2s"},
            "cache_duration": f"{settings.jwks_cache_seconds}s",
            # The listener opens before auth answers: the web client and its sign-in page need no key.
            "async_fetch": {"fast_listener": True, "failed_refetch_duration": "1s"},
        },
    }
    return {
        "@type": f"{_TYPES}.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": {"auth": provider},
        "requirement_map": {ACCESS_TOKEN: {"provider_name": "auth"}},
        # Each route says for itself; this is the net under them: whatever does not say needs a token.
        "rules": [{"match": {"prefix": "/api"}, "requirement_name": ACCESS_TOKEN}],
    }
