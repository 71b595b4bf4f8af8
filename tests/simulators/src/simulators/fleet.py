"""All simulated meters of one configuration in this process: builds them, opens their wires, finds them.

The handle that tests hold: `async with Fleet(config, clock) as fleet`, then fleet.port("…"),
fleet.meter("…").faults and fleet.truth("…").
"""

from types import TracebackType
from typing import Self

import structlog

from common.clock import Clock
from simulators.config import FleetConfig, MercuryConfig, MeterConfig
from simulators.control import Control
from simulators.eastron import EastronMeter
from simulators.mercury.meter import MercuryMeter
from simulators.truth import MeterTruth
from simulators.wire import Wire

log = structlog.get_logger(__name__)

AnyMeter = MercuryMeter | EastronMeter


class Fleet:
    """Meters by serial number and wires by name. Opens nothing before `open`."""

    def __init__(self, config: FleetConfig, clock: Clock) -> None:
        self._meters: dict[str, AnyMeter] = {}
        self.wires: dict[str, Wire] = {}
        for wire in config.wires:
            meters = [self._build(meter, clock) for meter in wire.meters]
            self.wires[wire.name] = Wire(
                name=wire.name,
                host=wire.host,
                port=wire.port,
                protocol=wire.protocol,
                timing=wire.timing,
                meters=meters,
            )
        self.control = None if config.control is None else Control(config.control, self._meters)

    async def open(self) -> None:
        """Open every wire, all or none. Raises OSError if a port is taken."""
        try:
            for wire in self.wires.values():
                await wire.open()
            if self.control is not None:
                await self.control.open()
        except OSError:
            await self.close()
            raise
        log.info("fleet.opened", wires=len(self.wires), meters=len(self._meters))

    async def close(self) -> None:
        if self.control is not None:
            await self.control.close()
        for wire in self.wires.values():
            await wire.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def meter(self, serial: str) -> AnyMeter:
        """Raises KeyError for an unknown serial number."""
        return self._meters[serial]

    def truth(self, serial: str) -> MeterTruth:
        """Raises KeyError for an unknown serial number."""
        return self._meters[serial].truth

    def port(self, wire_name: str) -> int:
        """Raises KeyError for an unknown wire."""
        return self.wires[wire_name].port

    def _build(self, config: MeterConfig, clock: Clock) -> AnyMeter:
        meter = build_meter(config, clock)
        self._meters[meter.serial] = meter
        return meter


def build_meter(config: MeterConfig, clock: Clock) -> AnyMeter:
    """Build one meter without any wire; its truth can be asked at once."""
    if isinstance(config, MercuryConfig):
        meter: AnyMeter = MercuryMeter(config, clock)
    else:
        meter = EastronMeter(config, clock)
    if config.fault is not None:
        meter.faults.set(
            config.fault.fault,
            requests=config.fault.requests,
            delay_seconds=config.fault.delay_seconds,
        )
    return meter
