"""What a supplier sends: the one topic that its billing system writes. Change it only with a new version."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field

from common.kafka.topic import Message, Topic
from topics.poller import Sha256, Utc
from topics.supplier import checked_code

Identifier = Annotated[str, Meta(min_length=1, max_length=100)]
Short = Annotated[str, Meta(min_length=1, max_length=200)]
Note = Annotated[str, Meta(min_length=1, max_length=1_000)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]

LineKind = Literal["energy", "recalculation", "penalty", "benefit", "service", "other"]
PaymentStatus = Literal["pending", "credited", "returned"]

MAX_LINES = 500


class ContractTerms(Message, frozen=True, kw_only=True, tag_field="kind", tag="contract"):
    """A contract's login, password and state; the newest version replaces all of it.

    The password never travels: `password_argon2id` is its encoded hash, argon2id with m=19456, t=2, p=1, as it
    begins `$argon2id$v=19$m=19456,t=2,p=1$`. Send the same text while the password is the same: another one
    revokes the links. Null leaves what is there.
    """

    login: Annotated[str, Meta(min_length=1, max_length=100)]
    password_argon2id: Annotated[str, Meta(max_length=200)] | None = None
    closed: bool = False


class BalanceStatement(Message, frozen=True, kw_only=True, tag_field="kind", tag="balance"):
    """What the contract stood at, at an instant. Credit is positive, debt negative; two decimals."""

    amount: Decimal
    currency: Currency
    as_of: Utc
    annulled: bool = False


class BillLine(Message, frozen=True, kw_only=True):
    """One line of a bill.

    `quantity` and `price` have up to six decimals. `refers_to` is the first day of the period that a recalculation
    corrects.
    """

    kind: LineKind
    title: Short
    amount: Decimal
    zone: Short | None = None
    quantity: Decimal | None = None
    unit: Short | None = None
    price: Decimal | None = None
    refers_to: date | None = None
    note: Note | None = None


class Bill(Message, frozen=True, kw_only=True, tag_field="kind", tag="charge"):
    """A bill for the period that begins on `period`. The lines' amounts sum up to `amount`.

    What stands on the bill besides, each left out or null where the bill does not say it: `opening_balance` at the
    beginning of the period (credit positive, debt negative), `paid` within it, `total_due` (to be paid positive).
    """

    period: date
    amount: Decimal
    currency: Currency
    issued_at: Utc
    lines: Annotated[list[BillLine], Meta(max_length=MAX_LINES)]
    due_on: date | None = None
    annulled: bool = False
    # Unset rather than null: a bill that was sent before there were these fields keeps its digest.
    opening_balance: Decimal | UnsetType | None = UNSET
    paid: Decimal | UnsetType | None = UNSET
    total_due: Decimal | UnsetType | None = UNSET


class PaymentNotice(Message, frozen=True, kw_only=True, tag_field="kind", tag="payment"):
    """A payment as booked."""

    amount: Decimal
    currency: Currency
    paid_at: Utc
    status: PaymentStatus
    period: date | None = None
    agent: Short | None = None
    annulled: bool = False


class DayReceipt(Message, frozen=True, kw_only=True, tag_field="kind", tag="day_receipt"):
    """A revision of a day is in the supplier's books: `digest` as computed there, from its own half hours.

    `used_in_period` is the first day of the period in whose bill it was used; null until then.
    """

    point_id: UUID
    day: date
    revision: Annotated[int, Meta(gt=0, lt=2**31)]
    digest: Sha256
    used_in_period: date | None = None


class BillRun(Message, frozen=True, kw_only=True, tag_field="kind", tag="bill_run"):
    """The bills of the period that begins on `period` use what was known before `cut_off_at`.

    It is of all contracts: `contract_number` is `*`. There is one for a period; the highest version of it counts,
    whatever its `document_id`. A version that contradicts what revisions have been told already is refused: so send
    it before its instant.
    """

    period: date
    cut_off_at: Utc
    annulled: bool = False


class PlannedOutage(Message, frozen=True, kw_only=True, tag_field="kind", tag="planned_outage"):
    """Supply will be off by plan in [starts_at, ends_at).

    It concerns the points of the contract; with the number `*` those of all contracts, and then `points` or `address`
    must say which. `points` are numbers of points. `address` is that of a point or its beginning, up to the end of a
    word: a street or a house. One that means no point of an open contract is refused. `annulled` calls it off.
    """

    starts_at: Utc
    ends_at: Utc
    reason: Note
    points: Annotated[list[Identifier], Meta(max_length=1_000)] = field(default_factory=list)
    address: Short | None = None
    annulled: bool = False


class SupplierDocument(Message, frozen=True, kw_only=True):
    """One document of the supplier about one contract, or with the number `*` about all of them.

    `document_id` is the supplier's own, and unique among its documents of a kind; for `contract` the contract's
    number tells it. For each document the highest `version` counts, in whatever order they come; an equal one is a
    repeat and must be equal to the last byte. `annulled` takes a document back.
    """

    contract_number: Annotated[str, Meta(min_length=1, max_length=50)]
    document_id: Identifier
    version: Annotated[int, Meta(ge=1, lt=2**53)]
    body: ContractTerms | BalanceStatement | Bill | PaymentNotice | DayReceipt | BillRun | PlannedOutage


def supplier_inbox(code: str) -> Topic[SupplierDocument]:
    """Return the topic that the supplier with this code writes."""
    return Topic(
        name=f"supplier-{checked_code(code)}-inbox-v1",
        message=SupplierDocument,
        key=lambda message: message.contract_number,
        owner=f"supplier-{code}",
        readers=("contracts", "metering"),
        description="What the supplier sends: contracts, balances, charges, payments, receipts of days, bill runs, "
        "planned outages.",
        retention_hours=90 * 24,
    )
