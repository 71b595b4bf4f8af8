"""Settings of metering (prefix METERING_): the only reader of its environment."""

from pathlib import Path
from uuid import UUID

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """ClickHouse is the engine in this process at `clickhouse_path`, unless `clickhouse_url` names a server."""

    model_config = SettingsConfigDict(env_prefix="METERING_", frozen=True)

    clickhouse_path: Path = Path("clickhouse")
    clickhouse_url: SecretStr | None = Field(default=None, description="http://user:password@host:port/database")
    clickhouse_read_threads: int = Field(default=2, ge=1, le=32)
    registry_refresh_seconds: float = Field(default=30.0, gt=0)
    collect_seconds: float = Field(default=0.5, ge=0, le=10, description="how long a batch may wait for more blocks")
    collect_bytes: int = Field(
        default=2_000_000, gt=0, description="a batch this large, some 100,000 half hours, is full"
    )
    ledger_closes_at_hour: int = Field(
        default=6, ge=0, le=23, description="local hour at which the day before is closed, complete or not"
    )
    ledger_settle_seconds: float = Field(
        default=60.0, ge=0, description="what comes late comes in several batches: one correction for all of them"
    )
    read_cache_bytes: int = Field(
        default=64_000_000, ge=0, description="answers about closed days that are kept, some 3,000 months"
    )
    estimation_archive_hours: float = Field(
        default=24.0,
        ge=0,
        description="so long after the closing hour a meter that is silent may still bring what its archive holds",
    )
    estimation_again_hours: float = Field(
        default=6.0, gt=0, description="how often an estimate without registers is tried again with what has come since"
    )
    estimation_again_days: int = Field(default=40, ge=0, description="how long it is tried again")
    edit_limit_wh: int = Field(
        default=100_000, ge=0, description="an edit that changes more of a month needs a second person"
    )
    edit_limit_share: float = Field(default=0.1, ge=0, le=1, description="the same as a share of the month's energy")
    canary_point_id: UUID | None = Field(
        default=None, description="a point whose meter counts the known curve, or none"
    )
    canary_mean_w: int = Field(default=1_000, gt=0, description="mean power of the canary's curve")
    canary_clock_zone: str = Field(default="Etc/UTC", description="to which the canary's meter is set")
    canary_late_seconds: float = Field(
        default=7_200.0, ge=0, description="so long after its end a half hour of the canary must be there"
    )
    stuck_after_seconds: float = Field(default=60.0, gt=0, description="a pipeline without a poll for so long is dead")
    dead_letters_in_a_row: int = Field(default=1_000, gt=0)
