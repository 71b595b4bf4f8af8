"""Balance, charges, payments. Money is a string of a decimal number, beside its currency (ISO 4217)."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field, PlainSerializer

from contracts.domain import ledger as domain
from contracts.domain.ledger import LineKind, PaymentStatus

# One form everywhere: no exponent, no digits that say nothing.
Decimals = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value:f}", return_type=str),
    Field(json_schema_extra={"format": "decimal"}),
]


class Amount(BaseModel):
    """What a contract stood at. Credit is positive, debt negative."""

    amount: Decimals
    currency: str
    as_of: datetime


class Balance(BaseModel):
    """`balance` is null while the supplier has sent none."""

    balance: Amount | None

    @classmethod
    def of(cls, balance: domain.Balance | None) -> "Balance":
        if balance is None:
            return cls(balance=None)
        return cls(balance=Amount(amount=balance.amount, currency=balance.currency, as_of=balance.as_of))


class ChargeLine(BaseModel):
    """One line of a charge; `refers_to` is the period that a recalculation corrects, by its first day."""

    kind: LineKind
    title: str
    zone: str | None
    quantity: Decimals | None
    unit: str | None
    price: Decimals | None
    amount: Decimals
    refers_to: date | None
    note: str | None

    @classmethod
    def of(cls, line: domain.ChargeLine) -> "ChargeLine":
        return cls(
            kind=line.kind,
            title=line.title,
            zone=line.zone,
            quantity=_plain(line.quantity),
            unit=line.unit,
            price=_plain(line.price),
            amount=line.amount,
            refers_to=line.refers_to,
            note=line.note,
        )


class Charge(BaseModel):
    """A bill; `period` is the first day of what it is for."""

    document_id: str
    period: date
    amount: Decimals
    currency: str
    due_on: date | None
    issued_at: datetime
    lines: list[ChargeLine]

    @classmethod
    def of(cls, charge: domain.Charge) -> "Charge":
        return cls(
            document_id=charge.document_id,
            period=charge.period,
            amount=charge.amount,
            currency=charge.currency,
            due_on=charge.due_on,
            issued_at=charge.issued_at,
            lines=[ChargeLine.of(line) for line in charge.lines],
        )


class ChargePage(BaseModel):
    items: list[Charge]
    next_cursor: str | None


class BillSums(BaseModel):
    """What a bill sums up to; null is what the supplier has not said.

    `charged` (energy, services and other), `recalculated`, `benefits` and `penalty` are of the lines, and their sum is
    the charge's amount. `opening_balance` (credit positive, debt negative), `paid` and `total_due` are the supplier's
    word; the portal computes no debt.
    """

    opening_balance: Decimals | None
    charged: Decimals | None
    recalculated: Decimals | None
    benefits: Decimals | None
    penalty: Decimals | None
    paid: Decimals | None
    total_due: Decimals | None

    @classmethod
    def of(cls, charge: domain.Charge) -> "BillSums":
        return cls(
            opening_balance=charge.opening_balance,
            charged=charge.sum_of(LineKind.ENERGY, LineKind.SERVICE, LineKind.OTHER),
            recalculated=charge.sum_of(LineKind.RECALCULATION),
            benefits=charge.sum_of(LineKind.BENEFIT),
            penalty=charge.sum_of(LineKind.PENALTY),
            paid=charge.paid,
            total_due=charge.total_due,
        )


class Payment(BaseModel):
    """A payment as the supplier booked it."""

    document_id: str
    amount: Decimals
    currency: str
    paid_at: datetime
    period: date | None
    agent: str | None
    status: PaymentStatus

    @classmethod
    def of(cls, payment: domain.Payment) -> "Payment":
        return cls(
            document_id=payment.document_id,
            amount=payment.amount,
            currency=payment.currency,
            paid_at=payment.paid_at,
            period=payment.period,
            agent=payment.agent,
            status=payment.status,
        )


class PaymentPage(BaseModel):
    items: list[Payment]
    next_cursor: str | None


class Bill(BaseModel):
    """One bill as it goes on paper. `payments` are the first hundred that name its period."""

    charge: Charge
    sums: BillSums
    payments: list[Payment]

    @classmethod
    def of(cls, charge: domain.Charge, payments: Sequence[domain.Payment]) -> "Bill":
        return cls(
            charge=Charge.of(charge),
            sums=BillSums.of(charge),
            payments=[Payment.of(payment) for payment in payments],
        )


def _plain(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.normalize()
