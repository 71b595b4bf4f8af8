"""From an endpoint to its link and drivers. The only place that knows which driver speaks which protocol."""

from collections.abc import Callable
from typing import Protocol
from zoneinfo import ZoneInfo

from pymodbus.framer import FramerType

from common.clock import Clock
from meter_poller.drivers.eastron import EastronMeter
from meter_poller.drivers.interface import MeterDriver
from meter_poller.drivers.mercury import MercuryMeter
from meter_poller.drivers.modbus_link import ModbusLink
from meter_poller.drivers.register_map import load_map
from meter_poller.errors import BadEndpoint
from meter_poller.link import Link, LinkTimes
from meter_poller.settings import DEFAULT_CREDENTIAL, Settings
from topics.metering import Endpoint, EndpointMeter

MERCURY = "mercury"
EASTRON_SDM630 = "eastron_sdm630"
FRAMERS = {"modbus-tcp": FramerType.SOCKET, "modbus-rtu-tcp": FramerType.RTU}
MERCURY_PROTOCOL = "mercury-tcp"

SDM630_REGISTERS = load_map(EASTRON_SDM630)

AnyLink = Link | ModbusLink


class Closing(Protocol):
    """What a wire needs of its link."""

    async def close(self) -> None: ...


MakeLink = Callable[[Endpoint, Settings], Closing]
MakeDriver = Callable[[EndpointMeter, Closing, Settings, Clock], MeterDriver]


def link_times(settings: Settings) -> LinkTimes:
    return LinkTimes(
        connect_timeout_seconds=settings.connect_timeout_seconds,
        reply_timeout_seconds=settings.reply_timeout_seconds,
        gap_seconds=settings.gap_seconds,
        frame_pause_seconds=settings.frame_pause_seconds,
        settle_seconds=settings.settle_seconds,
    )


def make_link(endpoint: Endpoint, settings: Settings) -> AnyLink:
    """Return the endpoint's link, not yet connected. Raises BadEndpoint for an unknown protocol."""
    times = link_times(settings)
    if endpoint.protocol == MERCURY_PROTOCOL:
        return Link(endpoint.host, endpoint.port, times)
    framer = FRAMERS.get(endpoint.protocol)
    if framer is None:
        raise BadEndpoint(f"unknown protocol {endpoint.protocol!r}")
    return ModbusLink(endpoint.host, endpoint.port, framer=framer, times=times)


def make_driver(meter: EndpointMeter, link: Closing, settings: Settings, clock: Clock) -> MeterDriver:
    """Return the meter's driver. Raises BadEndpoint for what the registry should not have said."""
    try:
        ZoneInfo(meter.clock_zone)
    except (KeyError, ValueError, OSError) as error:
        raise BadEndpoint(f"unknown time zone {meter.clock_zone!r}") from error
    if meter.driver == MERCURY and isinstance(link, Link):
        credential = settings.credentials.get(meter.credential or DEFAULT_CREDENTIAL)
        if credential is None:
            raise BadEndpoint(f"no credential {meter.credential!r} in the settings", code="unknown_credential")
        return MercuryMeter(link, meter, credential=credential, clock=clock)
    if meter.driver == EASTRON_SDM630 and isinstance(link, ModbusLink):
        return EastronMeter(link, meter, registers=SDM630_REGISTERS, clock=clock)
    raise BadEndpoint(f"driver {meter.driver!r} does not speak this protocol")
