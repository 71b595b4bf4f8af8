"""Linking, renaming, unlinking, and who may see a contract now."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import NotFound
from contracts.domain.contracts import Contract
from contracts.domain.links import Link, LinkedContract, LinkState, Rights
from contracts.errors import AlreadyLinked, LinkRefused
from contracts.repository import contracts, invitations, links
from contracts.service.store import tell_links


async def link(
    connection: AsyncConnection, contract: Contract, *, user_id: UUID, name: str, now: datetime
) -> LinkedContract:
    """Link a contract whose password has been compared, and tell the others.

    A revoked link comes back, a share becomes a link of full rights. Raises LinkRefused if the password changed or
    the contract was closed since; AlreadyLinked.
    """
    locked = (await contracts.lock_contracts(connection, [contract.contract_id])).get(contract.contract_id)
    if locked is None or locked.closed or locked.password_hash != contract.password_hash:
        raise LinkRefused
    present = await links.linked_contract(connection, user_id, contract.contract_id)
    if present is not None and (present.link.rights, present.link.state) == (Rights.FULL, LinkState.LINKED):
        raise AlreadyLinked
    new = Link(
        contract_id=contract.contract_id,
        user_id=user_id,
        name=name,
        rights=Rights.FULL,
        state=LinkState.LINKED,
        state_reason=None,
        state_changed_at=now,
        linked_at=now,
    )
    await links.put_link(connection, new)
    await tell_links(connection, contract.contract_id, supplier_code=contract.supplier_code, now=now)
    return await linked_contract(connection, contract.contract_id, user_id=user_id)


async def linked_contract(connection: AsyncConnection, contract_id: UUID, *, user_id: UUID) -> LinkedContract:
    """Return a contract as its user sees it, revoked or not. Raises NotFound for everybody else."""
    found = await links.linked_contract(connection, user_id, contract_id)
    if found is None:
        raise NotFound("no such contract")
    return found


async def require_open(connection: AsyncConnection, contract_id: UUID, *, user_id: UUID, now: datetime) -> Rights:
    """Return what the user may do with a contract, and note the use of a share. Raises NotFound without a link."""
    rights = await links.open_rights(connection, user_id, contract_id, now=now)
    if rights is None:
        raise NotFound("no such contract")
    if rights is Rights.READ:
        await links.note_use(connection, user_id, contract_id, now=now)
    return rights


async def rename(connection: AsyncConnection, contract_id: UUID, *, user_id: UUID, name: str) -> LinkedContract:
    """Give a contract another name of the user's own. Nobody else sees it. Raises NotFound."""
    if not await links.rename(connection, user_id, contract_id, name=name):
        raise NotFound("no such contract")
    return await linked_contract(connection, contract_id, user_id=user_id)


async def unlink(connection: AsyncConnection, contract_id: UUID, *, user_id: UUID, now: datetime) -> None:
    """Take a contract off the user's list, end the shares that the user gave, tell the others. Raises NotFound."""
    locked = (await contracts.lock_contracts(connection, [contract_id])).get(contract_id)
    if locked is None or not await links.unlink(connection, user_id, contract_id, now=now):
        raise NotFound("no such contract")
    for invitation_id in await invitations.withdraw_all(connection, contract_id, now=now, invited_by=user_id):
        await links.revoke_share(connection, invitation_id, now=now)
    await tell_links(connection, contract_id, supplier_code=locked.supplier_code, now=now)


async def end_expired_shares(connection: AsyncConnection, contract_id: UUID, *, now: datetime) -> None:
    """Revoke the shares of a contract whose time is over, and tell the others. A repeat changes nothing."""
    locked = (await contracts.lock_contracts(connection, [contract_id]))[contract_id]
    if await links.revoke_expired(connection, contract_id, now=now):
        await tell_links(connection, contract_id, supplier_code=locked.supplier_code, now=now)
