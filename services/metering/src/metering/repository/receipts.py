"""Receipts of days, and the days with their newest revision and receipt as they are shown. Never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, select, text, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.ledger import SaidOfRegisters
from metering.repository.ledger import said_in
from metering.repository.points import supplied
from metering.tables import LEDGER_DAYS, LEDGER_RECEIPTS, LEDGER_REVISIONS, POINTS
from topics.inbox import DayReceipt

REVISION_COLUMNS: Final = (
    *("digest", "state", "reason", "closed_at", "slots_expected", "slots_received", "slots_valid", "slots_estimated"),
    *("slots_missing", "sums_wh", "register_differences_wh", "residuals_wh", "tolerances_wh", "verdict", "cause"),
    *("change", "lands_in_period", "corrects_period"),
)
# Only the newest revision of a day can be open.
SETTLED: Final = text(
    """
    update ledger_days set open_since = case when :state = 'confirmed' then null else ledger_revisions.closed_at end
    from ledger_revisions
    where ledger_days.point_id = :point_id and ledger_days.day = :day and ledger_days.revision = :revision
        and ledger_revisions.point_id = ledger_days.point_id and ledger_revisions.day = ledger_days.day
        and ledger_revisions.revision = ledger_days.revision
    """
)
_DEALT: Final = """
    from unnest(cast(:points as uuid[]), cast(:days as date[]), cast(:revisions as integer[]))
        as dealt (point_id, day, revision)
    where ledger_receipts.point_id = dealt.point_id and ledger_receipts.day = dealt.day
        and ledger_receipts.revision = dealt.revision
