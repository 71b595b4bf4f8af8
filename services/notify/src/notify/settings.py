"""The settings of notify; the only reader of its environment."""

from email.headerregistry import Address
from email.utils import parseaddr
from enum import Enum
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings


class SmtpSecurity(str, Enum):
    """How the connection to the mail server is encrypted. A certificate is always checked."""

    WHEN_OFFERED = "when_offered"
    STARTTLS = "starttls"
    TLS = "tls"


class Settings(ServiceSettings):
    """NOTIFY_*. `zone` is the IANA zone of times in letters; `public_url` is where the portal's pages are."""

    model_config = SettingsConfigDict(env_prefix="NOTIFY_", frozen=True)

    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=25, ge=1, le=65_535)
    smtp_security: SmtpSecurity = SmtpSecurity.WHEN_OFFERED
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_timeout_seconds: float = Field(default=20, gt=0, le=40)
    sms_domain: str | None = Field(
        default=None, description="Mail domain of an SMS gateway: a text to +7… goes to +7…@sms_domain. None: no SMS."
    )
    letters_from: str = "Halfhour <no-reply@halfhour.example>"
    public_url: str = "http://localhost:8080"
    zone: str = "Europe/Moscow"

    @field_validator("letters_from")
    @classmethod
    def _is_address(cls, value: str) -> str:
        name, address = parseaddr(value)
        Address(name, addr_spec=address)
        return value

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        if value not in available_timezones():
            msg = "no such IANA zone"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _credential_is_encrypted(self) -> "Settings":
        if self.smtp_username is not None and self.smtp_security is SmtpSecurity.WHEN_OFFERED:
            msg = "a user name at the mail server needs smtp_security starttls or tls"
            raise ValueError(msg)
        return self
