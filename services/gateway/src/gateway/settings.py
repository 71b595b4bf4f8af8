"""The settings of the gateway; the only reader of GATEWAY_ variables. They are used when it is rendered."""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _upstream(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or not parts.port or parts.path.strip("/") or parts.query:
        msg = "must be http://host:port"
        raise ValueError(msg)
    return url


def _address(host: str) -> str:
    return str(ipaddress.ip_address(host))


Address = Annotated[str, AfterValidator(_address)]
Upstream = Annotated[str, AfterValidator(_upstream)]


class Settings(BaseSettings):
    """Where the gateway listens, what stands behind it, and what it lets through."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    http_host: Address = "127.0.0.1"
    http_port: int = Field(default=8080, ge=1, le=65535)
    admin_port: int = Field(default=9901, ge=1, le=65535, description="On 127.0.0.1 always: it can stop the process.")

    auth_url: Upstream = "http://127.0.0.1:8101"
    contracts_url: Upstream = "http://127.0.0.1:8102"
    metering_url: Upstream = "http://127.0.0.1:8103"
    notify_url: Upstream = "http://127.0.0.1:8104"
    tickets_url: Upstream = "http://127.0.0.1:8105"
    web_url: Upstream = "http://127.0.0.1:8107"

    token_issuer: str = "halfhour-auth"  # noqa: S105 -- a name, not a secret
    token_audience: str = "halfhour-api"  # noqa: S105 -- a name, not a secret
    jwks_cache_seconds: int = Field(
        default=60, ge=1, description="Below auth's signing_key_lead_seconds, or a new key is refused for a while."
    )

    rate_per_second: int = Field(default=100, ge=1, description="Requests of one client address, in the long run.")
    rate_burst: int = Field(default=500, ge=1, description="Requests of one client address at once.")
    rate_all_per_second: int = Field(default=5_000, ge=1, description="Requests of all clients.")
    rate_addresses: int = Field(default=10_000, ge=1, description="Client addresses counted at a time.")

    max_body_bytes: int = Field(default=1_048_576, ge=1_024)
    max_connections: int = Field(default=10_000, ge=10)
    request_timeout_seconds: float = Field(default=10.0, gt=0)
    connect_timeout_seconds: float = Field(default=1.0, gt=0)
    idle_timeout_seconds: float = Field(default=60.0, gt=0, description="Of a client's connection.")

    trusted_hops: int = Field(
        default=0, ge=0, description="Proxies of our own in front whose X-Forwarded-For is believed."
    )
    hsts_seconds: int = Field(default=0, ge=0, description="0 sends no Strict-Transport-Security: no HTTPS in front.")

    def upstreams(self) -> dict[str, tuple[str, int]]:
        """Return host and port of everything behind the gateway, by name."""
        urls = {
            "auth": self.auth_url,
            "contracts": self.contracts_url,
            "metering": self.metering_url,
            "notify": self.notify_url,
            "tickets": self.tickets_url,
            "web": self.web_url,
        }
        split = {name: urlsplit(url) for name, url in urls.items()}
        return {name: (str(parts.hostname), int(parts.port or 0)) for name, parts in split.items()}
