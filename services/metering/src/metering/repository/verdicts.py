"""The verdicts of validation: the newest state of each, and every change of it. Never commits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, func, literal, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.profile import Channel
from metering.domain.validation.review import REACH_DAYS, Known
from metering.domain.validation.verdicts import Judged, Rule, Severity, State, Verdict
from metering.repository.points import operated
from metering.tables import POINTS, VERDICTS

# A verdict that is known by its key becomes another state of itself; what does not change it is not written.
SAVE: Final = text(
    """
    with saved as (
        insert into verdicts as stored (
            point_id, day, rule, part, starts_at, channel, severity, state, value, limit_value, detail, slots,
            changed_at
        )
        select point_id, day, rule, part, starts_at, channel, severity, state, value, limit_value, detail, slots, :now
        from jsonb_to_recordset(cast(:rows as jsonb)) as found (
            point_id uuid, day date, rule text, part text, starts_at timestamptz, channel text, severity text,
            state text, value double precision, limit_value double precision, detail text, slots bigint[]
        )
        order by point_id, day, rule, part, starts_at
        on conflict (point_id, day, rule, part, starts_at) do update set
            severity = excluded.severity, state = excluded.state, value = excluded.value,
            limit_value = excluded.limit_value, detail = excluded.detail, slots = excluded.slots,
            changed_at = excluded.changed_at
        where case when :keep then excluded.value > stored.value else
            (stored.severity, stored.state, stored.value, stored.limit_value, stored.detail, stored.slots)
            is distinct from (
                excluded.severity, excluded.state, excluded.value, excluded.limit_value, excluded.detail, excluded.slots
            )
        end
        returning id, severity, state, value, limit_value, detail, changed_at
    )
    insert into verdict_changes (verdict_id, severity, state, value, limit_value, detail, known_at)
    select id, severity, state, value, limit_value, detail, changed_at from saved
    """
)
# Rules that look at other days, so that a change of one day may change what they say of a later one.
REACHING: Final = (Rule.V10, Rule.V12, Rule.V13, Rule.V20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A verdict as it is stored, with its point."""

    id: int
    point_id: UUID
    day: date
    rule: str
    part: str
    starts_at: datetime
    channel: str | None
    severity: str
    state: str
    value: float
    limit_value: float
    detail: str
    slots: Sequence[int]
    changed_at: datetime
    point_number: str
    point_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which verdicts are asked for; None: any."""

    state: State
    point_id: UUID | None
    day: date | None
    rule: Rule | None
    severity: Severity | None


async def of_point(connection: AsyncConnection, point_id: UUID, *, first: date, last: date) -> list[Shown]:
    """Return the verdicts of a point that hold, on the days from `first` to `last`, both included, in order."""
    table = VERDICTS
    query = (
        _shown()
        .where(table.c.point_id == point_id, table.c.day.between(first, last))
        .where(table.c.state != State.WITHDRAWN.value)
        .order_by(table.c.day, table.c.rule, table.c.part, table.c.starts_at)
    )
    return [Shown(**row) for row in (await connection.execute(query)).mappings()]


async def of_supplier(
    connection: AsyncConnection, supplier_code: str, sought: Sought, *, after: tuple[date, int] | None, limit: int
) -> list[Shown]:
    """Return up to `limit` verdicts on points of a supplier, latest day and id first, behind `after`."""
    table = VERDICTS
    query = _shown().where(operated(supplier_code), table.c.state == sought.state.value)
    for column, value in (
        (table.c.point_id, sought.point_id),
        (table.c.day, sought.day),
        (table.c.rule, sought.rule and sought.rule.value),
        (table.c.severity, sought.severity and sought.severity.value),
    ):
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(tuple_(table.c.day, table.c.id) < tuple_(literal(after[0]), literal(after[1])))
    query = query.order_by(table.c.day.desc(), table.c.id.desc()).limit(limit)
    return [Shown(**row) for row in (await connection.execute(query)).mappings()]


def _shown() -> Select[Any]:
    return select(VERDICTS, POINTS.c.number.label("point_number"), POINTS.c.name.label("point_name")).join(
        POINTS, POINTS.c.id == VERDICTS.c.point_id
    )


async def save(
    connection: AsyncConnection, found: Iterable[tuple[UUID, date, Judged]], *, now: datetime, keep: bool = False
) -> int:
    """Keep what was found of (point, day), and return how many are new or changed. A repeat changes nothing.

    `keep`: leave those alone that are known, whatever has become of them, but for the greatest value.
    """
    rows = [_row(*each) for each in found]
    if not rows:
        return 0
    encoded = msgspec.json.encode(rows).decode()
    return (await connection.execute(SAVE, {"rows": encoded, "now": now, "keep": keep})).rowcount


def _row(point_id: UUID, day: date, judged: Judged) -> dict[str, object]:
    verdict = judged.verdict
    return {
        "point_id": str(point_id),
        "day": day.isoformat(),
        "rule": verdict.rule.value,
        "part": verdict.key.part,
        "starts_at": datetime.fromtimestamp(verdict.start_epoch, UTC).isoformat(),
        "channel": None if verdict.channel is None else verdict.channel.value,
        "severity": verdict.severity.value,
        "state": judged.state.value,
        "value": verdict.value,
        "limit_value": verdict.limit,
        "detail": verdict.detail,
        "slots": list(verdict.slots),
    }


async def known_around(connection: AsyncConnection, point_ids: Sequence[UUID], day: date) -> dict[UUID, list[Known]]:
    """Return by point the verdicts of a day, and those of the days after it that a change of it may reach."""
    table = VERDICTS
    rows = await connection.execute(
        select(table).where(
            table.c.point_id == func.any(list(point_ids)),
            or_(
                table.c.day == day,
                and_(
                    table.c.day > day,
                    table.c.day <= day + timedelta(days=REACH_DAYS),
                    table.c.rule.in_([rule.value for rule in REACHING]),
                ),
            ),
        )
    )
    known: dict[UUID, list[Known]] = defaultdict(list)
    for row in rows:
        verdict = Verdict(
            rule=Rule(row.rule),
            severity=Severity(row.severity),
            start_epoch=int(row.starts_at.timestamp()),
            value=row.value,
            limit=row.limit_value,
            channel=None if row.channel is None else Channel(row.channel),
            part=row.part if row.channel is None else "",
            detail=row.detail,
            slots=tuple(row.slots),
        )
        known[row.point_id].append(Known(row.day, State(row.state), verdict))
    return known
