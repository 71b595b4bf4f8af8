"""Receipts of days, and the days with their newest revision and receipt as they are shown. Never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.tables import LEDGER_DAYS, LEDGER_RECEIPTS, LEDGER_REVISIONS, POINTS
from topics.inbox import DayReceipt

REVISION_COLUMNS: Final = (
    *("digest", "state", "reason", "closed_at", "slots_expected", "slots_received", "slots_valid", "slots_estimated"),
    *("slots_missing", "sums_wh", "register_differences_wh", "residuals_wh", "tolerances_wh", "verdict", "cause"),
)


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
    receipt_state: str | None
    receipt_used_in_period: date | None
    receipt_received_at: datetime | None


async def published_digest(connection: AsyncConnection, supplier_code: str, receipt: DayReceipt) -> str | None:
    """Return the digest of the revision of which a receipt tells; None if the supplier was never told of it."""
    revision = LEDGER_REVISIONS
    found: str | None = await connection.scalar(
        select(revision.c.digest)
        .join(POINTS, POINTS.c.id == revision.c.point_id)
        .where(POINTS.c.supplier_code == supplier_code, revision.c.point_id == receipt.point_id)
        .where(revision.c.day == receipt.day, revision.c.revision == receipt.revision)
    )
    return found


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
    }
    statement = insert(LEDGER_RECEIPTS).values(row)
    kept = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["point_id", "day", "revision"],
            set_={name: statement.excluded[name] for name in row},
            where=statement.excluded.version > LEDGER_RECEIPTS.c.version,
        )
    )
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
    rows = await connection.execute(
        select(
            *days.c["day", "revision"],
            *revision.c[REVISION_COLUMNS],
            receipt.c.state.label("receipt_state"),
            receipt.c.used_in_period.label("receipt_used_in_period"),
            receipt.c.received_at.label("receipt_received_at"),
        )
        .select_from(days)
        .outerjoin(revision, newest)
        .outerjoin(receipt, answered)
        .where(days.c.point_id == point_id, days.c.day.between(first, last))
        .order_by(days.c.day)
    )
    return [ShownDay(**row) for row in rows.mappings()]
