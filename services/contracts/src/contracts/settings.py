"""The settings of contracts; the only reader of its environment."""

from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """CONTRACTS_*. What the limits on linking mean: `contracts.domain.attempts.LinkLimits`.

    `zone` is the IANA zone in which the last day of a share ends. `token_key` has no default on purpose.
    """

    model_config = SettingsConfigDict(env_prefix="CONTRACTS_", frozen=True, hide_input_in_errors=True)

    token_key: SecretStr = Field(
        min_length=32, description="Secret of at least 32 random characters; tokens of letters are stored by it."
    )
    zone: str = "Europe/Moscow"

    link_attempts_per_user: int = Field(default=20, ge=1)
    link_attempts_per_user_and_login: int = Field(default=5, ge=1)
    link_attempts_window_seconds: int = Field(default=900, ge=1, le=604_800)
    link_attempts_per_login: int = Field(default=20, ge=1)
    link_attempts_while_guessed: int = Field(default=3, ge=1)
    link_attempts_login_window_seconds: int = Field(default=86_400, ge=1, le=604_800)
    invitations_per_user: int = Field(default=30, ge=1, description="Given or tried, in the window of attempts.")
    invitations_per_recipient: int = Field(default=5, ge=1, description="Of all users, in the window of attempts.")

    factor_age_seconds: int = Field(
        default=300, ge=30, le=3600, description="How long ago the second factor may be shown that issues passwords."
    )

    accesses_kept_days: int = Field(default=365, ge=1, description="How long it is told who looked at a contract.")
    refusals_kept_days: int = Field(default=30, ge=1, description="How long refused links stay in their user's list.")
    addresses_kept_days: int = Field(
        default=30, ge=1, description="How long an invitation keeps its address after it was refused, ended or expired."
    )

    # OWASP's password storage cheat sheet, argon2id: 2 passes over 19 MiB in one lane.
    argon2_time_cost: int = Field(default=2, ge=1)
    argon2_memory_kib: int = Field(default=19_456, ge=8)
    argon2_threads: int = Field(default=2, ge=1, le=64, description="Passwords hashed at once in one process.")
    argon2_queue: int = Field(default=100, ge=1, description="Links that may wait for a thread; more are refused.")

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        if value not in available_timezones():
            msg = "no such IANA zone"
            raise ValueError(msg)
        return value

    @property
    def local_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def factor_age(self) -> timedelta:
        return timedelta(seconds=self.factor_age_seconds)

    @property
    def attempts_window(self) -> timedelta:
        return timedelta(seconds=self.link_attempts_window_seconds)
