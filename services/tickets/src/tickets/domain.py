"""What a ticket is. No framework, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

NEW = "new"


@dataclass(frozen=True, kw_only=True)
class Sight:
    """How a user sees a contract: with the right to write in its name or as a guest. The supplier is the contract's."""

    guest: bool
    supplier_code: str | None


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How many tickets a user may open within a span."""

    tickets: int
    within: timedelta


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What the author wrote. `phone` is as given."""

    email: str
    phone: str
    subject: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """A consumer's question to the supplier. `number` counts within the contract from 1, without gaps.

    `answer` is the supplier's last word.
    """

    ticket_id: UUID
    contract_id: UUID
    number: int
    author_id: UUID
    wording: Wording
    state: str
    answer: str | None
    version: int
    created_at: datetime
    changed_at: datetime
