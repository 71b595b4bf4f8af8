"""How far the days of a point are: which revision each has, and whether anything is still to be done about one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# `touches` is in the state too: half hours that came after the newest revision change it before there is another.
STATES: Final = text(
    """
    select array_agg(d.day order by d.day) as days, array_agg(d.revision order by d.day) as revisions,
        bool_and(d.due_at is null) as settled,
        md5(string_agg(concat_ws(':', d.day, d.revision, d.touches, r.digest), ',' order by d.day)) as state
    from ledger_days d
    left join ledger_revisions r on r.point_id = d.point_id and r.day = d.day and r.revision = d.revision
    where d.point_id = :point_id and d.day between :first_on and :last_on
    """
)


@dataclass(frozen=True, slots=True)
class DayStates:
    """Days of a point as one statement saw them; a day of which nothing was ever heard is not among them.

    settled: none of them waits to be looked at. state: differs whenever anything about the half hours of a day that
    has ended may have changed.
    """

    revisions: Mapping[date, int] = field(default_factory=dict)
    settled: bool = False
    state: str = ""

    def closed(self, first_on: date, end_on: date) -> bool:
        """Say whether every day of [first_on, end_on) has a revision and none waits to be looked at."""
        return self.settled and sum(map(bool, self.revisions.values())) == (end_on - first_on).days

    def revision_of(self, day: date) -> int | None:
        """Return the newest revision of a day; None while there is none."""
        return self.revisions.get(day) or None

    def newest_between(self, first_on: date, end_on: date) -> int | None:
        """Return the highest revision of the days in [first_on, end_on)."""
        return max((number for day, number in self.revisions.items() if first_on <= day < end_on), default=0) or None


async def day_states(connection: AsyncConnection, point_id: UUID, *, first_on: date, last_on: date) -> DayStates:
    """Return the states of the days from `first_on` to `last_on`, both included."""
    row = (await connection.execute(STATES, {"point_id": point_id, "first_on": first_on, "last_on": last_on})).one()
    if row.days is None:
        return DayStates()
    return DayStates(dict(zip(row.days, row.revisions, strict=True)), row.settled, row.state)
