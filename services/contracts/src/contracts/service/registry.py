"""Takes a registry of suppliers and contracts over, whole or not at all."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from common.passwords import Passwords
from contracts.domain.contracts import Contract, RegisteredContract, Registry
from contracts.errors import InvalidRegistry
from contracts.repository import contracts
from contracts.service.store import store

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class RegistryChanges:
    """How much a registry changed; all zero at a repeat."""

    suppliers: int
    contracts: int
    events: int


async def take_over(
    connection: AsyncConnection, registry: Registry, *, passwords: Passwords, now: datetime
) -> RegistryChanges:
    """Bring suppliers and contracts to what a registry says; what it leaves out stays as it is.

    Raises InvalidRegistry with all faults at once. A repeat changes nothing and sends no event.
    """
    await contracts.lock_registry(connection)
    ids = {contract.contract_id for contract in registry.contracts}
    known = await contracts.lock_contracts(connection, ids)
    faults = [*_faults_inside(registry), *await _faults_against_known(connection, registry, known)]
    if faults:
        raise InvalidRegistry(faults)
    present = await contracts.suppliers_of(connection, {supplier.code for supplier in registry.suppliers})
    changed_suppliers = [s for s in registry.suppliers if present.get(s.code) != s]
    for supplier in changed_suppliers:
        await contracts.put_supplier(connection, supplier)
    changed = events = 0
    for registered in registry.contracts:
        former = known.get(registered.contract_id)
        wanted = await _wanted(registered, former, passwords=passwords)
        events += await store(connection, wanted, former, now=now)
        changed += wanted != former
    return RegistryChanges(suppliers=len(changed_suppliers), contracts=changed, events=events)


async def _wanted(registered: RegisteredContract, former: Contract | None, *, passwords: Passwords) -> Contract:
    """Return the contract as registered. The hash stays while the password does."""
    kept = former.password_hash if former is not None else None
    same = kept is not None and (await passwords.check(registered.password, kept)).fits
    return Contract(
        contract_id=registered.contract_id,
        supplier_code=registered.supplier_code,
        number=registered.number,
        login=registered.login,
        password_hash=kept if same else await passwords.hash(registered.password),
        version=former.version if former is not None else 1,
        closed=registered.closed,
    )


def _faults_inside(registry: Registry) -> list[str]:
    faults = [f"supplier {code} comes twice" for code in _repeated(s.code for s in registry.suppliers)]
    faults += [f"contract {one} comes twice" for one in _repeated(str(c.contract_id) for c in registry.contracts)]
    logins = _repeated((c.supplier_code, c.login) for c in registry.contracts)
    numbers = _repeated((c.supplier_code, c.number) for c in registry.contracts)
    faults += [f"login {login} of supplier {code} stands at two contracts" for code, login in logins]
    return faults + [f"number {number} of supplier {code} stands at two contracts" for code, number in numbers]


async def _faults_against_known(
    connection: AsyncConnection, registry: Registry, known: dict[UUID, Contract]
) -> list[str]:
    codes = {contract.supplier_code for contract in registry.contracts}
    named = {supplier.code for supplier in registry.suppliers}
    unknown = codes - named - (await contracts.suppliers_of(connection, codes)).keys()
    faults = [f"supplier {code} of a contract is not known" for code in sorted(unknown)]
    faults += [
        f"contract {c.contract_id} belongs to supplier {known[c.contract_id].supplier_code}, not {c.supplier_code}"
        for c in registry.contracts
        if c.contract_id in known and known[c.contract_id].supplier_code != c.supplier_code
    ]
    faults += [
        f"login or number of contract {held.contract_id} of supplier {held.supplier_code} is given to another"
        for held in await contracts.contracts_in_the_way(connection, registry.contracts)
    ]
    return faults


def _repeated(values: Iterable[T]) -> list[T]:
    return [value for value, count in Counter(values).items() if count > 1]
