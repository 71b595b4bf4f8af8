"""Watches max power within the running half hour: warns once while there is time, says once when it is passed.

Samples are instant values and register snapshots as they come; a warning and its alarm are one transaction, unique
by point and half hour. When the half hour is stored it is written down whether it was exceeded or a near miss.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from common import outbox
from common.errors import Rejected
from common.kafka.subscribe import Subscriptions
from metering.domain.power_watch import HALF_HOUR_HOURS, PowerTrack, Projection, Sample
from metering.domain.profile import Channel
from metering.domain.registry import Installed, Registry, place_at
from metering.metrics import POWER_WARNINGS
from metering.repository import power as repository
from metering.repository.power import OpenWarning
from metering.resources import Resources
from metering.store.days import read_slots
from metering.turns import take_turns
from topics.metering import ALARMS, Alarm
from topics.poller import INSTANT_VALUES, REGISTER_SNAPSHOTS, InstantValues, RegisterSnapshot

GROUP: Final = "metering-power-limit"
NAMES: Final = UUID("0196f0c5-7f1e-7c9a-9a55-6b8f4a1d2e02")
LIMITS_READ_EVERY_SECONDS: Final = 30.0
SETTLE_EVERY_SECONDS: Final = 30.0
SETTLED_A_TURN: Final = 500
# What was read longer ago is history: nobody can act on it.
FRESH: Final = timedelta(minutes=5)
HALF_HOUR: Final = timedelta(minutes=30)
# A half hour that has not come by then is left without an outcome.
AWAITED: Final = timedelta(days=90)


class PowerWatch:
    """Follows the points that have a limit. The tracks are in memory: after a start two samples are awaited."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._tracks: dict[tuple[UUID, UUID], PowerTrack] = {}
        self._limits: Mapping[UUID, int] = {}
        self._limits_read_at = float("-inf")

    async def take(self, snapshot: RegisterSnapshot) -> None:
        """Take one snapshot. A repeat, an old one, and one of a point without a limit change nothing.

        Nor does one that is not stored, as another meter answered: that is refused and told where it is stored.
        """
        await self._follow(snapshot, _a_plus(snapshot), power_w=None)

    async def take_instants(self, values: InstantValues) -> None:
        """Take what a meter shows; as `take`."""
        await self._follow(values, values.a_plus_wh, power_w=values.power_w)

    async def _follow(
        self, message: RegisterSnapshot | InstantValues, register_wh: int | None, *, power_w: int | None
    ) -> None:
        place = _place(self._resources.registry.current(), message)
        limit_w = None if place is None else (await self._known_limits()).get(place.point_id)
        if place is None or limit_w is None or register_wh is None:
            return
        track = self._tracks.setdefault((place.point_id, place.meter_id), PowerTrack())
        shown_w = None if power_w is None else power_w * place.ratio
        projection = track.add(
            Sample(message.at.timestamp(), register_wh * place.ratio, shown_w), possible_w=place.limit_w * place.ratio
        )
        if projection is None or self._resources.clock.now() - message.at > FRESH:
            return
        if projection.passed(limit_w) or projection.warns(limit_w):
            async with self._resources.engine.begin() as connection:
                await self._tell(connection, place, projection, limit_w, message.at)

    async def _tell(
        self, connection: AsyncConnection, place: Installed, projection: Projection, limit_w: int, at: datetime
    ) -> None:
        starts_at = datetime.fromtimestamp(projection.start_epoch, UTC)
        if projection.passed(limit_w):
            kind = "power_limit_passed"
            news = await repository.passed(connection, place.point_id, starts_at=starts_at, limit_w=limit_w, at=at)
        else:
            kind = "power_limit_near"
            projected_w = round(projection.mean_w)
            news = await repository.warn(
                connection, place.point_id, starts_at=starts_at, limit_w=limit_w, at=at, projected_w=projected_w
            )
        if news:
            POWER_WARNINGS.labels(kind=kind).inc()
            await outbox.add(connection, ALARMS, _alarm(kind, place, projection, limit_w, at))

    async def _known_limits(self) -> Mapping[UUID, int]:
        if time.monotonic() - self._limits_read_at > LIMITS_READ_EVERY_SECONDS:
            async with self._resources.engine.connect() as connection:
                self._limits = await repository.limits(connection)
            self._limits_read_at = time.monotonic()
            self._tracks = {key: track for key, track in self._tracks.items() if key[0] in self._limits}
        return self._limits


def _alarm(kind: str, place: Installed, projection: Projection, limit_w: int, at: datetime) -> Alarm:
    return Alarm(
        alarm_id=uuid5(NAMES, f"{kind}:{place.point_id}:{projection.start_epoch}"),
        kind=kind,
        severity="critical" if kind == "power_limit_passed" else "warning",
        point_id=place.point_id,
        contract_id=place.contract_id,
        supplier_code=place.supplier_code,
        at=at,
        details={
            "point": place.point_number,
            "limit_w": limit_w,
            "projected_w": round(projection.mean_w),
            "energy_wh": round(projection.energy_wh),
            "half_hour_from": datetime.fromtimestamp(projection.start_epoch, UTC).isoformat(),
        },
    )


def _place(registry: Registry, message: RegisterSnapshot | InstantValues) -> Installed | None:
    try:
        places = registry.of_meter(message.meter_id, message.serial)
    except Rejected:
        return None
    return place_at(places, message.at.timestamp())


def _a_plus(snapshot: RegisterSnapshot) -> int | None:
    """Return the total of energy taken, from its zones where a meter has no total."""
    values = {each.zone: each.value_wh for each in snapshot.registers if each.channel == Channel.A_PLUS.value}
    return values.get("sum", sum(values.values()) if values else None)


async def watch(resources: Resources) -> None:
    """Follow snapshots and instant values until cancelled."""
    await resources.registry.loaded()
    subscriptions, follower = Subscriptions(resources.settings), PowerWatch(resources)
    subscriptions.add(REGISTER_SNAPSHOTS, follower.take, group=GROUP)
    subscriptions.add(INSTANT_VALUES, follower.take_instants, group=GROUP)
    await subscriptions.run()


async def settle(resources: Resources) -> None:
    """Write down how warned half hours ended, until cancelled."""

    async def turn() -> None:
        await settle_turn(resources)

    await take_turns(turn, worker="power_limit", pause_seconds=SETTLE_EVERY_SECONDS)


async def settle_turn(resources: Resources) -> int:
    """Settle what is stored by now; return how many half hours that were. A repeat settles nothing twice."""
    now = resources.clock.now()
    async with resources.engine.connect() as connection:
        waiting = await repository.open_warnings(
            connection, after=now - AWAITED, before=now - HALF_HOUR, limit=SETTLED_A_TURN
        )
    by_start: dict[datetime, list[OpenWarning]] = {}
    for each in waiting:
        by_start.setdefault(each.starts_at, []).append(each)
    settled = 0
    for starts_at, group in by_start.items():
        start = int(starts_at.timestamp())
        slots = await read_slots(
            resources.store.engine, [each.point_id for each in group], start_epoch=start, end_epoch=start + 1
        )
        async with resources.engine.begin() as connection:
            for each in group:
                slot = slots.get(each.point_id, {}).get(start)
                if slot is not None and slot.energies[0] is not None:
                    mean_w = round(slot.energies[0] * slot.ratio / HALF_HOUR_HOURS)
                    await repository.settle(connection, each, mean_w=mean_w)
                    POWER_WARNINGS.labels(kind="exceeded" if mean_w > each.limit_w else "near_miss").inc()
                    settled += 1
    return settled
