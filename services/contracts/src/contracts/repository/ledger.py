"""Balances, charges and payments: rows are only added; a reading takes the highest version of each document."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.domain.ledger import Balance, Charge, ChargeLine, Document, LineKind, Payment, PaymentStatus

_TABLES: dict[type[Document], str] = {Balance: "balances", Charge: "charges", Payment: "payments"}
_STATED = ("opening_balance", "paid", "total_due")
_OWN: dict[type[Document], tuple[str, ...]] = {
    Balance: ("as_of",),
    Charge: ("period", "due_on", "issued_at", *_STATED),
    Payment: ("paid_at", "period", "agent", "status"),
}
_SHARED = (
    "supplier_code", "document_id", "version", "contract_id", "content_sha256", "annulled", "amount", "currency",
    "received_at",
)  # fmt: skip
_LINE = ("kind", "title", "zone", "quantity", "unit", "price", "amount", "refers_to", "note")


async def add_document(connection: AsyncConnection, document: Document) -> bool:
    """Add one version of a document; return False, changing nothing, if it is there already."""
    columns = (*_SHARED, *_OWN[type(document)])
    added = await connection.execute(
        text(
            f"insert into {_TABLES[type(document)]} ({', '.join(columns)})"  # noqa: S608 -- names of this module
            f" values ({', '.join(f':{column}' for column in columns)})"
            " on conflict (supplier_code, document_id, version) do nothing"
        ),
        {column: getattr(document, column) for column in columns},
    )
    if isinstance(document, Charge) and added.rowcount == 1 and document.lines:
        await _add_lines(connection, document)
    return added.rowcount == 1


async def versions(
    connection: AsyncConnection, kind: type[Document], supplier_code: str, document_id: str
) -> dict[int, tuple[UUID, bytes]]:
    """Return contract and digest of each known version of a document."""
    rows = await connection.execute(
        text(
            f"select version, contract_id, content_sha256 from {_TABLES[kind]}"  # noqa: S608 -- a name of this module
            " where supplier_code = :supplier_code and document_id = :document_id"
        ),
        {"supplier_code": supplier_code, "document_id": document_id},
    )
    return {row.version: (row.contract_id, bytes(row.content_sha256)) for row in rows}


async def balance(connection: AsyncConnection, contract_id: UUID) -> Balance | None:
    """Return the newest balance that counts."""
    rows = await connection.execute(
        text(f"{_counting('balances')} order by d.as_of desc, d.document_id desc limit 1"), {"contract_id": contract_id}
    )
    row = rows.one_or_none()
    return Balance(**_shared(row), as_of=row.as_of) if row else None


async def charges(
    connection: AsyncConnection, contract_id: UUID, *, before: tuple[date, str] | None, limit: int
) -> list[Charge]:
    """Return the charges that count with their lines, the newest period first."""
    behind = " and (d.period, d.document_id) < (:before, :before_id)" if before else ""
    rows = await connection.execute(
        text(f"{_counting('charges')}{behind} order by d.period desc, d.document_id desc limit :limit"),
        {"contract_id": contract_id, "limit": limit}
        | ({"before": before[0], "before_id": before[1]} if before else {}),
    )
    return await _with_lines(connection, rows.all())


async def charge(connection: AsyncConnection, contract_id: UUID, document_id: str) -> Charge | None:
    """Return one charge that counts with its lines."""
    rows = await connection.execute(
        text(f"{_counting('charges')} and d.document_id = :document_id"),
        {"contract_id": contract_id, "document_id": document_id},
    )
    found = await _with_lines(connection, rows.all())
    return found[0] if found else None


async def payments(
    connection: AsyncConnection, contract_id: UUID, *, before: tuple[datetime, str] | None, limit: int
) -> list[Payment]:
    """Return the payments that count, newest first."""
    behind = " and (d.paid_at, d.document_id) < (:before, :before_id)" if before else ""
    rows = await connection.execute(
        text(f"{_counting('payments')}{behind} order by d.paid_at desc, d.document_id desc limit :limit"),
        {"contract_id": contract_id, "limit": limit}
        | ({"before": before[0], "before_id": before[1]} if before else {}),
    )
    return [_payment(row) for row in rows]


async def payments_for(connection: AsyncConnection, contract_id: UUID, period: date, *, limit: int) -> list[Payment]:
    """Return the payments that count and name this period, oldest first."""
    rows = await connection.execute(
        text(f"{_counting('payments')} and d.period = :period order by d.paid_at, d.document_id limit :limit"),
        {"contract_id": contract_id, "period": period, "limit": limit},
    )
    return [_payment(row) for row in rows]


def _counting(table: str) -> str:
    return (
        f"select d.* from {table} d where d.contract_id = :contract_id and not d.annulled"  # noqa: S608 -- our names
        f" and not exists (select from {table} newer where newer.supplier_code = d.supplier_code"
        " and newer.document_id = d.document_id and newer.version > d.version)"
    )


async def _add_lines(connection: AsyncConnection, charge: Charge) -> None:
    identity = {name: getattr(charge, name) for name in ("supplier_code", "document_id", "version")}
    columns = (*identity, "position", *_LINE)
    await connection.execute(
        text(
            f"insert into charge_lines ({', '.join(columns)})"  # noqa: S608 -- names of this module
            f" values ({', '.join(f':{column}' for column in columns)})"
        ),
        [
            identity | {"position": position} | {name: getattr(line, name) for name in _LINE}
            for position, line in enumerate(charge.lines)
        ],
    )


async def _with_lines(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Charge]:
    lines = await _lines_of(connection, rows)
    return [
        Charge(
            **_shared(row),
            **{name: getattr(row, name) for name in _OWN[Charge]},
            lines=tuple(lines[row.supplier_code, row.document_id, row.version]),
        )
        for row in rows
    ]


async def _lines_of(
    connection: AsyncConnection, charges: Sequence[Row[Any]]
) -> Mapping[tuple[str, str, int], list[ChargeLine]]:
    rows = await connection.execute(
        text(
            "select l.* from charge_lines l join unnest(cast(:codes as text[]), cast(:ids as text[]),"
            " cast(:versions as bigint[])) as wanted (code, id, version)"
            " on l.supplier_code = wanted.code and l.document_id = wanted.id and l.version = wanted.version"
            " order by l.position"
        ),
        {
            "codes": [row.supplier_code for row in charges],
            "ids": [row.document_id for row in charges],
            "versions": [row.version for row in charges],
        },
    )
    found: dict[tuple[str, str, int], list[ChargeLine]] = defaultdict(list)
    for row in rows:
        values = {name: getattr(row, name) for name in _LINE} | {"kind": LineKind(row.kind)}
        found[row.supplier_code, row.document_id, row.version].append(ChargeLine(**values))
    return found


def _payment(row: Row[Any]) -> Payment:
    return Payment(
        **_shared(row), paid_at=row.paid_at, period=row.period, agent=row.agent, status=PaymentStatus(row.status)
    )


def _shared(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SHARED}
