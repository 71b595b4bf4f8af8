"""Planned outages: taking over what a supplier's inbox or an operator says of one, and telling those it concerns.

The newest version counts; a repeat and an older version change nothing. What was kept and what is told are one
transaction. Never commits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from common import outbox
from common.errors import Conflict, Rejected
from metering.domain.planned_outages import PlannedOutage, Scope, check_times
from metering.errors import InvalidPeriod, UnknownOutage
from metering.repository import planned_outages as repository
from metering.repository.planned_outages import Concerned
from topics.metering import ALARMS, Alarm

NAMES: Final = UUID("01930000-0000-5000-8000-6f7574616765")
# How many numbers of points a notice names.
NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Announced:
    """What counts now, the points that it concerns, and whether it is news."""

    outage: PlannedOutage
    points: Sequence[Concerned]
    news: bool


def id_of(supplier_code: str, document_id: str) -> UUID:
    """Return the id of a document of the supplier's inbox."""
    return uuid5(NAMES, f"{supplier_code} {document_id}")


async def announce(connection: AsyncConnection, said: PlannedOutage) -> Announced:
    """Take a version over and tell the contracts it concerns, but of what is over.

    The zone is worked out here. Raises InvalidPeriod, Rejected with code `no_scope`, `version_differs` if this version
    came with another content before, or `no_points` if it concerns nobody and calls nothing off.
    """
    said.scope.check()
    former = await repository.locked(connection, said.supplier_code, said.id)
    return await _take(connection, said, former, await _concerned(connection, said))


async def announce_local(
    connection: AsyncConnection,
    supplier_code: str,
    outage_id: UUID,
    *,
    scope: Scope,
    starts_local: datetime,
    ends_local: datetime,
    reason: str,
    announced_by: UUID,
    announced_at: datetime,
    dry_run: bool,
) -> Announced:
    """Announce or move an outage by the clock of its points, which are of one zone. A repeat changes nothing.

    A dry run says what it would be, and keeps and tells nothing. Raises as `announce`, Rejected with code
    `several_zones`, and Conflict for one that was called off.
    """
    scope.check()
    former = await repository.locked(connection, supplier_code, outage_id)
    if former is not None and former.cancelled:
        raise Conflict("this outage was called off: announce another", code="outage_cancelled")
    points = await repository.concerned(connection, supplier_code, scope, at=announced_at)
    zones = {each.time_zone for each in points}
    if not zones:
        raise _no_points()
    if len(zones) > 1:
        raise Rejected(f"its points are in several time zones: {', '.join(sorted(zones))}", code="several_zones")
    zone = ZoneInfo(zones.pop())
    said = PlannedOutage(
        id=outage_id,
        supplier_code=supplier_code,
        document_id=f"operator-{outage_id}" if former is None else former.document_id,
        version=1,
        inbox_version=0,
        scope=scope,
        starts_at=instant_of(starts_local, zone),
        ends_at=instant_of(ends_local, zone),
        reason=reason,
        cancelled=False,
        time_zone=None,
        announced_by=announced_by,
        announced_at=announced_at,
        start_announced_at=announced_at,
    )
    return await _take(connection, said, former, points, dry_run=dry_run)


