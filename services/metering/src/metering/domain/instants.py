"""Checks of instant values, which are of the meter's own side; `ratio` is that of the place at that instant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from common.errors import Rejected
from metering.domain.intervals import FUTURE_SECONDS
from metering.domain.registers import GREATEST_WH
from metering.domain.registry import Installed, Registry, place_at
from topics.poller import InstantValues

# What the columns of the store hold.
GREATEST: Final = 2**31 - 1
GREATEST_FACTOR: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInstants:
    """Instant values of a meter at the point where it stood. Lists are of the phases 1, 2, 3."""

    point_id: UUID
    meter_id: UUID
    at: datetime
    ratio: int
    a_plus_wh: int | None
    power_w: int | None
    reactive_power_var: int | None
    phase_powers_w: Sequence[int | None]
    voltages_mv: Sequence[int | None]
    currents_ma: Sequence[int | None]
    power_factor_thousandths: int | None
    frequency_millihertz: int | None


@dataclass(frozen=True, slots=True)
class CheckedInstants:
    """Outcome for a batch; `refused` holds (index of the message, reason)."""

    instants: Sequence[StoredInstants]
    refused: Sequence[tuple[int, Rejected]]


def check_instants(messages: Sequence[InstantValues], registry: Registry, *, now_epoch: float) -> CheckedInstants:
    """Check a batch. A message is stored whole or refused whole."""
    stored: list[StoredInstants] = []
    refused: list[tuple[int, Rejected]] = []
    for index, message in enumerate(messages):
        try:
            stored.append(_checked(message, registry, now_epoch=now_epoch))
        except Rejected as reason:
            refused.append((index, reason))
    return CheckedInstants(stored, refused)


def _checked(message: InstantValues, registry: Registry, *, now_epoch: float) -> StoredInstants:
    if not 0 <= message.at.timestamp() <= now_epoch + FUTURE_SECONDS:
        raise Rejected(f"read at {message.at.isoformat()}, in the future", code="future_poll")
    place = place_at(registry.of_meter(message.meter_id, message.serial), message.at.timestamp())
    if place is None:
        raise Rejected(f"meter {message.meter_id} was at no point at that time", code="not_installed")
    for fault in _faults(message, place):
        raise Rejected(fault, code="invalid_instants")
    return StoredInstants(
        point_id=place.point_id,
        meter_id=message.meter_id,
        at=message.at,
        ratio=place.ratio,
        a_plus_wh=message.a_plus_wh,
        power_w=message.power_w,
        reactive_power_var=message.reactive_power_var,
        phase_powers_w=message.phase_powers_w,
        voltages_mv=message.voltages_mv,
        currents_ma=message.currents_ma,
        power_factor_thousandths=message.power_factor_thousandths,
        frequency_millihertz=message.frequency_millihertz,
    )


def _faults(message: InstantValues, place: Installed) -> Iterator[str]:
    powers = (message.power_w, message.reactive_power_var, *message.phase_powers_w)
    if any(power is not None and abs(power) > place.limit_w for power in powers):
        yield f"no such power goes through the meter: {powers}"
    magnitudes = (*message.voltages_mv, *message.currents_ma, message.frequency_millihertz)
    if any(value is not None and not 0 <= value <= GREATEST for value in magnitudes):
        yield f"out of range: {magnitudes}"
    if message.a_plus_wh is not None and not 0 <= message.a_plus_wh < GREATEST_WH:
        yield f"the register shows {message.a_plus_wh}"
    factor = message.power_factor_thousandths
    if factor is not None and not 0 <= factor <= GREATEST_FACTOR:
        yield f"a power factor of {factor} thousandths"
