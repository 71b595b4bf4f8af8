"""Counts attempts before anything is compared."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import TooMany
from contracts.domain.attempts import AttemptSubject
from contracts.repository import attempts


async def count_attempt(
    connection: AsyncConnection, subjects: Iterable[AttemptSubject], *, now: datetime, window: timedelta
) -> None:
    """Count an attempt; commit it before the comparison. Raises TooMany if a subject has none left in its window."""
    for subject in subjects:
        counted = await attempts.count_attempt(connection, subject, now=now, window=window)
        if counted.attempts > subject.limit:
            raise TooMany("too many attempts", retry_after_seconds=counted.retry_after_seconds(now=now, window=window))
    # Last: it waits for no row, so it cannot deadlock with the counting of others.
    await attempts.forget_attempts(connection, before=now - window)


async def forgive_attempt(connection: AsyncConnection, subjects: Iterable[AttemptSubject]) -> None:
    """Take an attempt back whose login and password were right."""
    for subject in subjects:
        await attempts.forgive_attempt(connection, subject)