async def call_off(
    connection: AsyncConnection, supplier_code: str, outage_id: UUID, *, called_off_by: UUID, called_off_at: datetime
) -> Announced:
    """Call an outage off; a repeat changes nothing. Raises UnknownOutage for one that is not the supplier's."""
    former = await repository.locked(connection, supplier_code, outage_id)
    if former is None:
        raise UnknownOutage("there is no such planned outage")
    said = replace(former, cancelled=True, announced_by=called_off_by, announced_at=called_off_at)
    return await _take(connection, said, former, await _concerned(connection, said))


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall clock; of a time that comes twice the first. One that is skipped is refused."""
    try:
        found = local.replace(tzinfo=zone).astimezone(UTC)
        is_shown = found.astimezone(zone).replace(tzinfo=None) == local
    except OverflowError as error:
        raise InvalidPeriod(f"{local} is no time of this century", code="invalid_instant") from error
    if not is_shown:
        raise InvalidPeriod(f"clocks in {zone} skip {local}", code="skipped_time")
    return found


async def _take(
    connection: AsyncConnection,
    said: PlannedOutage,
    former: PlannedOutage | None,
    points: Sequence[Concerned],
    *,
    dry_run: bool = False,
) -> Announced:
    check_times(said.starts_at, said.ends_at)
    if former is not None and not said.is_newer_than(former):
        return Announced(former, points, news=False)
    if not points and not said.cancelled:
        raise _no_points()
    zones = {each.time_zone for each in points}
    said = replace(said, time_zone=zones.pop() if len(zones) == 1 else None)
    outage = said if former is None else said.after(former)
    if dry_run:
        return Announced(outage, points, news=True)
    before: Sequence[Concerned] = []
    if former is not None:
        same = former.scope == said.scope
        before = points if same else await _concerned(connection, replace(former, announced_at=said.announced_at))
    await repository.put(connection, outage)
    alarms = _alarms(outage, _by_contract(points), former=former, before=_by_contract(before))
    await outbox.add_all(connection, ALARMS, alarms)
    return Announced(outage, points, news=True)


async def _concerned(connection: AsyncConnection, outage: PlannedOutage) -> Sequence[Concerned]:
    return await repository.concerned(connection, outage.supplier_code, outage.scope, at=outage.announced_at)


def _no_points() -> Rejected:
    return Rejected("no point of the supplier is meant by this", code="no_points")


def _by_contract(points: Sequence[Concerned]) -> dict[UUID, list[Concerned]]:
    ordered = sorted(points, key=lambda each: each.contract_id)
    return {contract_id: list(group) for contract_id, group in groupby(ordered, key=lambda each: each.contract_id)}


def _alarms(
    outage: PlannedOutage,
    now: Mapping[UUID, list[Concerned]],
    *,
    former: PlannedOutage | None,
    before: Mapping[UUID, list[Concerned]],
) -> list[Alarm]:
    """Return what to tell, by contract: what is new, what has moved, and what will not be."""
    told = {} if former is None or former.cancelled else before
    wanted = {} if outage.cancelled else now
    alarms = []
    if outage.ends_at > outage.announced_at:
        for contract_id, points in wanted.items():
            if contract_id not in told:
                alarms.append(_alarm("outage_planned", outage, points, version=outage.version))
            elif former is not None and (told[contract_id] != points or _moved(outage, former)):
                alarms.append(_alarm("outage_moved", outage, points, version=outage.version))
    if former is not None and former.ends_at > outage.announced_at:
        gone = [points for contract_id, points in told.items() if contract_id not in wanted]
        at = outage.announced_at
        alarms += [
            _alarm("outage_cancelled", replace(former, announced_at=at), points, version=outage.version)
            for points in gone
        ]
    return alarms


def _moved(outage: PlannedOutage, former: PlannedOutage) -> bool:
    before = (former.starts_at, former.ends_at, former.reason)
    return (outage.starts_at, outage.ends_at, outage.reason) != before


def _alarm(kind: str, outage: PlannedOutage, points: Sequence[Concerned], *, version: int) -> Alarm:
    first = points[0]
    numbers = ", ".join(each.number for each in points[:NAMED])
    return Alarm(
        alarm_id=uuid5(outage.id, f"{version} {first.contract_id}"),
        kind=kind,
        severity="info",
        point_id=first.id,
        contract_id=first.contract_id,
        supplier_code=outage.supplier_code,
        at=outage.announced_at,
        details={
            "outage_id": str(outage.id),
            "point": numbers if len(points) <= NAMED else f"{numbers} …",
            "starts_at": outage.starts_at.isoformat(),
            "ends_at": outage.ends_at.isoformat(),
            "time_zone": first.time_zone,
            "reason": outage.reason,
        },
    )
