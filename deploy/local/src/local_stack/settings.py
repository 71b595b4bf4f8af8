"""The settings of the embedded stack, prefix LOCAL_. The only reader of the environment here."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from common.clock import Clock, ClockSettings, clock_from_settings

from .paths import REPOSITORY, Paths

SERVICES: Final = ("auth", "contracts", "metering", "notify", "tickets")
"""Services with a database each, in the order in which they are migrated."""

EXCLUDABLE: Final = (*SERVICES, "meter-poller", "gateway", "web", "simulators", "billing")

WEB_CLIENT: Final = REPOSITORY / "services/web/client/dist"

Port = Annotated[int, Field(ge=1, le=65535)]

# What a child process gets of the caller's environment; all else comes from the stack, so that two runs are alike.
INHERITED: Final = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "TERM"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "LD_LIBRARY_PATH"),
)


class LocalSettings(BaseSettings):
    """Folders, ports and switches of one stack. Every port is shifted by `port_offset`."""

    model_config = SettingsConfigDict(env_prefix="LOCAL_", frozen=True, extra="ignore")

    dir: Path = REPOSITORY / ".local"
    cache_dir: Path = Path("~/.cache/halfhour")

    port_offset: int = Field(default=0, ge=-60000, le=60000)
    gateway_port: Port = 8080
    gateway_admin_port: Port = 9901
    auth_port: Port = 8101
    contracts_port: Port = 8102
    metering_port: Port = 8103
    notify_port: Port = 8104
    tickets_port: Port = 8105
    meter_poller_port: Port = 8106
    web_port: Port = 8107
    inbox_port: Port = 8108
    smtp_port: Port = 8125
    kafka_port: Port = 9092
    kafka_controller_port: Port = 9093
    postgres_port: Port = 5433
    simulators_port: Port = Field(default=15000, description="the first of the simulated meters' ports")

    demo: bool = Field(default=True, description="seed the demo supplier, people and meters")
    demo_wait_seconds: float = Field(default=180, ge=0, description="how long to wait for the demo meters' memory")
    demo_dir: Path = Field(default=REPOSITORY / "deploy/local/demo", description="what is seeded, one file a service")
    suppliers: Annotated[tuple[str, ...], NoDecode] = Field(default=("demo",), description="who has streams of its own")
    exclude: Annotated[tuple[str, ...], NoDecode] = Field(default=(), description="services that you start yourself")
    fsync: bool = Field(default=True, description="off: faster, and data may be lost with the power; for tests")
    log_level: str = "INFO"
    restart: bool = Field(default=True, description="start a process again when it ends by itself")

    clock_speed: float = Field(default=1.0, gt=0)
    clock_anchor_at: datetime | None = None
    clock_start_at: datetime | None = None
    registrations_per_address: int = Field(
        default=20, ge=1, description="accounts that one address may ask for in a quarter of an hour"
    )
    letter_again_seconds: int = Field(
        default=60, ge=1, description="Seconds before a registration's letter is sent again."
    )
    border_tolerance_seconds: float = Field(
        default=5.0, gt=0, lt=1800, description="how late after the half hour a register still counts for it"
    )

    @field_validator("exclude", "suppliers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("exclude")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(value) - set(EXCLUDABLE)):
            msg = f"unknown: {', '.join(unknown)}; can be left out: {', '.join(EXCLUDABLE)}"
            raise ValueError(msg)
        return value

    @field_validator("dir", "cache_dir", "demo_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _clock_is_whole(self) -> "LocalSettings":
        _ = self.clock
        return self

    @property
    def paths(self) -> Paths:
        return Paths(self.dir)

    @property
    def ports(self) -> dict[str, int]:
        """Every port in use, by the name of its setting without the prefix and `_port`, offset applied."""
        fields = (name for name in type(self).model_fields if name.endswith("_port"))
        return {name.removesuffix("_port"): getattr(self, name) + self.port_offset for name in fields}

    def url(self, port_name: str) -> str:
        return f"http://127.0.0.1:{self.ports[port_name]}"

    @property
    def portal_url(self) -> str:
        """Where people find the portal. By name: browsers bind passkeys to a host name, never to 127.0.0.1."""
        return f"http://localhost:{self.ports['gateway']}"

    @property
    def kafka_bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self.ports['kafka']}"

    @property
    def clock(self) -> Clock:
        """The clock of all that measures in this stack."""
        given = ClockSettings(speed=self.clock_speed, anchor_at=self.clock_anchor_at, start_at=self.clock_start_at)
        return clock_from_settings(given)

    @property
    def clock_environment(self) -> dict[str, str]:
        """The three values of `common.clock`, the same for every process of the stack."""
        if self.clock_anchor_at is None or self.clock_start_at is None:
            return {}
        return {
            "CLOCK_SPEED": str(self.clock_speed),
            "CLOCK_ANCHOR_AT": self.clock_anchor_at.isoformat(),
            "CLOCK_START_AT": self.clock_start_at.isoformat(),
        }


def inherited_environment() -> dict[str, str]:
    """Return what every child process keeps of the caller's environment.

    Byte code is wanted even where the caller switched it off: without it a start takes three times as long.
    """
    environment = os.environ  # noqa: TID251 -- this is the settings module
    return {name: environment[name] for name in INHERITED if name in environment} | {"PYTHONSAFEPATH": "1"}


def colour_wanted() -> bool:
    """Tell whether the caller's terminal may be written to in colour (no-color.org)."""
    return "NO_COLOR" not in os.environ  # noqa: TID251 -- this is the settings module
