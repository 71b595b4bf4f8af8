"""The daily ledger's rows: marking days that may have changed, taking what is due, adding revisions. Never commits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.ledger import Revision, SaidOfRegisters, count, said_of_registers
from metering.domain.local_days import LocalDay, TouchedDays
from metering.tables import LEDGER_DAYS, LEDGER_REVISIONS, POINTS
from topics.quality import Quality
from topics.supplier_days import SupplierDay

COUNTS_OF_FORMER: Final = ("digest", "slots_missing", "sums_wh", "slots_estimated", "slots_edited", "slots_billed")
KNOWN_OF_FORMER: Final = (*COUNTS_OF_FORMER, *SaidOfRegisters._fields)
# While a day runs one mark is enough. Near its end each counts: the worker may be reading it already.
RUNNING_FOR: Final = timedelta(hours=1)

# In order of the key, so that two writers never wait for each other in a circle.
MARK: Final = text(
    """
    insert into ledger_days (point_id, day, ends_at, due_at)
    select point_id, day, ends_at, greatest(ends_at, :look_at)
    from unnest(cast(:points as uuid[]), cast(:days as date[]), cast(:ends as timestamptz[]))
        as touched (point_id, day, ends_at)
    order by point_id, day
    on conflict (point_id, day) do update set
        touches = ledger_days.touches + 1,
        due_at = least(ledger_days.due_at, greatest(ledger_days.ends_at, :look_at))
    where ledger_days.due_at is null or ledger_days.ends_at <= :running_until
    """
)
MARK_WAITING: Final = text(
    """
    update ledger_days set touches = touches + 1, due_at = least(due_at, greatest(ledger_days.ends_at, :look_at))
    from (
        select ledger_days.point_id, ledger_days.day
        from ledger_days join unnest(cast(:points as uuid[]), cast(:days as date[])) as touched (point_id, day)
            on touched.point_id = ledger_days.point_id and touched.day = ledger_days.day
        where ledger_days.revision = 0 or ledger_days.reaches_beside
        order by ledger_days.point_id, ledger_days.day for update of ledger_days
    ) as opened
    where ledger_days.point_id = opened.point_id and ledger_days.day = opened.day
    """
)
LOOK_AGAIN: Final = text(
    """
    update ledger_days set touches = touches + 1, due_at = least(due_at, greatest(ledger_days.ends_at, :look_at))
    from (
        select ledger_days.point_id, ledger_days.day
        from ledger_days join unnest(cast(:points as uuid[]), cast(:days as date[])) as touched (point_id, day)
            on touched.point_id = ledger_days.point_id and touched.day = ledger_days.day
        order by ledger_days.point_id, ledger_days.day for update of ledger_days
    ) as known
    where ledger_days.point_id = known.point_id and ledger_days.day = known.day
    """
)
# A day may be of 25 hours; one too many that is looked at says nothing new.
LOOK_WITHIN: Final = text(
    """
    update ledger_days set touches = touches + 1, due_at = least(due_at, greatest(ledger_days.ends_at, :look_at))
    from (
        select ledger_days.point_id, ledger_days.day
        from ledger_days
        where exists (
            select from unnest(
                cast(:points as uuid[]), cast(:starts as timestamptz[]), cast(:ends as timestamptz[])
            ) as span (point_id, starts_at, ends_at)
            where span.point_id = ledger_days.point_id
                and ledger_days.ends_at > span.starts_at and ledger_days.ends_at < span.ends_at + interval '25 hours'
        ) and ledger_days.point_id = any(cast(:points as uuid[])) and ledger_days.ends_at > :since
        order by ledger_days.point_id, ledger_days.day for update of ledger_days
    ) as known
    where ledger_days.point_id = known.point_id and ledger_days.day = known.day
    """
)
# A point's ledger begins with the first day of which anything came; from there on no day is left out.
FILL: Final = text(
    """
    insert into ledger_days (point_id, day, ends_at, due_at)
    select points.id, ended.day, ended.ends_at, ended.ends_at
    from points
    join (select point_id, min(day) as day from ledger_days group by point_id) as begun on begun.point_id = points.id
    cross join unnest(cast(:days as date[]), cast(:starts as timestamptz[]), cast(:ends as timestamptz[]))
        as ended (day, starts_at, ends_at)
    where points.time_zone = :time_zone and ended.day > begun.day
        and exists (
            select from installations where installations.point_id = points.id
                and installations.valid_from < ended.ends_at
                and (installations.valid_to is null or installations.valid_to > ended.starts_at)
        )
    order by points.id, ended.day
    on conflict do nothing
    """
)
POSTPONE: Final = text(
    """
    update ledger_days set due_at = due.until
    from (
        select seen.*
        from ledger_days
        join unnest(
            cast(:points as uuid[]), cast(:days as date[]), cast(:touches as bigint[]), cast(:until as timestamptz[])
        ) as seen (point_id, day, touches, until) on seen.point_id = ledger_days.point_id and seen.day = ledger_days.day
        where ledger_days.touches = seen.touches
        order by ledger_days.point_id, ledger_days.day for update of ledger_days
    ) as due
    where ledger_days.point_id = due.point_id and ledger_days.day = due.day
    """
)
TAKE: Final = text(
    """
    update ledger_days set due_at = null, revision = due.revision, open_since = due.closed_at,
        reaches_beside = due.reaches_beside
    from (
        select seen.*
        from ledger_days
        join unnest(
            cast(:points as uuid[]), cast(:days as date[]), cast(:touches as bigint[]), cast(:numbers as integer[]),
            cast(:closed as timestamptz[]), cast(:reaches_beside as boolean[])
        ) as seen (point_id, day, touches, revision, closed_at, reaches_beside)
            on seen.point_id = ledger_days.point_id and seen.day = ledger_days.day
        where ledger_days.touches = seen.touches and ledger_days.revision = seen.revision - 1
        order by ledger_days.point_id, ledger_days.day for update of ledger_days
    ) as due
    where ledger_days.point_id = due.point_id and ledger_days.day = due.day
    returning ledger_days.point_id, ledger_days.day
    """
)


@dataclass(frozen=True, slots=True)
class DueDay:
    """A day to be looked at. `touches` is what it had been touched when it was read."""

    point_id: UUID
    day: date
    time_zone: str
    touches: int
    previous: Revision | None


class NextRevision(NamedTuple):
    """A revision to be added. `reaches_beside`: a half hour of a day beside is in its tolerance."""

    due: DueDay
    day: SupplierDay
    reaches_beside: bool


async def mark(connection: AsyncConnection, touched: TouchedDays, *, now: datetime, look_at: datetime) -> None:
    """Have the days looked at: those that run at their end, the others at `look_at`."""
    if touched:
        await connection.execute(
            MARK,
            {**_columns(touched), "ends": [d.ends_at for d in touched.values()]}
            | {"look_at": look_at, "running_until": now + RUNNING_FOR},
        )


async def mark_waiting(connection: AsyncConnection, touched: TouchedDays, *, look_at: datetime) -> None:
    """Have those of the days looked at that are not closed, or in whose tolerance a half hour beside them is."""
    if touched:
        await connection.execute(MARK_WAITING, {**_columns(touched), "look_at": look_at})


async def look_again(connection: AsyncConnection, days: Iterable[tuple[UUID, date]], *, now: datetime) -> None:
    """Have those of the days (point, day) that are in the ledger looked at again: another day tells of them."""
    ordered = sorted(set(days))
    if ordered:
        columns = {"points": [point for point, _ in ordered], "days": [day for _, day in ordered]}
        await connection.execute(LOOK_AGAIN, {**columns, "look_at": now})


async def look_within(
    connection: AsyncConnection,
    spans: Sequence[tuple[UUID, datetime, datetime]],
    *,
    since: datetime,
    look_at: datetime,
) -> int:
    """Have the days of (point, start, end) looked at again that ended after `since`; return how many these were."""
    if not spans:
        return 0
    points, starts, ends = (list(column) for column in zip(*spans, strict=True))
    values = {"points": points, "starts": starts, "ends": ends, "since": since, "look_at": look_at}
    return (await connection.execute(LOOK_WITHIN, values)).rowcount


def _columns(touched: TouchedDays) -> dict[str, Sequence[object]]:
    return {"points": [point for point, _ in touched], "days": [day for _, day in touched]}


async def fill(
    connection: AsyncConnection, time_zone: str, days: Sequence[LocalDay], *, starts: Sequence[datetime]
) -> int:
    """Add the days of points of the zone of which nothing came; return how many. A repeat adds none."""
    result = await connection.execute(
        FILL,
        {
            "time_zone": time_zone,
            "days": [day.day for day in days],
            "starts": list(starts),
            "ends": [day.ends_at for day in days],
        },
    )
    return result.rowcount


async def due_days(connection: AsyncConnection, *, now: datetime, limit: int) -> list[DueDay]:
    """Return up to `limit` days to be looked at, those first that have waited longest."""
    newest = LEDGER_REVISIONS
    rows = await connection.execute(
        select(
            *LEDGER_DAYS.c["point_id", "day", "touches", "revision"],
            POINTS.c.time_zone,
            *newest.c[KNOWN_OF_FORMER],
        )
        .join(POINTS, POINTS.c.id == LEDGER_DAYS.c.point_id)
        .outerjoin(
            newest,
            (newest.c.point_id == LEDGER_DAYS.c.point_id)
            & (newest.c.day == LEDGER_DAYS.c.day)
            & (newest.c.revision == LEDGER_DAYS.c.revision),
        )
        .where(LEDGER_DAYS.c.due_at <= now)
        .order_by(LEDGER_DAYS.c.due_at, LEDGER_DAYS.c.day, LEDGER_DAYS.c.point_id)
        .limit(limit)
    )
    return [
        DueDay(
            row["point_id"],
            row["day"],
            row["time_zone"],
            row["touches"],
            revision_of(row["revision"], row) if row["revision"] else None,
        )
        for row in rows.mappings()
    ]


def said_in(row: RowMapping, prefix: str = "") -> SaidOfRegisters:
    """Return what a row of `ledger_revisions` says of the registers."""
    return SaidOfRegisters(*(row[prefix + name] for name in SaidOfRegisters._fields))


def revision_of(number: int, row: RowMapping, prefix: str = "") -> Revision:
    """Return the revision of which a row has KNOWN_OF_FORMER, by names with this prefix."""
    counts = {name: row[prefix + name] for name in COUNTS_OF_FORMER}
    return Revision(number=number, **counts, registers=said_in(row, prefix))


async def count_due(connection: AsyncConnection, *, now: datetime) -> int:
    """Return how many days wait to be looked at."""
    return int(await connection.scalar(select(func.count()).where(LEDGER_DAYS.c.due_at <= now)) or 0)


async def postpone(connection: AsyncConnection, again: Sequence[tuple[DueDay, datetime | None]]) -> None:
    """Have nothing done until then (None: until it is touched), but for days that were touched since they were read."""
    if again:
        await connection.execute(POSTPONE, _due([due for due, _ in again]) | {"until": [until for _, until in again]})


async def add_revisions(connection: AsyncConnection, revisions: Sequence[NextRevision]) -> list[SupplierDay]:
    """Add next revisions and return those that were added: not of days touched or closed since they were read."""
    if not revisions:
        return []
    dues, days, reaches_beside = (list(column) for column in zip(*revisions, strict=True))
    closed = {"numbers": [day.revision for day in days], "closed": [day.closed_at for day in days]}
    taken = await connection.execute(TAKE, _due(dues) | closed | {"reaches_beside": reaches_beside})
    keys = {(row.point_id, row.day) for row in taken}
    added = [day for day in days if (day.point_id, day.day) in keys]
    if added:
        await connection.execute(insert(LEDGER_REVISIONS), [_row(day) for day in added])
    return added


def _due(days: Sequence[DueDay]) -> dict[str, Sequence[object]]:
    return {
        "points": [due.point_id for due in days],
        "days": [due.day for due in days],
        "touches": [due.touches for due in days],
    }


def _row(day: SupplierDay) -> Mapping[str, object]:
    same = (
        *("point_id", "day", "revision", "digest", "state", "reason", "closed_at", "slots_expected"),
        *("slots_received", "slots_valid", "slots_estimated", "slots_missing"),
        *("change", "lands_in_period", "corrects_period"),
    )
    said = said_of_registers(day)._asdict()
    return (
        {name: getattr(day, name) for name in same}
        | said
        | {
            "slots_edited": count(day, Quality.EDITED),
            "slots_billed": count(day, Quality.REVENUE),
            "sums_wh": [each.sum_wh for each in day.sums],
        }
    )
