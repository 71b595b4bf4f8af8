"""What the supplier's billing says of a contract: balances, charges, payments. The portal computes no debt itself.

A document is known by its id at the supplier. Every version is kept; the highest counts, and one that is annulled
counts as nothing. Credit is positive, debt negative.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID


class LineKind(str, Enum):
    """What a line of a charge is for."""

    ENERGY = "energy"
    RECALCULATION = "recalculation"
    PENALTY = "penalty"
    BENEFIT = "benefit"
    SERVICE = "service"
    OTHER = "other"


class PaymentStatus(str, Enum):
    """Where a payment stands at the supplier."""

    PENDING = "pending"
    CREDITED = "credited"
    RETURNED = "returned"


@dataclass(frozen=True, kw_only=True)
class Document:
    """What every document has. `content_sha256` tells a repeat of a version from another content under it."""

    supplier_code: str
    document_id: str
    version: int
    contract_id: UUID
    content_sha256: bytes
    annulled: bool
    amount: Decimal
    currency: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Balance(Document):
    """What the contract stood at, at an instant."""

    as_of: datetime


@dataclass(frozen=True, kw_only=True)
class ChargeLine:
    """One line of a charge. `refers_to` is the first day of the period that a recalculation corrects."""

    kind: LineKind
    title: str
    zone: str | None
    quantity: Decimal | None
    unit: str | None
    price: Decimal | None
    amount: Decimal
    refers_to: date | None
    note: str | None


@dataclass(frozen=True, kw_only=True)
class Charge(Document):
    """A bill for one period, which begins on `period`. The last three are the supplier's word, not computed here."""

    period: date
    due_on: date | None
    issued_at: datetime
    lines: tuple[ChargeLine, ...]
    opening_balance: Decimal | None = None
    paid: Decimal | None = None
    total_due: Decimal | None = None

    def sum_of(self, *kinds: LineKind) -> Decimal | None:
        """Return what the lines of these kinds add up to, or None if the bill came without lines."""
        if not self.lines:
            return None
        return sum((line.amount for line in self.lines if line.kind in kinds), Decimal("0.00"))


@dataclass(frozen=True, kw_only=True)
class Payment(Document):
    """A payment as the supplier booked it. `agent` is through whom it came."""

    paid_at: datetime
    period: date | None
    agent: str | None
    status: PaymentStatus