"""
MARKED: Final = text(f"update ledger_receipts set to_be_marked = false {_DEALT}")  # noqa: S608 -- a constant


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDay:
    """A day with its newest revision and what billing answered to that; an open day (revision 0) has neither."""

    day: date
    revision: int
    digest: str | None
    state: str | None
    reason: str | None
    closed_at: datetime | None
    slots_expected: int | None
    slots_received: int | None
    slots_valid: int | None
    slots_estimated: int | None
    slots_missing: int | None
    sums_wh: Sequence[int | None] | None
    register_differences_wh: Sequence[int | None] | None
    residuals_wh: Sequence[int | None] | None
    tolerances_wh: Sequence[int | None] | None
    verdict: str | None
    cause: str | None
    change: str | None
    lands_in_period: date | None
    corrects_period: date | None
    receipt_state: str | None
    receipt_used_in_period: date | None
    receipt_received_at: datetime | None
    billed_revision: int | None
    billed_in_period: date | None


@dataclass(frozen=True, slots=True)
class PublishedRevision:
    """What a receipt answers to."""

    digest: str
    contract_id: UUID
    time_zone: str
    closed_at: datetime


async def published(connection: AsyncConnection, supplier_code: str, receipt: DayReceipt) -> PublishedRevision | None:
    """Return the revision of which a receipt tells; None if the supplier was never told of it."""
    revision = LEDGER_REVISIONS
    rows = await connection.execute(
        select(revision.c.digest, *POINTS.c["contract_id", "time_zone"], revision.c.closed_at)
        .join(POINTS, POINTS.c.id == revision.c.point_id)
        .where(supplied(supplier_code), revision.c.point_id == receipt.point_id)
        .where(revision.c.day == receipt.day, revision.c.revision == receipt.revision)
    )
    row = rows.one_or_none()
    return None if row is None else PublishedRevision(row.digest, row.contract_id, row.time_zone, row.closed_at)


async def keep_receipt(
    connection: AsyncConnection, receipt: DayReceipt, *, version: int, state: str, received_at: datetime
) -> bool:
    """Keep a receipt, and say whether it was news: a version that is not newer than the known one changes nothing."""
    row = {
        "point_id": receipt.point_id,
        "day": receipt.day,
        "revision": receipt.revision,
        "version": version,
        "digest": receipt.digest,
        "state": state,
        "used_in_period": receipt.used_in_period,
        "received_at": received_at,
        "to_be_marked": state == "confirmed" and receipt.used_in_period is not None,
    }
    statement = insert(LEDGER_RECEIPTS).values(row)
    kept = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["point_id", "day", "revision"],
            set_={name: statement.excluded[name] for name in row},
            where=statement.excluded.version > LEDGER_RECEIPTS.c.version,
        )
    )
    if kept.rowcount:
        await connection.execute(SETTLED, {name: row[name] for name in ("point_id", "day", "revision", "state")})
    return bool(kept.rowcount)


async def contradicts(connection: AsyncConnection, receipt: DayReceipt, *, version: int) -> bool:
    """Say whether this version of the receipt is known with another content."""
    kept = LEDGER_RECEIPTS
    row = (
        await connection.execute(
            select(kept.c.digest, kept.c.used_in_period)
            .where(kept.c.point_id == receipt.point_id, kept.c.day == receipt.day)
            .where(kept.c.revision == receipt.revision, kept.c.version == version)
        )
    ).one_or_none()
    return row is not None and (row.digest, row.used_in_period) != (receipt.digest, receipt.used_in_period)


@dataclass(frozen=True, slots=True)
class BilledDay:
    """A day of which billing says that it used this digest in a bill."""

    point_id: UUID
    day: date
    revision: int
    version: int
    digest: str
    time_zone: str
    supplier_code: str
    registers: SaidOfRegisters


async def to_be_marked(connection: AsyncConnection, *, limit: int) -> list[BilledDay]:
    """Return days to be marked that no other process has, by day and zone; they are kept until the transaction ends."""
    kept, told = LEDGER_RECEIPTS, LEDGER_REVISIONS
    keys = ("point_id", "day", "revision")
    own = (*kept.c[(*keys, "version", "digest")], *POINTS.c["time_zone", "supplier_code"])
    rows = await connection.execute(
        select(*own, *told.c[SaidOfRegisters._fields])
        .join(POINTS, POINTS.c.id == kept.c.point_id)
        .join(told, and_(*(told.c[name] == kept.c[name] for name in keys)))
        .where(kept.c.to_be_marked)
        .order_by(kept.c.day, POINTS.c.time_zone, kept.c.point_id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=kept)
    )
    names = [each.name for each in own]
    return [BilledDay(**{name: row[name] for name in names}, registers=said_in(row)) for row in rows.mappings()]


async def marked(connection: AsyncConnection, billed: Sequence[BilledDay]) -> None:
    """Remember that these have been dealt with."""
    if billed:
        await connection.execute(MARKED, _keys(billed))


def _keys(billed: Sequence[BilledDay]) -> dict[str, Sequence[object]]:
    return {
        "points": [each.point_id for each in billed],
        "days": [each.day for each in billed],
        "revisions": [each.revision for each in billed],
    }


async def shown_days(connection: AsyncConnection, point_id: UUID, *, first: date, last: date) -> list[ShownDay]:
    """Return the days of a point from `first` to `last`, both included, in order."""
    days, revision, receipt = LEDGER_DAYS, LEDGER_REVISIONS, LEDGER_RECEIPTS
    newest = and_(
        revision.c.point_id == days.c.point_id,
        revision.c.day == days.c.day,
        revision.c.revision == days.c.revision,
    )
    answered = and_(
        receipt.c.point_id == days.c.point_id, receipt.c.day == days.c.day, receipt.c.revision == days.c.revision
    )
    used = LEDGER_RECEIPTS.alias()
    billed = (
        select(used.c.revision.label("billed_revision"), used.c.used_in_period.label("billed_in_period"))
        .where(used.c.point_id == days.c.point_id, used.c.day == days.c.day)
        .where(used.c.used_in_period.is_not(None), used.c.state == "confirmed")
        .order_by(used.c.revision.desc())
        .limit(1)
        .lateral("billed")
    )
    rows = await connection.execute(
        select(
            *days.c["day", "revision"],
            *revision.c[REVISION_COLUMNS],
            receipt.c.state.label("receipt_state"),
            receipt.c.used_in_period.label("receipt_used_in_period"),
            receipt.c.received_at.label("receipt_received_at"),
            *billed.c["billed_revision", "billed_in_period"],
        )
        .select_from(days)
        .outerjoin(revision, newest)
        .outerjoin(receipt, answered)
        .outerjoin(billed, true())
        .where(days.c.point_id == point_id, days.c.day.between(first, last))
        .order_by(days.c.day)
    )
    return [ShownDay(**row) for row in rows.mappings()]
