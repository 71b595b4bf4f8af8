"""What metering publishes for other services of the house."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from common.kafka.topic import Message, Topic
from topics.poller import Utc

AlarmKind = Annotated[str, Meta(pattern="^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=50)]
Severity = Literal["info", "warning", "critical"]


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


class Alarm(Message, frozen=True, kw_only=True):
    """Something about a metering point that somebody should hear of.

    `kind` is open: a reader leaves alone what it does not know. Told so far: `wrong_digest`, billing's books and the
    ledger differ; `zones_differ`, the registers of tariff zones are not what their schedule makes of the half hours;
    `power_limit_near` and `power_limit_passed`, once each for a half hour; `estimate_replaced`, actual values have come
    in the place of estimated ones; `outage_planned`, `outage_moved` and `outage_cancelled`, once for each version of an
    announcement and contract, of the first of its points; `canary_differs` and `canary_late`, of the point that
    watches the chain.
    `alarm_id` is the same for the same thing told again: a reader takes it once.
    `supplier_code` is that of the point's supplier. `at` is when it happened or was found, and `details` names its
    figures and ids by snake_case words, without personal data.
    """

    alarm_id: UUID
    kind: AlarmKind
    severity: Severity
    point_id: UUID
    contract_id: UUID
    supplier_code: str
    at: Utc
    details: dict[str, str | int | float | bool | None]


ALARMS: Topic[Alarm] = Topic(
    name="metering-alarms-v1",
    message=Alarm,
    key=lambda message: str(message.point_id),
    owner="metering",
    readers=("notify",),
    description="What is wrong or near its limit at a point: power, gaps, silence, tamper, books that differ.",
)
