"""Bill runs: what each supplier announced, and whether that contradicts what revisions were told. Never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.settlement import CutOffs, next_period
from metering.tables import BILL_RUNS

ADVISORY_LOCK: Final = 0x62696C6C  # "bill"
CONTRADICTED: Final = text(
    """
    select exists (
        select from ledger_revisions join points on points.id = ledger_revisions.point_id
        where points.supplier_code = :supplier_code
            and ledger_revisions.lands_in_period >= :period and ledger_revisions.day < :next_period
            and ledger_revisions.closed_at >= least(cast(:one as timestamptz), cast(:other as timestamptz))
            and ledger_revisions.closed_at < coalesce(cast(:upper as timestamptz), 'infinity')
    )
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRun:
    """One version of a period's cut-off; None takes the run back. `announced_by` is an operator, if it was one."""

    supplier_code: str
    period: date
    version: int
    cut_off_at: datetime | None
    document_id: str
    announced_by: UUID | None
    announced_at: datetime


async def lock_to_announce(connection: AsyncConnection) -> None:
    """Wait until no revision is being added, and let none be until this transaction ends."""
    await connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))


async def newest(connection: AsyncConnection, supplier_code: str, period: date) -> BillRun | None:
    """Return the version that counts."""
    rows = await connection.execute(
        select(BILL_RUNS)
        .where(BILL_RUNS.c.supplier_code == supplier_code, BILL_RUNS.c.period == period)
        .order_by(BILL_RUNS.c.version.desc())
        .limit(1)
    )
    row = rows.mappings().one_or_none()
    return None if row is None else BillRun(**row)


async def is_contradicted(
    connection: AsyncConnection, supplier_code: str, period: date, *, before: datetime | None, after: datetime | None
) -> bool:
    """Say whether a revision was told another period than it would be if the cut-off moved so. None is never."""
    found = await connection.scalar(
        CONTRADICTED,
        {
            "supplier_code": supplier_code,
            "period": period,
            "next_period": next_period(period),
            "one": before,
            "other": after,
            "upper": None if before is None or after is None else max(before, after),
        },
    )
    return bool(found)


async def add(connection: AsyncConnection, run: BillRun) -> None:
    await connection.execute(insert(BILL_RUNS).values({name: getattr(run, name) for name in BillRun.__slots__}))


async def runs_of(connection: AsyncConnection, supplier_code: str, *, before: date | None, limit: int) -> list[BillRun]:
    """Return the versions that count, newest period first, of periods before `before` if that is given."""
    query = select(BILL_RUNS).ext(distinct_on(BILL_RUNS.c.period)).where(BILL_RUNS.c.supplier_code == supplier_code)
    if before is not None:
        query = query.where(BILL_RUNS.c.period < before)
    rows = await connection.execute(query.order_by(BILL_RUNS.c.period.desc(), BILL_RUNS.c.version.desc()).limit(limit))
    return [BillRun(**row) for row in rows.mappings()]


async def cut_offs(connection: AsyncConnection, supplier_codes: Sequence[str]) -> dict[str, CutOffs]:
    """Return the cut-offs by supplier. Until the transaction ends none is announced."""
    await connection.execute(select(func.pg_advisory_xact_lock_shared(ADVISORY_LOCK)))
    rows = await connection.execute(
        select(*BILL_RUNS.c["supplier_code", "period", "cut_off_at"])
        .ext(distinct_on(BILL_RUNS.c.supplier_code, BILL_RUNS.c.period))
        .where(BILL_RUNS.c.supplier_code.in_(supplier_codes))
        .order_by(BILL_RUNS.c.supplier_code, BILL_RUNS.c.period, BILL_RUNS.c.version.desc())
    )
    found: dict[str, dict[date, datetime]] = {code: {} for code in supplier_codes}
    for row in rows:
        if row.cut_off_at is not None:
            found[row.supplier_code][row.period] = row.cut_off_at
    return dict(found)
