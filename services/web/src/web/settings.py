"""The settings of web; the only reader of WEB_ variables. Defaults are those of a source tree with a built client."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.settings import HttpSettings

_MEMBER = Path(__file__).resolve().parents[2]


class Settings(HttpSettings):
    """Where the built client and the OpenAPI document are."""

    model_config = SettingsConfigDict(env_prefix="WEB_", frozen=True)

    http_port: int = Field(default=8107, ge=0, le=65535)
    dist_dir: Path = Field(default=_MEMBER / "client" / "dist", description="What `npm run build` wrote.")
    openapi_file: Path = Field(default=_MEMBER.parents[1] / "docs" / "api" / "portal.json")
