"""What the environment may set for the poller; the only reader of it.

Durations of the wire are real seconds; those of the schedule are seconds of `common.clock`.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from common.settings import HttpSettings, KafkaSettings

PASSWORD_BYTES = 6
DEFAULT_CREDENTIAL = "mercury-default"


class Credential(BaseModel):
    """How a Mercury meter's channel is opened: access level and the six password bytes in hex."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    level: Literal[1, 2] = 1
    password_hex: SecretStr

    @field_validator("password_hex")
    @classmethod
    def _six_bytes(cls, value: SecretStr) -> SecretStr:
        try:
            password = bytes.fromhex(value.get_secret_value())
        except ValueError:
            password = b""
        if len(password) != PASSWORD_BYTES:
            msg = "a password is six bytes in hex"
            raise ValueError(msg)
        return value

    @property
    def password(self) -> bytes:
        return bytes.fromhex(self.password_hex.get_secret_value())


# The maker's values for level 1 (Mercury protocol 12.2020, 2.2): hex without index D, ASCII "111111" with it.
FACTORY_CREDENTIALS = {
    DEFAULT_CREDENTIAL: Credential(password_hex=SecretStr("010101010101")),
    "mercury-default-d": Credential(password_hex=SecretStr("313131313131")),
}


class Settings(HttpSettings, KafkaSettings):
    """Settings of `python -m meter_poller`."""

    model_config = SettingsConfigDict(env_prefix="METER_POLLER_", frozen=True, hide_input_in_errors=True)

    http_port: int = Field(default=8106, ge=0, le=65_535)
    consumer_group: str = "meter-poller"
    credentials: dict[str, Credential] = Field(default_factory=dict)

    connect_timeout_seconds: float = Field(default=3.0, gt=0)
    reply_timeout_seconds: float = Field(default=1.5, gt=0, description="from the request's end to the reply's end")
    gap_seconds: float = Field(default=0.1, gt=0, description="silence that ends a reply shorter than expected")
    frame_pause_seconds: float = Field(default=0.005, ge=0, description="between a reply and the next request")
    settle_seconds: float = Field(default=0.3, ge=0, description="silence to wait for after a fault")

    records_per_turn: int = Field(default=340, ge=1, le=4_096)
    round_pause_seconds: float = Field(default=0.05, ge=0, description="real time between two rounds of a wire")
    border_tolerance_seconds: float = Field(default=5.0, gt=0, lt=1_800)
    poll_delay_seconds: float = Field(default=15.0, ge=0, description="from the half hour to the earliest poll")
    poll_spread_seconds: float = Field(default=60.0, ge=0, description="over which the wires' polls are spread")

    instants_every_seconds: float = Field(
        default=60.0, ge=0, description="of the clock, a real second at least; 0: not"
    )
    instants_wire_share: float = Field(default=0.2, gt=0, le=1, description="greatest share of a wire's real time")

    publish_pauses_seconds: tuple[float, ...] = Field(default=(0.2, 0.5, 1.0, 2.0, 5.0), min_length=1)
    stuck_after_seconds: float = Field(default=60.0, gt=0)

    @field_validator("credentials")
    @classmethod
    def _with_factory_values(cls, value: dict[str, Credential]) -> dict[str, Credential]:
        return FACTORY_CREDENTIALS | value
