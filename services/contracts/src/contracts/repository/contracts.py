"""Suppliers and contracts."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.domain.contracts import Contract, RegisteredContract, Supplier

# "regi": as one number the lock of all suppliers together, with a second number that of one of them.
_REGISTRY_LOCK = 0x72656769


async def suppliers(connection: AsyncConnection, *, after_code: str | None, limit: int | None) -> list[Supplier]:
    """Return suppliers by name, those behind the supplier `after_code`; without a limit all."""
    rows = await connection.execute(
        text(
            "select code, name, phone, email, site, pay_url from suppliers"
            " where cast(:after as text) is null"
            " or (name, code) > (select name, code from suppliers where code = :after)"
            " order by name, code limit :limit"
        ),
        {"after": after_code, "limit": limit},
    )
    return [_supplier(row) for row in rows]


async def suppliers_of(connection: AsyncConnection, codes: Collection[str]) -> dict[str, Supplier]:
    rows = await connection.execute(
        text("select code, name, phone, email, site, pay_url from suppliers where code = any(:codes)"),
        {"codes": list(codes)},
    )
    return {row.code: _supplier(row) for row in rows}


async def put_supplier(connection: AsyncConnection, supplier: Supplier) -> None:
    await connection.execute(
        text(
            "insert into suppliers (code, name, phone, email, site, pay_url)"
            " values (:code, :name, :phone, :email, :site, :pay_url)"
            " on conflict (code) do update set name = excluded.name, phone = excluded.phone,"
            " email = excluded.email, site = excluded.site, pay_url = excluded.pay_url"
        ),
        {
            "code": supplier.code,
            "name": supplier.name,
            "phone": supplier.phone,
            "email": supplier.email,
            "site": supplier.site,
            "pay_url": supplier.pay_url,
        },
    )


async def contract_by_login(
    connection: AsyncConnection, supplier_code: str, login: str, *, user_id: UUID
) -> tuple[Contract | None, bool]:
    """Return a contract, and whether the user has ever had it by its credentials, revoked and unlinked since or not.

    One statement, so that the number of round trips does not tell whether a login exists.
    """
    rows = await connection.execute(
        text(
            "select c.*, exists (select from links l where l.contract_id = c.id and l.user_id = :user_id"
            " and l.rights = 'full') as linked_before"
            " from contracts c where c.supplier_code = :supplier_code and c.login = :login"
        ),
        {"supplier_code": supplier_code, "login": login, "user_id": user_id},
    )
    row = rows.one_or_none()
    return (_contract(row), row.linked_before) if row else (None, False)


async def is_of(connection: AsyncConnection, contract_id: UUID, *, supplier_code: str | None) -> bool:
    """Say whether a contract is one of the supplier's."""
    rows = await connection.execute(
        text("select exists (select from contracts where id = :id and supplier_code = :supplier_code)"),
        {"id": contract_id, "supplier_code": supplier_code},
    )
    return bool(rows.scalar_one())


async def lock_registry(connection: AsyncConnection) -> None:
    """Keep everybody else from giving out ids, numbers and logins of any supplier, until the transaction ends.

    For registry files: they bring ids of their own, which two of them could give to contracts of different suppliers.
    """
    await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _REGISTRY_LOCK})


async def lock_supplier(connection: AsyncConnection, code: str) -> None:
    """Keep everybody else from giving out numbers and logins of one supplier, until the transaction ends.

    Before any row is locked. What is free is asked before it is taken, and the constraints speak at the commit only,
    where nobody can be told any more which number or login it was.
    """
    await connection.execute(
        text(
            "select pg_advisory_xact_lock_shared(cast(:lock as bigint)),"
            " pg_advisory_xact_lock(cast(:lock as integer), hashtext(:code))"
        ),
        {"lock": _REGISTRY_LOCK, "code": code},
    )


async def lock_contracts(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Contract]:
    """Lock those that exist, in order of id, until the transaction ends; only then may their version be raised."""
    rows = await connection.execute(
        text("select * from contracts where id = any(:ids) order by id for update"), {"ids": list(ids)}
    )
    return {row.id: _contract(row) for row in rows}


async def contracts_in_the_way(
    connection: AsyncConnection, contracts: Sequence[Contract | RegisteredContract]
) -> list[Contract]:
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


async def lock_numbers(
    connection: AsyncConnection, supplier_code: str, numbers: Collection[str]
) -> dict[str, Contract]:
    """Lock a supplier's contracts by their numbers, in order of id; return those that exist, by number."""
    rows = await connection.execute(
        text(
            "select * from contracts where supplier_code = :supplier_code and number = any(:numbers)"
            " order by id for update"
        ),
        {"supplier_code": supplier_code, "numbers": list(numbers)},
    )
    return {row.number: _contract(row) for row in rows}


async def inbox_version(connection: AsyncConnection, contract_id: UUID) -> int | None:
    """Return the supplier's own version of a contract, or None if it never came by the inbox."""
    found = await connection.execute(text("select inbox_version from contracts where id = :id"), {"id": contract_id})
    version = found.scalar_one()
    return None if version is None else int(version)


async def put_inbox_version(connection: AsyncConnection, contract_id: UUID, version: int) -> None:
    await connection.execute(
        text("update contracts set inbox_version = :version where id = :id"), {"id": contract_id, "version": version}
    )


async def raise_version(connection: AsyncConnection, contract_id: UUID) -> int:
    """Raise and return the version of a locked contract."""
    raised = await connection.execute(
        text("update contracts set version = version + 1 where id = :id returning version"), {"id": contract_id}
    )
    return int(raised.scalar_one())


async def number_of(connection: AsyncConnection, contract_id: UUID) -> str:
    found = await connection.execute(text("select number from contracts where id = :id"), {"id": contract_id})
    return str(found.scalar_one())


def _supplier(row: Row[Any]) -> Supplier:
    return Supplier(code=row.code, name=row.name, phone=row.phone, email=row.email, site=row.site, pay_url=row.pay_url)


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
