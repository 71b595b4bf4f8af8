"""Checks of register snapshots. Values are those of the meter's display: its own side, not times the ratio."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from common.errors import Rejected
from metering.domain.intervals import FUTURE_SECONDS
from metering.domain.profile import Channel
from metering.domain.registry import Registry, place_at
from topics.poller import RegisterSnapshot

ZONES: Final = ("sum", "T1", "T2", "T3", "T4")
CHANNEL_NAMES: Final = tuple(channel.value for channel in Channel)
GREATEST_WH: Final = 2**53
# What a DateTime column of the store holds.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2106


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSnapshot:
    """Registers of a meter at an instant, at the point where it stood; zones, channels, values_wh: of one length."""

    point_id: UUID
    meter_id: UUID
    at: datetime
    zones: Sequence[str]
    channels: Sequence[str]
    values_wh: Sequence[int]
    meter_time: datetime | None
    drift_seconds: float | None
    frames_sha256: str


@dataclass(frozen=True, slots=True)
class CheckedSnapshots:
    """Outcome for a batch; `refused` holds (index of the snapshot, reason)."""

    snapshots: Sequence[StoredSnapshot]
    refused: Sequence[tuple[int, Rejected]]


def check_snapshots(snapshots: Sequence[RegisterSnapshot], registry: Registry, *, now_epoch: float) -> CheckedSnapshots:
    """Check a batch. A snapshot is stored whole or refused whole."""
    stored: list[StoredSnapshot] = []
    refused: list[tuple[int, Rejected]] = []
    for index, snapshot in enumerate(snapshots):
        try:
            stored.append(_checked(snapshot, registry, now_epoch=now_epoch))
        except Rejected as reason:
            refused.append((index, reason))
    return CheckedSnapshots(stored, refused)


def _checked(snapshot: RegisterSnapshot, registry: Registry, *, now_epoch: float) -> StoredSnapshot:
    at = snapshot.at.timestamp()
    if not 0 <= at <= now_epoch + FUTURE_SECONDS:
        raise Rejected(f"read at {snapshot.at.isoformat()}, in the future", code="future_poll")
    meter_time = snapshot.meter_time
    if meter_time is not None and not FIRST_YEAR <= meter_time.year < LAST_YEAR:
        raise Rejected(f"the meter's clock says {meter_time.isoformat()}", code="impossible_time")
    place = place_at(registry.of_meter(snapshot.meter_id, snapshot.serial), at)
    if place is None:
        raise Rejected(f"meter {snapshot.meter_id} was at no point at that time", code="not_installed")
    names = [(register.zone, register.channel) for register in snapshot.registers]
    if len(set(names)) != len(names):
        raise Rejected("a register comes twice", code="invalid_registers")
    for register in snapshot.registers:
        if register.zone not in ZONES or register.channel not in CHANNEL_NAMES:
            raise Rejected(f"unknown register {register.zone} {register.channel}", code="unknown_channel")
        if not 0 <= register.value_wh < GREATEST_WH:
            raise Rejected(f"{register.zone} {register.channel} is {register.value_wh}", code="invalid_registers")
    return StoredSnapshot(
        point_id=place.point_id,
        meter_id=snapshot.meter_id,
        at=snapshot.at,
        zones=[zone for zone, _ in names],
        channels=[channel for _, channel in names],
        values_wh=[register.value_wh for register in snapshot.registers],
        meter_time=meter_time,
        drift_seconds=snapshot.drift_seconds,
        frames_sha256=snapshot.frames_sha256,
    )
