"""Use cases of contracts: attempts, links, registries. The caller's transaction is committed at the edge."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from common import outbox
from common.errors import NotFound, TooMany
from common.passwords import Passwords
from contracts import repository
from contracts.domain import AttemptSubject, Contract, LinkedContract, RegisteredContract, Registry
from contracts.errors import AlreadyLinked, InvalidRegistry, LinkRefused
from topics import CONTRACTS, LINKS
from topics.contracts import Contract as ContractEvent
from topics.contracts import ContractLinks

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class RegistryChanges:
    """How much a registry changed; all zero at a repeat."""

    suppliers: int
    contracts: int
    events: int


async def count_attempt(
    connection: AsyncConnection, subjects: Iterable[AttemptSubject], *, now: datetime, window: timedelta
) -> None:
    """Count an attempt to link before anything is compared; commit it before the comparison.

    Raises TooMany if a subject has none left in its window.
    """
    for subject in subjects:
        counted = await repository.count_attempt(connection, subject, now=now, window=window)
        if counted.attempts > subject.limit:
            raise TooMany(
                "too many attempts to link a contract",
                retry_after_seconds=counted.retry_after_seconds(now=now, window=window),
            )
    # Last: it waits for no row, so it cannot deadlock with the counting of others.
    await repository.forget_attempts(connection, before=now - window)


async def forgive_attempt(connection: AsyncConnection, subjects: Iterable[AttemptSubject]) -> None:
    """Take an attempt back whose login and password were right."""
    for subject in subjects:
        await repository.forgive_attempt(connection, subject)


async def link(
    connection: AsyncConnection, contract: Contract, *, user_id: UUID, name: str, now: datetime
) -> LinkedContract:
    """Link a contract whose password has been compared, and tell the others.

    Raises LinkRefused if the password changed or the contract was closed since; AlreadyLinked.
    """
    locked = (await repository.lock_contracts(connection, [contract.contract_id])).get(contract.contract_id)
    if locked is None or locked.closed or locked.password_hash != contract.password_hash:
        raise LinkRefused
    if not await repository.add_link(connection, contract.contract_id, user_id, name=name, linked_at=now):
        raise AlreadyLinked
    event = ContractLinks(
        contract_id=contract.contract_id,
        version=await repository.raise_version(connection, contract.contract_id),
        supplier_code=contract.supplier_code,
        user_ids=await repository.users_of(connection, contract.contract_id),
    )
    await outbox.add(connection, LINKS, event)
    return await linked_contract(connection, contract.contract_id, user_id=user_id)


async def linked_contract(connection: AsyncConnection, contract_id: UUID, *, user_id: UUID) -> LinkedContract:
    """Return a contract as its user sees it. Raises NotFound for everybody else."""
    found = await repository.linked_contract(connection, user_id, contract_id)
    if found is None:
        raise NotFound("no such contract")
    return found


async def take_over(connection: AsyncConnection, registry: Registry, *, passwords: Passwords) -> RegistryChanges:
    """Bring suppliers and contracts to what a registry says; what it leaves out stays as it is.

    Raises InvalidRegistry with all faults at once. A repeat changes nothing and sends no event.
    """
    await repository.lock_registry(connection)
    ids = {contract.contract_id for contract in registry.contracts}
    known = await repository.lock_contracts(connection, ids)
    faults = [*_faults_inside(registry), *await _faults_against_known(connection, registry, known)]
    if faults:
        raise InvalidRegistry(faults)
    present = await repository.suppliers_of(connection, {supplier.code for supplier in registry.suppliers})
    changed_suppliers = [s for s in registry.suppliers if present.get(s.code) != s]
    for supplier in changed_suppliers:
        await repository.put_supplier(connection, supplier)
    changed = events = 0
    for registered in registry.contracts:
        former = known.get(registered.contract_id)
        contract = await _brought_up_to_date(registered, former, passwords=passwords)
        if contract != former:
            await repository.put_contract(connection, contract)
            changed += 1
        if former is None or contract.version != former.version:
            await outbox.add(connection, CONTRACTS, _event(contract))
            events += 1
    return RegistryChanges(suppliers=len(changed_suppliers), contracts=changed, events=events)


async def _brought_up_to_date(
    registered: RegisteredContract, former: Contract | None, *, passwords: Passwords
) -> Contract:
    """Return the contract as registered. The hash stays while the password does; the version rises with an event."""
    same_password = former is not None and (await passwords.check(registered.password, former.password_hash)).fits
    contract = Contract(
        contract_id=registered.contract_id,
        supplier_code=registered.supplier_code,
        number=registered.number,
        login=registered.login,
        password_hash=former.password_hash
        if former is not None and same_password
        else await passwords.hash(registered.password),
        version=former.version if former is not None else 1,
        closed=registered.closed,
    )
    if former is not None and (contract.number, contract.closed) != (former.number, former.closed):
        return replace(contract, version=former.version + 1)
    return contract


def _event(contract: Contract) -> ContractEvent:
    return ContractEvent(
        contract_id=contract.contract_id,
        version=contract.version,
        supplier_code=contract.supplier_code,
        number=contract.number,
        closed=contract.closed,
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
    unknown = codes - named - (await repository.suppliers_of(connection, codes)).keys()
    faults = [f"supplier {code} of a contract is not known" for code in sorted(unknown)]
    faults += [
        f"contract {c.contract_id} belongs to supplier {known[c.contract_id].supplier_code}, not {c.supplier_code}"
        for c in registry.contracts
        if c.contract_id in known and known[c.contract_id].supplier_code != c.supplier_code
    ]
    faults += [
        f"login or number of contract {held.contract_id} of supplier {held.supplier_code} is given to another"
        for held in await repository.contracts_in_the_way(connection, registry.contracts)
    ]
    return faults


def _repeated(values: Iterable[T]) -> list[T]:
    return [value for value, count in Counter(values).items() if count > 1]
