"""What operators have asked to be sent again, and how far that is. Never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import RowMapping, Uuid, func, insert, literal, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.ledger import Revision
from metering.repository.ledger import KNOWN_OF_FORMER, revision_of
from metering.repository.points import supplied
from metering.tables import LEDGER_DAYS, LEDGER_REVISIONS, POINTS, REPLAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One request: days [from_day, to_day) of these points, or of all if there are none; sent up to `done_until`."""

    id: UUID
    supplier_code: str
    what: str
    point_ids: Sequence[UUID]
    from_day: date
    to_day: date
    asked_by: UUID | None
    asked_at: datetime
    done_until: date | None
    messages_sent: int
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublishedDay:
    """The newest revision of a day as it was published, and what was before it."""

    row: RowMapping
    previous: Revision | None


async def add(connection: AsyncConnection, replay: Replay) -> None:
    await connection.execute(insert(REPLAYS).values({name: getattr(replay, name) for name in Replay.__slots__}))


async def unfinished(connection: AsyncConnection, supplier_code: str) -> int:
    """Return how many replays of the supplier still run. The next caller waits until this transaction has ended."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"replays {supplier_code}"))))
    found = await connection.scalar(
        select(func.count()).where(REPLAYS.c.supplier_code == supplier_code, REPLAYS.c.finished_at.is_(None))
    )
    return int(found or 0)


async def newest(connection: AsyncConnection, supplier_code: str, *, limit: int) -> list[Replay]:
    """Return the supplier's newest replays, newest first."""
    rows = await connection.execute(
        select(REPLAYS)
        .where(REPLAYS.c.supplier_code == supplier_code)
        .order_by(REPLAYS.c.asked_at.desc(), REPLAYS.c.id)
        .limit(limit)
    )
    return [Replay(**row) for row in rows.mappings()]


async def suppliers(connection: AsyncConnection) -> set[str]:
    """Return the suppliers that have unfinished replays."""
    return set(
        await connection.scalars(select(REPLAYS.c.supplier_code).where(REPLAYS.c.finished_at.is_(None)).distinct())
    )


async def take(connection: AsyncConnection, *, of: str | None, waiting: frozenset[str]) -> Replay | None:
    """Return the oldest unfinished replay that no other process has, and keep it until the transaction ends.

    `of`: of this supplier alone. None of the suppliers `waiting`.
    """
    rows = await connection.execute(
        select(REPLAYS)
        .where(REPLAYS.c.finished_at.is_(None), REPLAYS.c.supplier_code.not_in(sorted(waiting)))
        .where(true() if of is None else REPLAYS.c.supplier_code == of)
        .order_by(REPLAYS.c.asked_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = rows.mappings().one_or_none()
    return None if row is None else Replay(**row)


async def progress(
    connection: AsyncConnection, replay: Replay, *, done_until: date, sent: int, finished_at: datetime | None
) -> None:
    await connection.execute(
        update(REPLAYS)
        .where(REPLAYS.c.id == replay.id)
        .values(done_until=done_until, messages_sent=REPLAYS.c.messages_sent + sent, finished_at=finished_at)
    )


async def points(connection: AsyncConnection, supplier_code: str, point_ids: Sequence[UUID]) -> list[tuple[UUID, str]]:
    """Return (id, time zone) of the supplier's points among these, or of all its points if none is named."""
    query = select(*POINTS.c["id", "time_zone"]).where(supplied(supplier_code))
    if point_ids:
        query = query.where(POINTS.c.id == func.any(literal(list(point_ids), ARRAY(Uuid))))
    rows = await connection.execute(query.order_by(POINTS.c.time_zone, POINTS.c.id))
    return [(row.id, row.time_zone) for row in rows]


async def published_days(connection: AsyncConnection, point_ids: Sequence[UUID], day: date) -> dict[UUID, PublishedDay]:
    """Return by point the newest revision of a day, where there is one."""
    newest_one, former = LEDGER_REVISIONS.alias(), LEDGER_REVISIONS.alias()
    days = LEDGER_DAYS
    rows = await connection.execute(
        select(
            newest_one,
            *(former.c[name].label(f"former_{name}") for name in KNOWN_OF_FORMER),
        )
        .select_from(days)
        .join(
            newest_one,
            (newest_one.c.point_id == days.c.point_id)
            & (newest_one.c.day == days.c.day)
            & (newest_one.c.revision == days.c.revision),
        )
        .outerjoin(
            former,
            (former.c.point_id == days.c.point_id)
            & (former.c.day == days.c.day)
            & (former.c.revision == days.c.revision - 1),
        )
        .where(days.c.day == day, days.c.point_id == func.any(literal(list(point_ids), ARRAY(Uuid))))
    )
    return {
        row["point_id"]: PublishedDay(
            row,
            None if row["former_digest"] is None else revision_of(int(row["revision"]) - 1, row, "former_"),
        )
        for row in rows.mappings()
    }
