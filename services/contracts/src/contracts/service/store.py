"""Stores one contract as whoever may say so says it, and tells the others what changed for them."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from common import outbox
from contracts.domain.contracts import Contract
from contracts.domain.links import Rights
from contracts.repository import contracts, invitations, links
from topics import CONTRACTS, LINKS
from topics.contracts import Contract as ContractEvent
from topics.contracts import ContractLinks, RevokedLink


async def store(connection: AsyncConnection, wanted: Contract, former: Contract | None, *, now: datetime) -> bool:
    """Bring a locked contract to what is wanted; return whether others were told. The version is set here.

    Another password revokes every link made with the former one, and the shares given by them.
    """
    told = former is None or (wanted.number, wanted.closed) != (former.number, former.closed)
    version = 1 if former is None else former.version + told
    stored = replace(wanted, version=version)
    if stored != former:
        await contracts.put_contract(connection, stored)
    if told:
        await outbox.add(connection, CONTRACTS, _event(stored))
    if former is not None and wanted.password_hash != former.password_hash:
        await invitations.withdraw_all(connection, wanted.contract_id, now=now)
        if await links.revoke_all(connection, wanted.contract_id, now=now):
            await tell_links(connection, wanted.contract_id, supplier_code=wanted.supplier_code, now=now)
            return True
    return told


async def tell_links(connection: AsyncConnection, contract_id: UUID, *, supplier_code: str, now: datetime) -> None:
    """Tell the others who may see a locked contract now, and who no longer may, and why."""
    users = await links.users_of(connection, contract_id)
    event = ContractLinks(
        contract_id=contract_id,
        version=await contracts.raise_version(connection, contract_id),
        supplier_code=supplier_code,
        user_ids=list(users),
        read_only_user_ids=[user_id for user_id, rights in users.items() if rights is Rights.READ],
        revoked=[
            RevokedLink(user_id=user_id, reason=reason.value, at=at)
            for user_id, reason, at in await links.revoked_of(connection, contract_id)
        ],
        number=await contracts.number_of(connection, contract_id),
        changed_at=now,
    )
    await outbox.add(connection, LINKS, event)


def _event(contract: Contract) -> ContractEvent:
    return ContractEvent(
        contract_id=contract.contract_id,
        version=contract.version,
        supplier_code=contract.supplier_code,
        number=contract.number,
        closed=contract.closed,
    )
