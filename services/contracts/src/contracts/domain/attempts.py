"""Limits on guessing: whom an attempt counts against, and how long a full window lasts."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class AttemptSubject:
    """What attempts are counted against. The digest keeps what was typed into a login field out of the table."""

    scope: str
    digest: bytes
    limit: int


@dataclass(frozen=True, kw_only=True)
class AttemptWindow:
    """Attempts of one subject since `started_at`, the present one included."""

    attempts: int
    started_at: datetime

    def retry_after_seconds(self, *, now: datetime, window: timedelta) -> int:
        """Return when a full window ends, at least one second from now."""
        return max(1, int((self.started_at + window - now).total_seconds()) + 1)


def attempt_subjects(
    *, user_id: UUID, supplier_code: str, login: str, per_user: int, per_login: int
) -> tuple[AttemptSubject, ...]:
    """Return the two subjects of an attempt, always in the same order, so that parallel attempts never deadlock."""
    return (
        AttemptSubject(scope="user", digest=hashlib.sha256(user_id.bytes).digest(), limit=per_user),
        AttemptSubject(
            scope="login", digest=hashlib.sha256(f"{supplier_code}\n{login}".encode()).digest(), limit=per_login
        ),
    )


def invitation_subject(user_id: UUID, *, limit: int) -> AttemptSubject:
    """Return what a user's letters to others, and tries of tokens, count against."""
    return AttemptSubject(scope="invitation", digest=hashlib.sha256(user_id.bytes).digest(), limit=limit)
