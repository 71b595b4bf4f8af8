"""Counters of attempts."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def count_failure(
    connection: AsyncConnection, subject: bytes, *, window_begins_at: datetime, now: datetime
) -> tuple[int, datetime]:
    """Count one failure before the check; return the failures of the present window and when it began."""
    row = (
        await connection.execute(
            text(
                "insert into login_attempts as a (subject, window_began_at, failures) values (:subject, :now, 1)"
                " on conflict (subject) do update set"
                " failures = case when a.window_began_at <= :begin then 1 else least(a.failures, 1000000) + 1 end,"
                " window_began_at = case when a.window_began_at <= :begin then :now else a.window_began_at end"
                " returning failures, window_began_at"
            ),
            {"subject": subject, "now": now, "begin": window_begins_at},
        )
    ).one()
    return row.failures, row.window_began_at


async def forget_failures(connection: AsyncConnection, subject: bytes) -> None:
    await connection.execute(text("delete from login_attempts where subject = :subject"), {"subject": subject})


async def take_failure_back(connection: AsyncConnection, subject: bytes) -> None:
    await connection.execute(
        text("update login_attempts set failures = failures - 1 where subject = :subject and failures > 0"),
        {"subject": subject},
    )
