"""Takes the supplier's documents over: any number of times and in any order the store ends the same."""

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import Busy, Rejected
from contracts.domain.contracts import Contract, is_portals_hash
from contracts.domain.imports import DocumentFault
from contracts.domain.ledger import Balance, Charge, ChargeLine, Document, LineKind, Payment, PaymentStatus
from contracts.repository import contracts, ledger
from contracts.service.store import store
from topics.inbox import (
    BalanceStatement,
    Bill,
    BillRun,
    ContractTerms,
    DayReceipt,
    PaymentNotice,
    PlannedOutage,
    SupplierDocument,
)

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
MONEY_DECIMALS, MONEY_LIMIT = 2, Decimal(10**12)
BILL_SUMS = ("opening_balance", "paid", "total_due")
QUANTITY_DECIMALS, QUANTITY_LIMIT = 6, Decimal(10**12)


async def take(connection: AsyncConnection, supplier_code: str, document: SupplierDocument, *, now: datetime) -> None:
    """Take one document over. A repeat and an older version of a contract change nothing.

    Raises Rejected with code `unknown_contract`, `login_taken`, `invalid_hash`, `invalid_amount`, `invalid_instant`,
    `invalid_text`, `lines_do_not_add_up`, `version_differs` or `document_of_another_contract`.
    """
    if isinstance(document.body, DayReceipt | BillRun | PlannedOutage):  # metering's
        return
    _check_texts(document)
    if isinstance(document.body, ContractTerms):
        await _take_contract(connection, supplier_code, document, document.body, now=now)
    else:
        await _take_entry(connection, supplier_code, document, document.body, now=now)


async def take_all(
    connection: AsyncConnection, supplier_code: str, documents: Sequence[SupplierDocument], *, now: datetime
) -> list[DocumentFault]:
    """Take documents over in their order; return what is wrong with which. Roll back if there is anything."""
    await contracts.lock_supplier(connection, supplier_code)
    faults: list[DocumentFault] = []
    for position, document in enumerate(documents):
        try:
            async with connection.begin_nested():
                await take(connection, supplier_code, document, now=now)
        except Rejected as error:
            fault = DocumentFault(
                position=position, document_id=document.document_id, code=error.code, message=error.detail
            )
            faults.append(fault)
    return faults


async def _take_contract(
    connection: AsyncConnection, supplier_code: str, document: SupplierDocument, terms: ContractTerms, *, now: datetime
) -> None:
    if terms.password_argon2id is not None and not is_portals_hash(terms.password_argon2id):
        raise Rejected("the hash is not argon2id with the portal's parameters", code="invalid_hash")
    await contracts.lock_supplier(connection, supplier_code)
    known = await contracts.lock_numbers(connection, supplier_code, [document.contract_number])
    former = known.get(document.contract_number)
    if former is not None:
        version = await contracts.inbox_version(connection, former.contract_id)
        if version is not None and document.version <= version:
            return
    wanted = Contract(
        contract_id=former.contract_id if former else uuid4(),
        supplier_code=supplier_code,
        number=document.contract_number,
        login=terms.login,
        password_hash=terms.password_argon2id or (former.password_hash if former else None),
        version=former.version if former else 1,
        closed=terms.closed,
    )
    if await contracts.contracts_in_the_way(connection, [wanted]):
        raise Rejected("another contract of the supplier has this login", code="login_taken")
    await store(connection, wanted, former, now=now)
    await contracts.put_inbox_version(connection, wanted.contract_id, document.version)


async def _take_entry(
    connection: AsyncConnection,
    supplier_code: str,
    document: SupplierDocument,
    body: BalanceStatement | Bill | PaymentNotice,
    *,
    now: datetime,
) -> None:
    known = await contracts.lock_numbers(connection, supplier_code, [document.contract_number])
    if document.contract_number not in known:
        raise Rejected("the supplier has sent no such contract", code="unknown_contract")
    entry = _entry(known[document.contract_number], document, body, now=now)
    versions = await ledger.versions(connection, type(entry), supplier_code, document.document_id)
    if any(contract_id != entry.contract_id for contract_id, _ in versions.values()):
        raise Rejected("the document belongs to another contract", code="document_of_another_contract")
    if entry.version in versions:
        if versions[entry.version][1] != entry.content_sha256:
            raise Rejected("this version came with another content before", code="version_differs")
        return
    if not await ledger.add_document(connection, entry):
        raise Busy("the same document is being taken over elsewhere")


