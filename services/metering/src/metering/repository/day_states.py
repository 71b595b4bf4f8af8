"""What a read of days needs before the store is asked, in one prepared statement: whether the caller may see the
point, and how far its days are. Every such request needs it, so it goes past SQLAlchemy, a fifth of the time, and those
that wait at the same time share a statement.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from common.errors import Busy
from common.http.auth import Caller
from metering.coalescing import Coalescer

# `touches` is in the state too: half hours and journal entries that came after the newest revision change it before
# there is another.
SEEN: Final = """
select asked.number, p.contract_id, p.time_zone, p.power_limit_w, right_of.staff, right_of.guest,
    d.days, d.revisions, d.touches, d.settled, d.digests
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::date[])
    with ordinality as asked (point_id, user_id, supplier, first_on, last_on, number)
join points p on p.id = asked.point_id
cross join lateral (
    select array_agg(l.day) as days, array_agg(l.revision) as revisions, array_agg(l.touches) as touches,
        array_agg(l.due_at is null) as settled, array_agg(r.digest) as digests
    from (
        select * from ledger_days where point_id = p.id and day between asked.first_on and asked.last_on order by day
    ) as l
    left join ledger_revisions r on r.point_id = l.point_id and r.day = l.day and r.revision = l.revision
) as d
cross join lateral (
    select exists (
        select from contract_links c where c.contract_id = p.contract_id and asked.user_id = any(c.user_ids)
    ) as linked, exists (
        select from contract_links c where c.contract_id = p.contract_id and asked.user_id = any(c.read_only_user_ids)
    ) as guest, exists (
        select from contracts c where c.contract_id = p.contract_id and c.supplier_code = asked.supplier
    ) as staff
) as right_of
where right_of.linked or right_of.staff
"""
ONE_DAY: Final = timedelta(days=1)
QUERIES_AT_ONCE: Final = 2
QUESTIONS_A_QUERY: Final = 64


@dataclass(frozen=True, slots=True)
class DayState:
    """A day of the ledger; `settled`: nothing is to be done about it; `digest` is that of its newest revision."""

    day: date
    revision: int
    touches: int
    settled: bool
    digest: str | None


@dataclass(frozen=True, slots=True)
class SeenPoint:
    """A point that the caller may see, with days of it; a day of which nothing was ever heard is not among them.

    `staff` and `guest` say by what right the caller sees it.
    """

    id: UUID
    contract_id: UUID
    time_zone: str
    power_limit_w: int | None
    staff: bool
    guest: bool
    days: Sequence[DayState]

    def within(self, first_on: date, end_on: date) -> Sequence[DayState]:
        """Return the states of the days in [first_on, end_on)."""
        return [each for each in self.days if first_on <= each.day < end_on]


def closed(states: Sequence[DayState], *, days: int) -> bool:
    """Say whether these are all of so many days, each has a revision, and none waits to be looked at."""
    return len(states) == days and all(each.revision and each.settled for each in states)


def digest_of(states: Sequence[DayState]) -> str:
    """Return what differs whenever anything about the half hours of ended days may have changed."""
    text = repr([(each.day.toordinal(), each.revision, each.touches, each.digest) for each in states])
    return hashlib.sha256(text.encode()).hexdigest()


class _Question(NamedTuple):
    """Who asks about which days of which point; `supplier` is that of an operator."""

    point_id: UUID
    user_id: UUID
    supplier: str | None
    first_on: date
    last_on: date


class SeenPoints:
    """The statement on a pool of its own connections, which are opened when they are first needed."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._shared: Coalescer[None, _Question, Any] = Coalescer(
            "points_and_days", self._ask, at_once=QUERIES_AT_ONCE, keys_a_query=QUESTIONS_A_QUERY
        )

    async def find(self, point_id: UUID, caller: Caller, *, first_on: date, end_on: date) -> SeenPoint | None:
        """Return the point and its days in [first_on, end_on), or None if the caller may not see it. Raises Busy."""
        supplier = caller.supplier if caller.is_operator else None
        row = await self._shared.ask(None, _Question(point_id, caller.user_id, supplier, first_on, end_on - ONE_DAY))
        if row is None or not caller.may_see(row["contract_id"]):
            return None
        columns = (row[name] or () for name in ("days", "revisions", "touches", "settled", "digests"))
        states = sorted((DayState(*each) for each in zip(*columns, strict=True)), key=lambda each: each.day)
        names = ("contract_id", "time_zone", "power_limit_w", "staff", "guest")
        return SeenPoint(id=point_id, days=states, **{name: row[name] for name in names})

    async def _ask(self, _: None, questions: Sequence[_Question]) -> Mapping[_Question, Any]:
        """Return the row of each question, or None. Raises Busy."""
        try:
            rows = await self._pool.fetch(SEEN, *zip(*questions, strict=True))
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError) as error:
            raise Busy(f"the database: {error!r}") from error
        except asyncpg.PostgresError as error:
            if error.sqlstate is not None and error.sqlstate[:2] in {"53", "57"}:
                raise Busy(f"the database: {error!r}") from error
            raise
        return dict.fromkeys(questions) | {questions[row["number"] - 1]: row for row in rows}


@asynccontextmanager
async def open_seen_points(dsn: str, *, connections: int) -> AsyncIterator[SeenPoints]:
    """Make the pool and close it at the end. Connects at the first use, not here."""

    async def nothing_to_reset(_: Any) -> None:
        """One statement that reads leaves no state behind; the usual reset is a round trip of its own."""

    plain = dsn.replace("postgresql+asyncpg://", "postgresql://")
    async with asyncpg.create_pool(
        plain, min_size=0, max_size=connections, reset=nothing_to_reset, command_timeout=30
    ) as pool:
        yield SeenPoints(pool)
