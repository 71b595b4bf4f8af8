"""The settings of tickets; the only reader of its environment."""

from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """TICKETS_*."""

    model_config = SettingsConfigDict(env_prefix="TICKETS_", frozen=True)
