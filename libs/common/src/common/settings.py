"""The settings that every service has. A service's own class adds a prefix and its own fields.

The settings classes are the only readers of the environment.
"""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class KafkaSettings(BaseSettings):
    """How to reach the log. Without a user name the connection is plain (unit tests only)."""

    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None


class HttpSettings(BaseSettings):
    """Where a process listens, and how it logs."""

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8000, ge=0, le=65535)
    log_level: str = "INFO"


class TokenSettings(BaseSettings):
    """How an access token is checked."""

    jwks_url: str = "http://127.0.0.1:8101/.well-known/jwks.json"
    token_issuer: str = "halfhour-auth"  # noqa: S105 -- a name, not a secret
    token_audience: str = "halfhour-api"  # noqa: S105 -- a name, not a secret


class DatabaseSettings(BaseSettings):
    """The service's own PostgreSQL database."""

    database_url: SecretStr = Field(description="postgresql+asyncpg://user:password@host:port/name")
    database_pool_size: int = Field(default=5, ge=1, le=100)


class ServiceSettings(HttpSettings, KafkaSettings, TokenSettings, DatabaseSettings):
    """A service with an API, a database and subscriptions."""
