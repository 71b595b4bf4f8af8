"""Bill runs: taking over the cut-off of a period, which billing's inbox or an operator says. Never commits."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import Conflict, Rejected
from common.logging import get_logger
from metering.domain.settlement import FIRST_PERIOD, LAST_PERIOD, period_of
from metering.errors import InvalidPeriod
from metering.repository import bill_runs
from metering.repository.bill_runs import BillRun

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)

log = get_logger(__name__)


async def announce(
    connection: AsyncConnection,
    supplier_code: str,
    *,
    period: date,
    cut_off_at: datetime | None,
    version: int | None,
    document_id: str,
    announced_by: UUID | None,
    announced_at: datetime,
) -> BillRun:
    """Take a cut-off over and return the version that counts now. None as `version` is the next one.

    A repeat and an older version change nothing. Raises InvalidPeriod, with code `invalid_instant` if it is the
    cut-off; Rejected with code `version_differs` if this version came with another content before; and Conflict with
    code `cut_off_passed` if revisions have been told already that they belong to a period to which they would not.
    """
    if period != period_of(period) or not FIRST_PERIOD <= period <= LAST_PERIOD:
        raise InvalidPeriod(f"{period} is not the first day of a month")
    if cut_off_at is not None and not EARLIEST <= cut_off_at < LATEST:
        raise InvalidPeriod(f"{cut_off_at.isoformat()} is of another century", code="invalid_instant")
    await bill_runs.lock_to_announce(connection)
    known = await bill_runs.newest(connection, supplier_code, period)
    former = None if known is None else known.cut_off_at
    if known is not None and version is not None and version <= known.version:
        if version == known.version and cut_off_at != former:
            raise Rejected("this version came with another content before", code="version_differs")
        return known
    if cut_off_at != former and await bill_runs.is_contradicted(
        connection, supplier_code, period, before=former, after=cut_off_at
    ):
        raise Conflict("revisions were told already to which period they belong", code="cut_off_passed")
    run = BillRun(
        supplier_code=supplier_code,
        period=period,
        version=version if version is not None else 1 if known is None else known.version + 1,
        cut_off_at=cut_off_at,
        document_id=document_id,
        announced_by=announced_by,
        announced_at=announced_at,
    )
    await bill_runs.add(connection, run)
    log.info("bill_run.announced", supplier=supplier_code, period=period.isoformat(), version=run.version)
    return run
