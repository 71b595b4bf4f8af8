"""Schedules of tariff zones, days that wait to be checked against them, and what the checks came to. Never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from common.logging import get_logger
from metering.domain.schedules import DatedSchedule, Schedule, schedule_zones
from metering.domain.zones import ZoneCause, ZoneCheck
from metering.metrics import SCHEDULES_MALFORMED

log = get_logger(__name__)

WAITING: Final = text(
    """
    select d.point_id, p.number, d.day, d.revision, p.time_zone, p.tariff, p.supplier_code, p.contract_id
    from ledger_revisions r
    join ledger_days d on d.point_id = r.point_id and d.day = r.day and d.revision = r.revision
    join points p on p.id = d.point_id
    left join zone_checks z on z.point_id = d.point_id and z.day = d.day
    where r.closed_at >= :closed_since and d.day >= :since and d.revision > coalesce(z.revision, 0)
    order by d.day, d.point_id limit :limit
    """
)
KEEP: Final = text(
    """
    insert into zone_checks (point_id, day, revision, checked_at, verdict, cause, plan, shift_minutes, fits, zones,
        registers_wh, profile_wh, tolerances_wh)
    values (:point_id, :day, :revision, :checked_at, :verdict, :cause, :plan, :shift_minutes, :fits, :zones,
        :registers_wh, :profile_wh, :tolerances_wh)
    on conflict (point_id, day) do update set revision = excluded.revision, checked_at = excluded.checked_at,
        verdict = excluded.verdict, cause = excluded.cause, plan = excluded.plan,
        shift_minutes = excluded.shift_minutes, fits = excluded.fits, zones = excluded.zones,
        registers_wh = excluded.registers_wh, profile_wh = excluded.profile_wh, tolerances_wh = excluded.tolerances_wh
    where zone_checks.revision < excluded.revision
    """
)


@dataclass(frozen=True, slots=True)
class WaitingDay:
    """A closed day that has not been checked as it is now."""

    point_id: UUID
    point_number: str
    day: date
    revision: int
    time_zone: str
    tariff: str | None
    supplier_code: str
    contract_id: UUID


async def schedules(connection: AsyncConnection) -> Mapping[str | None, Sequence[DatedSchedule]]:
    """Return every schedule by supplier; None: those of suppliers without own ones.

    One that is malformed is left out, told of in the log and counted. Of a supplier whose own ones have such a fault
    there is none at all: zones checked against another schedule would be silently wrong.
    """
    rows = await connection.execute(text("select * from tariff_schedules order by plan, valid_from"))
    found: dict[str | None, list[DatedSchedule]] = {}
    malformed: dict[int, str | None] = {}
    for row in rows:
        try:
            schedule = _schedule(row)
        except (ValueError, TypeError, AttributeError, LookupError):
            log.exception("tariff_schedule.malformed", schedule_id=row.id, supplier=row.supplier_code)
            malformed[row.id] = row.supplier_code
        else:
            found.setdefault(row.supplier_code, []).append(DatedSchedule(row.valid_from, row.valid_to, schedule))
    SCHEDULES_MALFORMED.set(len(malformed))
    return found | {supplier: [] for supplier in malformed.values()}


def _schedule(row: Any) -> Schedule:
    """Raise ValueError, TypeError, AttributeError or LookupError for a row that is none."""
    if row.clock is not None:
        ZoneInfo(row.clock)
    return Schedule(row.plan, tuple(row.titles), row.clock, schedule_zones(row.windows))


def of_supplier(found: Mapping[str | None, Sequence[DatedSchedule]], supplier_code: str) -> Sequence[DatedSchedule]:
    """Return the supplier's own schedules, the general ones if it has none."""
    return found[supplier_code] if supplier_code in found else found.get(None, ())


async def waiting_days(
    connection: AsyncConnection, *, since: date, closed_since: datetime, limit: int
) -> list[WaitingDay]:
    """Return days from `since` on whose newest revision, made at `closed_since` or later, was not checked, in order."""
    rows = await connection.execute(WAITING, {"since": since, "closed_since": closed_since, "limit": limit})
    return [WaitingDay(*row) for row in rows]


async def keep(connection: AsyncConnection, day: WaitingDay, check: ZoneCheck, *, checked_at: datetime) -> bool:
    """Keep a check, and say whether that was done: not if a newer revision was checked meanwhile."""
    result = await connection.execute(
        KEEP,
        {
            "point_id": day.point_id,
            "day": day.day,
            "revision": day.revision,
            "checked_at": checked_at,
            "verdict": check.verdict.value,
            "cause": check.cause and check.cause.value,
            "plan": check.plan,
            "shift_minutes": check.shift_minutes,
            "fits": check.fits,
            "zones": [each.zone for each in check.zones],
            "registers_wh": [each.register_wh for each in check.zones],
            "profile_wh": [each.profile_wh for each in check.zones],
            "tolerances_wh": [each.tolerance_wh for each in check.zones],
        },
    )
    return bool(result.rowcount)


async def cause_before(connection: AsyncConnection, point_id: UUID, day: date) -> ZoneCause | None:
    """Return the cause of the newest day before `day` on which zones could be checked; None if they agreed."""
    cause = await connection.scalar(
        text(
            "select cause from zone_checks where point_id = :point_id and day < :day and verdict <> 'not_checked'"
            " order by day desc limit 1"
        ),
        {"point_id": point_id, "day": day},
    )
    return None if cause is None else ZoneCause(cause)


async def checks(connection: AsyncConnection, point_id: UUID, *, first_on: date, last_on: date) -> list[Any]:
    """Return the checks of the days from `first_on` to `last_on`, both included, in order, with their half hours."""
    rows = await connection.execute(
        text(
            "select z.*, r.slots_expected, r.slots_received, r.slots_valid, r.slots_estimated, r.slots_missing"
            " from zone_checks z join ledger_revisions r using (point_id, day, revision)"
            " where z.point_id = :point_id and z.day between :first_on and :last_on order by z.day"
        ),
        {"point_id": point_id, "first_on": first_on, "last_on": last_on},
    )
    return list(rows)
