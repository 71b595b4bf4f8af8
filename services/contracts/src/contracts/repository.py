"""Every SQL statement of contracts. The caller's transaction is neither begun nor ended here."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.domain import AttemptSubject, AttemptWindow, Contract, LinkedContract, RegisteredContract, Supplier

_REGISTRY_LOCK = 0x72656769  # "regi"
_LINKED = """
    select c.id, l.name, c.number, l.linked_at, s.code, s.name as supplier_name, s.phone, s.email, s.site
    from links l join contracts c on c.id = l.contract_id join suppliers s on s.code = c.supplier_code
    where l.user_id = :user_id and l.unlinked_at is null
"""


async def suppliers(connection: AsyncConnection, *, after_code: str | None, limit: int) -> list[Supplier]:
    """Return suppliers by name, those behind the supplier `after_code`."""
    rows = await connection.execute(
        text(
            "select code, name, phone, email, site from suppliers"
            " where cast(:after as text) is null"
            " or (name, code) > (select name, code from suppliers where code = :after)"
            " order by name, code limit :limit"
        ),
        {"after": after_code, "limit": limit},
    )
    return [_supplier(row) for row in rows]


async def suppliers_of(connection: AsyncConnection, codes: Collection[str]) -> dict[str, Supplier]:
    rows = await connection.execute(
        text("select code, name, phone, email, site from suppliers where code = any(:codes)"), {"codes": list(codes)}
    )
    return {row.code: _supplier(row) for row in rows}


async def put_supplier(connection: AsyncConnection, supplier: Supplier) -> None:
    await connection.execute(
        text(
            "insert into suppliers (code, name, phone, email, site) values (:code, :name, :phone, :email, :site)"
            " on conflict (code) do update set name = excluded.name, phone = excluded.phone,"
            " email = excluded.email, site = excluded.site"
        ),
        {
            "code": supplier.code,
            "name": supplier.name,
            "phone": supplier.phone,
            "email": supplier.email,
            "site": supplier.site,
        },
    )


async def linked_contracts(
    connection: AsyncConnection, user_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[LinkedContract]:
    """Return the contracts that a user has linked, in the order of linking."""
    behind = " and (l.linked_at, c.id) > (:after_at, :after_id)" if after else ""
    rows = await connection.execute(
        text(_LINKED + behind + " order by l.linked_at, c.id limit :limit"),
        {"user_id": user_id, "limit": limit} | ({"after_at": after[0], "after_id": after[1]} if after else {}),
    )
    return [_linked(row) for row in rows]


async def linked_contract(connection: AsyncConnection, user_id: UUID, contract_id: UUID) -> LinkedContract | None:
    rows = await connection.execute(
        text(_LINKED + " and c.id = :contract_id"), {"user_id": user_id, "contract_id": contract_id}
    )
    row = rows.one_or_none()
    return _linked(row) if row else None


async def contract_by_login(connection: AsyncConnection, supplier_code: str, login: str) -> Contract | None:
    rows = await connection.execute(
        text("select * from contracts where supplier_code = :supplier_code and login = :login"),
        {"supplier_code": supplier_code, "login": login},
    )
    row = rows.one_or_none()
    return _contract(row) if row else None


async def lock_registry(connection: AsyncConnection) -> None:
    """Let one registry at a time be taken over, until the transaction ends."""
    await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _REGISTRY_LOCK})


async def lock_contracts(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Contract]:
    """Lock those that exist, in order of id, until the transaction ends; only then may their version be raised."""
    rows = await connection.execute(
        text("select * from contracts where id = any(:ids) order by id for update"), {"ids": list(ids)}
    )
    return {row.id: _contract(row) for row in rows}


async def contracts_in_the_way(connection: AsyncConnection, contracts: Sequence[RegisteredContract]) -> list[Contract]:
    """Return contracts other than these that hold a login or number of theirs at the same supplier."""
    rows = await connection.execute(
        text(
            "select c.* from contracts c join unnest(cast(:codes as text[]), cast(:logins as text[]),"
            " cast(:numbers as text[])) as wanted (code, login, number) on c.supplier_code = wanted.code"
            " and (c.login = wanted.login or c.number = wanted.number)"
            " where c.id <> all(:ids)"
        ),
        {
            "codes": [contract.supplier_code for contract in contracts],
            "logins": [contract.login for contract in contracts],
            "numbers": [contract.number for contract in contracts],
            "ids": [contract.contract_id for contract in contracts],
        },
    )
    return [_contract(row) for row in rows]


async def put_contract(connection: AsyncConnection, contract: Contract) -> None:
    """Insert a contract, or replace it all but its supplier."""
    await connection.execute(
        text(
            "insert into contracts (id, supplier_code, number, login, password_hash, version, closed)"
            " values (:id, :supplier_code, :number, :login, :password_hash, :version, :closed)"
            " on conflict (id) do update set number = excluded.number, login = excluded.login,"
            " password_hash = excluded.password_hash, version = excluded.version, closed = excluded.closed"
        ),
        {
            "id": contract.contract_id,
            "supplier_code": contract.supplier_code,
            "number": contract.number,
            "login": contract.login,
            "password_hash": contract.password_hash,
            "version": contract.version,
            "closed": contract.closed,
        },
    )


async def raise_version(connection: AsyncConnection, contract_id: UUID) -> int:
    """Raise and return the version of a locked contract."""
    raised = await connection.execute(
        text("update contracts set version = version + 1 where id = :id returning version"), {"id": contract_id}
    )
    return int(raised.scalar_one())


async def add_link(
    connection: AsyncConnection, contract_id: UUID, user_id: UUID, *, name: str, linked_at: datetime
) -> bool:
    """Link a contract; return False, changing nothing, if it is linked already."""
    inserted = await connection.execute(
        text(
            "insert into links (contract_id, user_id, name, linked_at)"
            " values (:contract_id, :user_id, :name, :linked_at)"
            " on conflict (contract_id, user_id) where unlinked_at is null do nothing"
        ),
        {"contract_id": contract_id, "user_id": user_id, "name": name, "linked_at": linked_at},
    )
    return inserted.rowcount == 1


async def users_of(connection: AsyncConnection, contract_id: UUID) -> list[UUID]:
    """Return all users who may see a contract, in the order of linking."""
    rows = await connection.execute(
        text("select user_id from links where contract_id = :id and unlinked_at is null order by linked_at, id"),
        {"id": contract_id},
    )
    return list(rows.scalars())


async def count_attempt(
    connection: AsyncConnection, subject: AttemptSubject, *, now: datetime, window: timedelta
) -> AttemptWindow:
    """Count one attempt against a subject; a window that has passed begins anew."""
    rows = await connection.execute(
        text(
            "insert into link_attempts (scope, digest, attempts, started_at) values (:scope, :digest, 1, :now)"
            " on conflict (scope, digest) do update set"
            " attempts = case when link_attempts.started_at <= :expired then 1 else link_attempts.attempts + 1 end,"
            " started_at = case when link_attempts.started_at <= :expired then :now"
            " else link_attempts.started_at end"
            " returning attempts, started_at"
        ),
        {"scope": subject.scope, "digest": subject.digest, "now": now, "expired": now - window},
    )
    row = rows.one()
    return AttemptWindow(attempts=row.attempts, started_at=row.started_at)


async def forgive_attempt(connection: AsyncConnection, subject: AttemptSubject) -> None:
    """Take back one counted attempt."""
    await connection.execute(
        text(
            "update link_attempts set attempts = attempts - 1"
            " where scope = :scope and digest = :digest and attempts > 0"
        ),
        {"scope": subject.scope, "digest": subject.digest},
    )


async def forget_attempts(connection: AsyncConnection, *, before: datetime) -> None:
    """Delete some windows that began before an instant; rows in use are left for the next time."""
    await connection.execute(
        text(
            "delete from link_attempts where ctid in (select ctid from link_attempts"
            " where started_at <= :before limit 100 for update skip locked)"
        ),
        {"before": before},
    )


def _supplier(row: Row[Any]) -> Supplier:
    return Supplier(code=row.code, name=row.name, phone=row.phone, email=row.email, site=row.site)


def _contract(row: Row[Any]) -> Contract:
    return Contract(
        contract_id=row.id,
        supplier_code=row.supplier_code,
        number=row.number,
        login=row.login,
        password_hash=row.password_hash,
        version=row.version,
        closed=row.closed,
    )


def _linked(row: Row[Any]) -> LinkedContract:
    return LinkedContract(
        contract_id=row.id,
        name=row.name,
        number=row.number,
        supplier=Supplier(code=row.code, name=row.supplier_name, phone=row.phone, email=row.email, site=row.site),
        linked_at=row.linked_at,
    )
