"""The supplier's view of its ledger: what billing has not settled yet, and how complete the days are. Never commits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.repository.points import operated
from metering.tables import LEDGER_DAYS, LEDGER_RECEIPTS, LEDGER_REVISIONS, POINTS

_NEWEST: Final = and_(
    LEDGER_REVISIONS.c.point_id == LEDGER_DAYS.c.point_id,
    LEDGER_REVISIONS.c.day == LEDGER_DAYS.c.day,
    LEDGER_REVISIONS.c.revision == LEDGER_DAYS.c.revision,
)
_ANSWERED: Final = and_(
    LEDGER_RECEIPTS.c.point_id == LEDGER_DAYS.c.point_id,
    LEDGER_RECEIPTS.c.day == LEDGER_DAYS.c.day,
    LEDGER_RECEIPTS.c.revision == LEDGER_DAYS.c.revision,
)
_COUNTS: Final = ("slots_expected", "slots_received", "slots_valid", "slots_estimated", "slots_missing")


class ReceiptState(str, Enum):
    """What to ask for: `open` is what waits for billing, never answered or answered with another digest."""

    OPEN = "open"
    AWAITED = "awaited"
    WRONG_DIGEST = "wrong_digest"
    CONFIRMED = "confirmed"
    USED = "used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The newest revision of a day with what billing answered to it."""

    point_id: UUID
    point_number: str
    contract_id: UUID
    day: date
    revision: int
    digest: str
    closed_at: datetime
    lands_in_period: date | None
    state: str | None
    received_digest: str | None
    received_at: datetime | None
    used_in_period: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCompleteness:
    """One local day over all points that have it: points, of which open, and their half hours."""

    day: date
    points: int
    points_open: int
    points_incomplete: int
    slots_expected: int
    slots_received: int
    slots_valid: int
    slots_estimated: int
    slots_missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PointCompleteness:
    """One closed day of one point."""

    point_id: UUID
    point_number: str
    contract_id: UUID
    revision: int
    state: str
    slots_expected: int
    slots_received: int
    slots_valid: int
    slots_estimated: int
    slots_missing: int
    verdict: str
    cause: str | None


async def settlements(
    connection: AsyncConnection,
    supplier_code: str,
    state: ReceiptState,
    *,
    after: tuple[datetime, UUID, date] | None,
    limit: int,
) -> list[Settlement]:
    """Return the newest revisions in a state, those first that were closed first."""
    revision, receipt = LEDGER_REVISIONS.c, LEDGER_RECEIPTS.c
    query = (
        select(
            *POINTS.c["id", "number", "contract_id"],
            *LEDGER_REVISIONS.c["day", "revision", "digest", "closed_at", "lands_in_period"],
            receipt.state,
            receipt.digest.label("received_digest"),
            *LEDGER_RECEIPTS.c["received_at", "used_in_period"],
        )
        .select_from(LEDGER_DAYS)
        .join(POINTS, POINTS.c.id == LEDGER_DAYS.c.point_id)
        .join(LEDGER_REVISIONS, _NEWEST)
        .outerjoin(LEDGER_RECEIPTS, _ANSWERED)
        .where(operated(supplier_code), *_are_in(state))
        .order_by(revision.closed_at, revision.point_id, revision.day)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(revision.closed_at, revision.point_id, revision.day) > after)
    return [
        Settlement(**{"point_id": row["id"], "point_number": row["number"]} | _but(row, "id", "number"))
        for row in await _mappings(connection, query)
    ]


async def count_open(connection: AsyncConnection) -> dict[str, tuple[int, datetime]]:
    """Return by supplier how many newest revisions wait for billing, and when the oldest was closed."""
    rows = await connection.execute(
        select(POINTS.c.supplier_code, func.count(), func.min(LEDGER_DAYS.c.open_since))
        .join(POINTS, POINTS.c.id == LEDGER_DAYS.c.point_id)
        .where(LEDGER_DAYS.c.open_since.is_not(None))
        .group_by(POINTS.c.supplier_code)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _are_in(state: ReceiptState) -> Iterator[ColumnElement[bool]]:
    receipt, is_open = LEDGER_RECEIPTS.c, LEDGER_DAYS.c.open_since.is_not(None)
    if state in {ReceiptState.OPEN, ReceiptState.AWAITED, ReceiptState.WRONG_DIGEST}:
        yield is_open
    if state is ReceiptState.AWAITED:
        yield receipt.state.is_(None)
    elif state is ReceiptState.WRONG_DIGEST:
        yield receipt.state == state.value
    elif state in {ReceiptState.CONFIRMED, ReceiptState.USED}:
        yield receipt.state == ReceiptState.CONFIRMED.value
    if state is ReceiptState.USED:
        yield receipt.used_in_period.is_not(None)


async def completeness(
    connection: AsyncConnection, supplier_code: str, *, first: date, last: date, after: date | None, limit: int
) -> list[DayCompleteness]:
    """Return the days from `first` to `last`, newest first, over all points of the supplier."""
    day, revision = LEDGER_DAYS.c, LEDGER_REVISIONS.c
    query = (
        select(
            day.day,
            func.count().label("points"),
            func.count().filter(day.revision == 0).label("points_open"),
            func.count().filter(revision.state == "incomplete").label("points_incomplete"),
            *(func.coalesce(func.sum(revision[name]), 0).label(name) for name in _COUNTS),
        )
        .select_from(LEDGER_DAYS)
        .join(POINTS, POINTS.c.id == day.point_id)
        .outerjoin(LEDGER_REVISIONS, _NEWEST)
        .where(operated(supplier_code), day.day.between(first, last))
        .group_by(day.day)
        .order_by(day.day.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(day.day < after)
    return [DayCompleteness(**row) for row in await _mappings(connection, query)]


async def completeness_of_points(
    connection: AsyncConnection, supplier_code: str, day: date, *, gaps_only: bool, after: UUID | None, limit: int
) -> list[PointCompleteness]:
    """Return the closed days of the supplier's points, by point; with `gaps_only` those with missing half hours."""
    revision = LEDGER_REVISIONS.c
    query = (
        select(
            *POINTS.c["id", "number", "contract_id"],
            *LEDGER_REVISIONS.c["revision", "state", *_COUNTS, "verdict", "cause"],
        )
        .select_from(LEDGER_DAYS)
        .join(POINTS, POINTS.c.id == LEDGER_DAYS.c.point_id)
        .join(LEDGER_REVISIONS, _NEWEST)
        .where(operated(supplier_code), LEDGER_DAYS.c.day == day)
        .order_by(POINTS.c.id)
        .limit(limit)
    )
    if gaps_only:
        query = query.where(revision.slots_missing > 0)
    if after is not None:
        query = query.where(POINTS.c.id > after)
    return [
        PointCompleteness(**{"point_id": row["id"], "point_number": row["number"]} | _but(row, "id", "number"))
        for row in await _mappings(connection, query)
    ]


async def _mappings(connection: AsyncConnection, query: Select[Any]) -> Sequence[Mapping[str, Any]]:
    return [dict(row) for row in (await connection.execute(query)).mappings()]


def _but(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