def _entry(
    contract: Contract, document: SupplierDocument, body: BalanceStatement | Bill | PaymentNotice, *, now: datetime
) -> Document:
    shared: dict[str, Any] = {
        "supplier_code": contract.supplier_code,
        "document_id": document.document_id,
        "version": document.version,
        "contract_id": contract.contract_id,
        "content_sha256": content_sha256(body),
        "annulled": body.annulled,
        "amount": _money(body.amount),
        "currency": body.currency,
        "received_at": now,
    }
    if isinstance(body, BalanceStatement):
        return Balance(**shared, as_of=_instant(body.as_of))
    if isinstance(body, PaymentNotice):
        return Payment(
            **shared,
            paid_at=_instant(body.paid_at),
            period=body.period,
            agent=body.agent,
            status=PaymentStatus(body.status),
        )
    lines = tuple(_lines(body))
    if lines and sum(line.amount for line in lines) != body.amount:
        raise Rejected("the lines do not add up to the amount", code="lines_do_not_add_up")
    return Charge(
        **shared,
        period=body.period,
        due_on=body.due_on,
        issued_at=_instant(body.issued_at),
        lines=lines,
        opening_balance=_stated(body.opening_balance),
        paid=_stated(body.paid),
        total_due=_stated(body.total_due),
    )


def content_sha256(body: BalanceStatement | Bill | PaymentNotice) -> bytes:
    """Return what tells a repeat from another content. A bill's sums that are left out and null say the same."""
    if isinstance(body, Bill):
        unsaid = {name: msgspec.UNSET for name in BILL_SUMS if getattr(body, name) is None}
        body = msgspec.structs.replace(body, **unsaid)
    return hashlib.sha256(msgspec.json.encode(body)).digest()


def _lines(bill: Bill) -> Iterator[ChargeLine]:
    for line in bill.lines:
        yield ChargeLine(
            kind=LineKind(line.kind),
            title=line.title,
            zone=line.zone,
            quantity=_number(line.quantity, decimals=QUANTITY_DECIMALS, limit=QUANTITY_LIMIT),
            unit=line.unit,
            price=_number(line.price, decimals=QUANTITY_DECIMALS, limit=QUANTITY_LIMIT),
            amount=_money(line.amount),
            refers_to=line.refers_to,
            note=line.note,
        )


def _money(amount: Decimal) -> Decimal:
    _number(amount, decimals=MONEY_DECIMALS, limit=MONEY_LIMIT)
    return amount


def _stated(amount: Decimal | msgspec.UnsetType | None) -> Decimal | None:
    return None if amount is msgspec.UNSET or amount is None else _money(amount)


def _number(value: Decimal | None, *, decimals: int, limit: Decimal) -> Decimal | None:
    """Return a value that the store keeps as it is. Raises Rejected with code `invalid_amount` for any other."""
    if value is None:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or not -decimals <= exponent <= 0 or abs(value) >= limit:
        raise Rejected(f"an amount has more than {decimals} decimals, or no store holds it", code="invalid_amount")
    return value


def _instant(at: datetime) -> datetime:
    if not EARLIEST <= at < LATEST:
        raise Rejected("an instant is not of this century", code="invalid_instant")
    return at


def _check_texts(document: SupplierDocument) -> None:
    """Raise Rejected for control characters: no screen shows them, and the store refuses some."""
    if any(unicodedata.category(character) in {"Cc", "Cs"} for text in _texts(document) for character in text):
        raise Rejected("a text holds control characters", code="invalid_text")


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for item in part:
            yield from _texts(item)
    elif isinstance(part, msgspec.Struct):
        for name in part.__struct_fields__:
            yield from _texts(getattr(part, name))
