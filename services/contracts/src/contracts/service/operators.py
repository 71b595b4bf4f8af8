"""The supplier's staff: its contracts one by one, and sheets with new passwords."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import NotFound
from common.passwords import Passwords
from contracts.domain.contracts import Contract, StaffContract
from contracts.errors import ContractClosed, LoginTaken, NumberTaken
from contracts.repository import contracts, staff
from contracts.service.store import store

# Without what is mistaken for something else on paper. Twelve of them are 59 bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP_LENGTH = 3, 4


@dataclass(frozen=True, kw_only=True)
class NewCredential:
    """A password that nobody has seen yet, and its hash."""

    contract_id: UUID
    password: str
    password_hash: str


async def create(
    connection: AsyncConnection, supplier_code: str, *, number: str, login: str, now: datetime
) -> StaffContract:
    """Create a contract, without a password yet. Raises NumberTaken, LoginTaken."""
    await contracts.lock_supplier(connection, supplier_code)
    wanted = Contract(
        contract_id=uuid4(),
        supplier_code=supplier_code,
        number=number,
        login=login,
        password_hash=None,
        version=1,
        closed=False,
    )
    await _require_free(connection, wanted)
    await store(connection, wanted, None, now=now)
    return await show(connection, supplier_code, wanted.contract_id)


async def show(connection: AsyncConnection, supplier_code: str, contract_id: UUID) -> StaffContract:
    """Return a contract as the supplier's staff sees it. Raises NotFound for those of others."""
    found = await staff.contract(connection, supplier_code, contract_id)
    if found is None:
        raise NotFound("no such contract")
    return found


async def change(
    connection: AsyncConnection,
    supplier_code: str,
    contract_id: UUID,
    changes: Mapping[str, Any],
    *,
    now: datetime,
) -> StaffContract:
    """Change number, login or whether it is closed; a repeat changes nothing.

    Raises NotFound, NumberTaken, LoginTaken.
    """
    await contracts.lock_supplier(connection, supplier_code)
    [former] = await _own(connection, supplier_code, [contract_id])
    wanted = replace(former, **changes)
    await _require_free(connection, wanted)
    await store(connection, wanted, former, now=now)
    return await show(connection, supplier_code, contract_id)


async def draw_credentials(contract_ids: Sequence[UUID], *, passwords: Passwords) -> list[NewCredential]:
    """Draw a password for each contract. Takes a few hundredths of a second each, in no transaction."""
    drawn: list[NewCredential] = []
    for contract_id in contract_ids:
        password = _password()
        hashed = await passwords.hash(password)
        drawn.append(NewCredential(contract_id=contract_id, password=password, password_hash=hashed))
    return drawn


async def check_issuable(connection: AsyncConnection, supplier_code: str, contract_ids: Sequence[UUID]) -> None:
    """Raise NotFound or ContractClosed unless every contract is the supplier's and open."""
    if any(contract.closed for contract in await _own(connection, supplier_code, contract_ids)):
        raise ContractClosed


async def issue(
    connection: AsyncConnection, supplier_code: str, drawn: Sequence[NewCredential], *, now: datetime
) -> list[Contract]:
    """Put new passwords in force; links made with the former ones are revoked. Raises as `check_issuable`."""
    await check_issuable(connection, supplier_code, [one.contract_id for one in drawn])
    held = await contracts.lock_contracts(connection, [one.contract_id for one in drawn])
    for one in drawn:
        former = held[one.contract_id]
        await store(connection, replace(former, password_hash=one.password_hash), former, now=now)
    return [held[one.contract_id] for one in drawn]


async def _require_free(connection: AsyncConnection, wanted: Contract) -> None:
    for held in await contracts.contracts_in_the_way(connection, [wanted]):
        raise NumberTaken if held.number == wanted.number else LoginTaken


async def _own(connection: AsyncConnection, supplier_code: str, contract_ids: Sequence[UUID]) -> list[Contract]:
    held = await contracts.lock_contracts(connection, contract_ids)
    own = [held[one] for one in contract_ids if one in held and held[one].supplier_code == supplier_code]
    if len(own) != len(contract_ids):
        raise NotFound("no such contract")
    return own


def _password() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
