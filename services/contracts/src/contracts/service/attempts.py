"""Counts attempts before anything is compared. A count outlives a refusal: it has a transaction of its own."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import TooMany
from common.logging import get_logger
from contracts.domain.attempts import AttemptSubject, AttemptWindow, LinkSubjects
from contracts.repository import attempts

log = get_logger(__name__)

LONGEST_WINDOW = timedelta(days=7)


async def count_attempt(connection: AsyncConnection, subject: AttemptSubject, *, now: datetime) -> None:
    """Count an attempt; commit it before the comparison. Raises TooMany if the subject has none left in its window."""
    _check(subject, await attempts.count_attempt(connection, subject, now=now), now=now)
    await _forget_old(connection, now=now)


async def count_link_attempt(
    connection: AsyncConnection,
    subjects: LinkSubjects,
    *,
    contract_id: UUID | None,
    linked_before: bool,
    now: datetime,
) -> None:
    """Count a try to link; commit it before the comparison. Raises TooMany.

    `linked_before`: the user has had this contract, so what strangers tried on it does not matter. `contract_id` is
    None for an unknown login.
    """
    for subject in (subjects.user, subjects.pair):
        _check(subject, await attempts.count_attempt(connection, subject, now=now), now=now)
    own = await attempts.count_attempt(connection, subjects.pair_while_guessed, now=now)
    tries = await attempts.count_attempt(connection, subjects.login, now=now)
    if tries.attempts > subjects.login.limit:
        if tries.attempts == subjects.login.limit + 1:
            log.warning("link.login_guessed", contract_id=str(contract_id), tries=tries.attempts)
        if not linked_before:
            _check(subjects.pair_while_guessed, own, now=now)
    await _forget_old(connection, now=now)


async def forgive_attempt(connection: AsyncConnection, subjects: Iterable[AttemptSubject]) -> None:
    """Take an attempt back whose login and password were right."""
    for subject in subjects:
        await attempts.forgive_attempt(connection, subject)


def _check(subject: AttemptSubject, counted: AttemptWindow, *, now: datetime) -> None:
    if counted.attempts > subject.limit:
        seconds = counted.retry_after_seconds(now=now, window=subject.window)
        raise TooMany("too many attempts", retry_after_seconds=seconds)


async def _forget_old(connection: AsyncConnection, *, now: datetime) -> None:
    # Last: it waits for no row, so it cannot deadlock with the counting of others.
    await attempts.forget_attempts(connection, before=now - LONGEST_WINDOW)
