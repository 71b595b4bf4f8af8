"""Which alarms have been told, so that looking again tells none of them again. Never commits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.tables import ALARMS_TOLD


async def is_news(connection: AsyncConnection, alarm_id: UUID, *, told_at: datetime) -> bool:
    """Remember an alarm, and say whether it was not known."""
    statement = insert(ALARMS_TOLD).values(alarm_id=alarm_id, told_at=told_at).on_conflict_do_nothing()
    return bool((await connection.execute(statement)).rowcount)
