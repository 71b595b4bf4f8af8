"""What metering publishes for other services of the house."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from common.kafka.topic import Message, Topic


class EndpointMeter(Message, frozen=True, kw_only=True):
    """One meter on a wire.

    `driver` is `mercury` or `eastron_sdm630`. `clock_zone` is the IANA zone to which the meter's own clock
    is set. `credential` names a secret of the poller's settings; the secret itself never travels.
    """

    meter_id: UUID
    driver: str
    address: Annotated[int, Meta(ge=0, le=255)]
    serial: str
    clock_zone: str
    credential: str | None = None


class Endpoint(Message, frozen=True, kw_only=True):
    """What to poll. The newest version holds all of it; `deleted` ends the polling.

    `protocol` is `mercury-tcp` (transparent gateway), `modbus-tcp` or `modbus-rtu-tcp`.
    """

    endpoint_id: UUID
    version: int
    protocol: str
    host: str
    port: Annotated[int, Meta(gt=0, le=65_535)]
    meters: list[EndpointMeter]
    profile_every_seconds: Annotated[int, Meta(ge=60)] = 1_800
    journals_every_seconds: Annotated[int, Meta(ge=60)] = 3_600
    history_days: Annotated[int, Meta(ge=0, le=365)] = 85
    deleted: bool = False


ENDPOINTS: Topic[Endpoint] = Topic(
    name="metering-endpoints-v1",
    message=Endpoint,
    key=lambda message: str(message.endpoint_id),
    owner="metering",
    readers=("meter-poller",),
    compacted=True,
    retention_hours=None,
    description="What to poll: address, protocol, meters on the wire, schedule.",
)
