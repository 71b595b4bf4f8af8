"""Ready-made configurations: the demo's three meters, and any number of meters for load.

Used by the tests and by the local stack; all values can be replaced in the JSON file that comes of it.
"""

from datetime import date

from simulators.config import (
    ControlConfig,
    CurveConfig,
    EastronConfig,
    FleetConfig,
    MercuryConfig,
    StartRegisters,
    WireConfig,
)
from simulators.curves import CurveKind

DEMO_COMMISSIONED_ON = date(2026, 6, 1)
MERCURY_SERIAL = "41888840"
MODBUS_TCP_SERIAL = "23100017"
RTU_OVER_TCP_SERIAL = "23100018"
MERCURY_WIRE = "mercury-gateway"
MODBUS_TCP_WIRE = "eastron-tcp"
RTU_OVER_TCP_WIRE = "eastron-rtu-over-tcp"
_FIRST_LOAD_SERIAL = 50_000_000
_KINDS = tuple(kind for kind in CurveKind if kind is not CurveKind.CANARY)


def sample_config(
    *,
    first_port: int = 0,
    commissioned_on: date = DEMO_COMMISSIONED_ON,
    scripted: bool = True,
    register_step_seconds: int = 1,
    channel_open_seconds: int = 240,
    control_port: int | None = None,
) -> FleetConfig:
    """Return the demo: a Mercury 234, an SDM630 on Modbus TCP and one on RTU over TCP.

    first_port: the first of three in a row, 0 for any free ones. scripted: the Mercury has outages,
    journals and a clock that loses 1:57 a day. control_port None: no control port.
    """
    mercury = demo_mercury(
        commissioned_on=commissioned_on,
        scripted=scripted,
        register_step_seconds=register_step_seconds,
        channel_open_seconds=channel_open_seconds,
    )
    household = CurveConfig(kind=CurveKind.HOUSEHOLD, seed=2, mean_w=320)
    shop = CurveConfig(kind=CurveKind.SHOP, seed=3, mean_w=300)
    eastrons = [
        EastronConfig(
            serial=serial,
            address=address,
            curve=curve,
            commissioned_on=commissioned_on,
            register_step_seconds=register_step_seconds,
        )
        for serial, address, curve in (
            (MODBUS_TCP_SERIAL, 1, household),
            (RTU_OVER_TCP_SERIAL, 2, shop),
        )
    ]
    ports = [first_port + offset if first_port else 0 for offset in range(3)]
    return FleetConfig(
        wires=(
            WireConfig(name=MERCURY_WIRE, port=ports[0], protocol="mercury", meters=(mercury,)),
            WireConfig(name=MODBUS_TCP_WIRE, port=ports[1], protocol="modbus-tcp", meters=(eastrons[0],)),
            WireConfig(
                name=RTU_OVER_TCP_WIRE,
                port=ports[2],
                protocol="modbus-rtu-over-tcp",
                meters=(eastrons[1],),
            ),
        ),
        control=None if control_port is None else ControlConfig(port=control_port),
    )


def demo_mercury(
    *,
    curve: CurveConfig | None = None,
    commissioned_on: date = DEMO_COMMISSIONED_ON,
    scripted: bool = True,
    register_step_seconds: int = 1,
    channel_open_seconds: int = 240,
) -> MercuryConfig:
    """Return the demo's Mercury, serial 41888840 at address 40. curve None: a household with a solar roof."""
    return MercuryConfig(
        serial=MERCURY_SERIAL,
        address=40,
        curve=curve or CurveConfig(kind=CurveKind.HOUSEHOLD, seed=1, mean_w=1400, solar_w=1500),
        commissioned_on=commissioned_on,
        start=StartRegisters(t1=(1_204_310, 88_210, 311_020, 40_115), t2=(422_870, 0, 98_440, 12_030)),
        script="seeded" if scripted else "none",
        daily_correction_seconds=117 if scripted else 0,
        register_step_seconds=register_step_seconds,
        channel_open_seconds=channel_open_seconds,
    )


def many_config(
    count: int,
    *,
    commissioned_on: date = DEMO_COMMISSIONED_ON,
    first_port: int = 0,
    meters_a_wire: int = 1,
    eastron_share: int = 0,
    register_step_seconds: int = 1,
    channel_open_seconds: int = 240,
) -> FleetConfig:
    """Return `count` meters with all four curves in turn, quiet journals, and no outages.

    meters_a_wire: Mercury meters that share one gateway port (1 to 240). eastron_share: how many of a
    hundred meters are SDM630, alternately on Modbus TCP and RTU over TCP, each on its own port.
    first_port: ports are taken upwards from here, 0 for any free ones.
    """
    eastrons = count * eastron_share // 100
    wires: list[WireConfig] = []
    for start in range(0, count - eastrons, meters_a_wire):
        numbers = range(start, min(start + meters_a_wire, count - eastrons))
        meters = tuple(
            MercuryConfig(
                serial=str(_FIRST_LOAD_SERIAL + number),
                address=number - start + 1,
                curve=_load_curve(number),
                commissioned_on=commissioned_on,
                register_step_seconds=register_step_seconds,
                channel_open_seconds=channel_open_seconds,
            )
            for number in numbers
        )
        wires.append(
            WireConfig(
                name=f"wire-{len(wires) + 1}",
                port=first_port + len(wires) if first_port else 0,
                protocol="mercury",
                meters=meters,
            )
        )
    for number in range(count - eastrons, count):
        meter = EastronConfig(
            serial=str(_FIRST_LOAD_SERIAL + number),
            address=1,
            curve=_load_curve(number),
            commissioned_on=commissioned_on,
            register_step_seconds=register_step_seconds,
        )
        wires.append(
            WireConfig(
                name=f"wire-{len(wires) + 1}",
                port=first_port + len(wires) if first_port else 0,
                protocol="modbus-tcp" if number % 2 else "modbus-rtu-over-tcp",
                meters=(meter,),
            )
        )
    return FleetConfig(wires=tuple(wires))


def _load_curve(number: int) -> CurveConfig:
    return CurveConfig(kind=_KINDS[number % len(_KINDS)], seed=1000 + number, mean_w=300 + number % 200)
