"""Builds from a meter's configuration the parts that every model has: curve, outages, account."""

from zoneinfo import ZoneInfo

from simulators.account import EnergyAccount, Registers
from simulators.config import MeterConfig
from simulators.curves import Curve, Energy
from simulators.power import Outage, OutagePlan


def curve_of(config: MeterConfig, *, quantum_wh: int = 1) -> Curve:
    """quantum_wh: what one count of the meter's profile memory resolves."""
    curve = config.curve
    return Curve(curve.kind, curve.seed, curve.mean_w, curve.solar_w, quantum_wh)


def outages_of(config: MeterConfig) -> OutagePlan:
    return OutagePlan(
        zone=ZoneInfo(config.clock_zone),
        seed=config.curve.seed,
        seeded=config.script == "seeded",
        given=[Outage(outage.off_at, outage.on_at) for outage in config.outages],
        first_day_on=config.commissioned_on,
    )


def account_of(config: MeterConfig, *, curve: Curve, outages: OutagePlan, tariffs: int) -> EnergyAccount:
    return EnergyAccount(
        curve=curve,
        zone=ZoneInfo(config.clock_zone),
        commissioned_on=config.commissioned_on,
        start=Registers(Energy(*config.start.t1), Energy(*config.start.t2)),
        outages=outages,
        tariffs=tariffs,
        register_step_seconds=config.register_step_seconds,
    )
