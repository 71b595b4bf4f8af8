"""What a supplier, a contract and a link are; limits on guessing. No framework, no clock."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Supplier:
    """A utility. `code` also names its topics."""

    code: str
    name: str
    phone: str | None
    email: str | None
    site: str | None


@dataclass(frozen=True, kw_only=True)
class Contract:
    """A supply contract. `version` rises with every change that others must learn of."""

    contract_id: UUID
    supplier_code: str
    number: str
    login: str
    password_hash: str
    version: int
    closed: bool


@dataclass(frozen=True, kw_only=True)
class LinkedContract:
    """A contract as one user sees it. `name` is the user's own."""

    contract_id: UUID
    name: str
    number: str
    supplier: Supplier
    linked_at: datetime


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


@dataclass(frozen=True, kw_only=True)
class RegisteredContract:
    """A contract as a registry file gives it."""

    contract_id: UUID
    supplier_code: str
    number: str
    login: str
    password: str
    closed: bool


@dataclass(frozen=True, kw_only=True)
class Registry:
    """What a registry file gives: suppliers, and contracts of these or of suppliers already known."""

    suppliers: tuple[Supplier, ...]
    contracts: tuple[RegisteredContract, ...]
