"""How the links of meters changed over time. Never commits."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.gaps import LinkChange
from metering.tables import ENDPOINT_METERS, ENDPOINTS, METER_LINK_CHANGES

OK: Final = "ok"
# What a poller reads back at most if nothing else is said.
DEFAULT_MEMORY_DAYS: Final = 85


async def link_changes(
    connection: AsyncConnection, meter_ids: Sequence[UUID], *, since: datetime, until: datetime
) -> list[LinkChange]:
    """Return the changes of these meters' links within [since, until] in order of time, and what held at `since`."""
    former = METER_LINK_CHANGES.alias()
    held_since = (
        select(func.max(former.c.changed_at))
        .where(former.c.meter_id == METER_LINK_CHANGES.c.meter_id, former.c.changed_at <= since)
        .scalar_subquery()
    )
    rows = await connection.execute(
        select(METER_LINK_CHANGES)
        .where(METER_LINK_CHANGES.c.meter_id == func.any(literal(list(meter_ids), ARRAY(Uuid))))
        .where(METER_LINK_CHANGES.c.changed_at <= until)
        .where(METER_LINK_CHANGES.c.changed_at >= func.coalesce(held_since, since))
        .order_by(METER_LINK_CHANGES.c.changed_at, METER_LINK_CHANGES.c.meter_id)
    )
    return [
        LinkChange(row.meter_id, row.changed_at.astimezone(UTC).timestamp(), row.state != OK, row.error_code)
        for row in rows
    ]


async def memory_days(connection: AsyncConnection, meter_ids: Sequence[UUID]) -> int:
    """Return how many days the memory of these meters is read back at most."""
    found = await connection.scalar(
        select(func.max(ENDPOINTS.c.history_days))
        .join(ENDPOINT_METERS, ENDPOINT_METERS.c.endpoint_id == ENDPOINTS.c.id)
        .where(ENDPOINT_METERS.c.meter_id == func.any(literal(list(meter_ids), ARRAY(Uuid))))
    )
    return DEFAULT_MEMORY_DAYS if found is None else int(found)
