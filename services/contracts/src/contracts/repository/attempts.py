"""Attempts in their windows."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.domain.attempts import AttemptSubject, AttemptWindow


async def count_attempt(connection: AsyncConnection, subject: AttemptSubject, *, now: datetime) -> AttemptWindow:
    """Count one attempt against a subject; a window that has passed begins anew."""
    rows = await connection.execute(
        text(
            "insert into link_attempts (scope, digest, attempts, started_at) values (:scope, :digest, 1, :now)"
            " on conflict (scope, digest) do update set"
            " attempts = case when link_attempts.started_at <= :expired then 1 else link_attempts.attempts + 1 end,"
            " started_at = case when link_attempts.started_at <= :expired then :now"
            " else link_attempts.started_at end"
            " returning attempts, started_at"
        ),
        {"scope": subject.scope, "digest": subject.digest, "now": now, "expired": now - subject.window},
    )
    row = rows.one()
    return AttemptWindow(attempts=row.attempts, started_at=row.started_at)


async def forgive_attempt(connection: AsyncConnection, subject: AttemptSubject) -> None:
    """Take back one counted attempt."""
    await connection.execute(
        text(
            "update link_attempts set attempts = attempts - 1"
            " where scope = :scope and digest = :digest and attempts > 0"
        ),
        {"scope": subject.scope, "digest": subject.digest},
    )


async def forget_attempts(connection: AsyncConnection, *, before: datetime) -> None:
    """Delete some windows that began before an instant; rows in use are left for the next time."""
    await connection.execute(
        text(
            "delete from link_attempts where ctid in (select ctid from link_attempts"
            " where started_at <= :before limit 100 for update skip locked)"
        ),
        {"before": before},
    )
