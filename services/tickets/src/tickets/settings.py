"""The settings of tickets; the only reader of its environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """TICKETS_*. A user may open so many tickets in a day; more wait."""

    model_config = SettingsConfigDict(env_prefix="TICKETS_", frozen=True)

    tickets_per_user_and_day: int = Field(default=20, ge=1)
