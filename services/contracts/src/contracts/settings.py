"""The settings of contracts; the only reader of its environment."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """CONTRACTS_*. A link attempt is refused unseen above either limit until its window has passed."""

    model_config = SettingsConfigDict(env_prefix="CONTRACTS_", frozen=True)

    link_attempts_per_login: int = Field(default=10, ge=1)
    link_attempts_per_user: int = Field(default=20, ge=1)
    link_attempts_window_seconds: int = Field(default=900, ge=1)

    @property
    def link_attempts_window(self) -> timedelta:
        return timedelta(seconds=self.link_attempts_window_seconds)
