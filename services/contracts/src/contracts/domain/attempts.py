"""Limits on guessing: whom an attempt counts against, and how long a full window lasts.

A stranger's wrong tries must never keep out whoever has the right password: docs/architecture/contracts.md, "Limits".
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

Digest = Callable[..., bytes]  # a keyed one of the joined parts: contracts.secret_keys.TokenKey.subject_hmac


@dataclass(frozen=True, kw_only=True)
class AttemptSubject:
    """What attempts are counted against. The digest keeps what was typed into a login field out of the table."""

    scope: str
    digest: bytes
    limit: int
    window: timedelta


@dataclass(frozen=True, kw_only=True)
class AttemptWindow:
    """Attempts of one subject since `started_at`, the present one included."""

    attempts: int
    started_at: datetime

    def retry_after_seconds(self, *, now: datetime, window: timedelta) -> int:
        """Return when a full window ends, at least one second from now."""
        return max(1, int((self.started_at + window - now).total_seconds()) + 1)


@dataclass(frozen=True, kw_only=True)
class LinkLimits:
    """How many tries a user has, on any login and on one; how many all users together have on one login.

    When these are used up the login is being guessed: then each user who never linked it has
    `per_pair_while_guessed` tries on it in the login's window, and nobody's right password is refused for others'
    wrong ones.
    """

    per_user: int
    per_pair: int
    window: timedelta
    per_login: int
    per_pair_while_guessed: int
    login_window: timedelta


@dataclass(frozen=True, kw_only=True)
class LinkSubjects:
    """The subjects of one try to link, counted in this order, so that parallel tries never deadlock."""

    user: AttemptSubject
    pair: AttemptSubject
    pair_while_guessed: AttemptSubject
    login: AttemptSubject

    def all(self) -> tuple[AttemptSubject, ...]:
        return (self.user, self.pair, self.pair_while_guessed, self.login)


def link_subjects(
    *, user_id: UUID, supplier_code: str, login: str, password_hash: str | None, limits: LinkLimits, digest: Digest
) -> LinkSubjects:
    """Return what a try counts against. Counts of a login belong to its present password: with another they are new.

    `password_hash` is None for an unknown login, which is counted like a known one.
    """
    secret = f"{supplier_code}\n{login}\n{password_hash or ''}".encode()
    pair = digest(user_id.bytes, secret)
    return LinkSubjects(
        user=AttemptSubject(scope="user", digest=digest(user_id.bytes), limit=limits.per_user, window=limits.window),
        pair=AttemptSubject(scope="pair", digest=pair, limit=limits.per_pair, window=limits.window),
        pair_while_guessed=AttemptSubject(
            scope="guessed", digest=pair, limit=limits.per_pair_while_guessed, window=limits.login_window
        ),
        login=AttemptSubject(scope="login", digest=digest(secret), limit=limits.per_login, window=limits.login_window),
    )


def login_digest(*, user_id: UUID, supplier_code: str, login: str, digest: Digest) -> bytes:
    """Return what tells a user's tries on one login from those on another."""
    return digest(user_id.bytes, f"{supplier_code}\n{login}".encode())


def invitation_subject(user_id: UUID, *, limit: int, window: timedelta, digest: Digest) -> AttemptSubject:
    """Return what a user's letters to others, and tries of tokens, count against."""
    return AttemptSubject(scope="invitation", digest=digest(user_id.bytes), limit=limit, window=window)


def recipient_subject(email: str, *, limit: int, window: timedelta, digest: Digest) -> AttemptSubject:
    """Return what a letter to an address counts against, whoever asks for it. Case makes no other mailbox."""
    return AttemptSubject(scope="recipient", digest=digest(email.casefold().encode()), limit=limit, window=window)
