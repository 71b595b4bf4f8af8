"""Suppliers, linked contracts: link, list, show, rename, unlink; and what was refused."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from common.db import Reading, Transaction
from common.errors import NotFound, Rejected, TooMany
from common.http.auth import CurrentCaller, CurrentReader
from common.http.idempotency import IdempotencyKey, once
from common.http.pages import Cursor, Limit, decode_cursor, decode_moment, encode_cursor, encode_moment
from common.http.problems import declared
from contracts.endpoints.scope import ContractReader
from contracts.errors import AlreadyLinked, LinkRefused
from contracts.metrics import LINK_ATTEMPTS
from contracts.repository import contracts, links, refusals
from contracts.resources import CurrentResources
from contracts.schemas.contracts import (
    Contract,
    ContractPage,
    NewLink,
    NewName,
    RefusedLink,
    RefusedLinkPage,
    Supplier,
    SupplierPage,
)
from contracts.service import linking
from contracts.service import links as service
from contracts.service.linking import Tried
from topics.supplier import SUPPLIER_CODE

router = APIRouter(tags=["contracts"])


@router.get("/suppliers", responses=declared(401, 422))
async def list_suppliers(
    _caller: CurrentCaller, connection: Reading, cursor: Cursor = None, limit: Limit = 50
) -> SupplierPage:
    """List the suppliers whose contracts can be linked, by name."""
    found = await contracts.suppliers(connection, after_code=_supplier_code(cursor), limit=limit + 1)
    return SupplierPage(
        items=[Supplier.of(supplier) for supplier in found[:limit]],
        next_cursor=encode_cursor(found[limit - 1].code) if len(found) > limit else None,
    )


@router.get("/contracts", responses=declared(401, 422))
async def list_contracts(
    caller: CurrentReader, connection: Reading, cursor: Cursor = None, limit: Limit = 50
) -> ContractPage:
    """List the contracts that the caller has linked, revoked ones too, in the order of linking."""
    after = decode_moment(cursor) if cursor else None
    found = await links.linked_contracts(
        connection, caller.user_id, only=caller.contract_ids, after=after, limit=limit + 1
    )
    more = len(found) > limit
    return ContractPage(
        items=[Contract.of(contract) for contract in found[:limit]],
        next_cursor=encode_moment(found[limit - 1].link.linked_at, found[limit - 1].link.contract_id) if more else None,
    )


@router.get("/contracts/{contract_id}", responses=declared(401, 404, 422))
async def get_contract(caller: ContractReader, connection: Reading, contract_id: UUID) -> Contract:
    """Show one contract of the caller's list."""
    return Contract.of(await service.linked_contract(connection, contract_id, user_id=caller.user_id))


@router.patch("/contracts/{contract_id}", responses=declared(401, 404, 422))
async def rename_contract(
    caller: CurrentCaller, connection: Transaction, contract_id: UUID, wanted: NewName
) -> Contract:
    """Give a contract another name of the caller's own."""
    return Contract.of(await service.rename(connection, contract_id, user_id=caller.user_id, name=wanted.name))


@router.delete("/contracts/{contract_id}", status_code=204, responses=declared(401, 404, 422))
async def unlink_contract(caller: CurrentCaller, connection: Transaction, contract_id: UUID) -> None:
    """Take a contract off the caller's list; the shares that the caller gave end."""
    await service.unlink(connection, contract_id, user_id=caller.user_id, now=datetime.now(UTC))


@router.post("/contracts", status_code=201, response_model=Contract, responses=declared(401, 403, 409, 422, 429))
async def link_contract(
    caller: CurrentCaller, resources: CurrentResources, wanted: NewLink, idempotency_key: IdempotencyKey
) -> Response:
    """Link a contract by the login and password that its supplier gave.

    The check is done when the call answers, so there is no state of a link that is still being checked. An unknown
    login and a wrong password are answered alike; a try that came to nothing stands in the caller's refused links.
    Tries are limited by user and by login; whoever has the right password is not kept out by the tries of others.
    """
    now = datetime.now(UTC)
    tried = Tried(user_id=caller.user_id, **dict(wanted))
    try:
        proven = await linking.prove(resources, tried, now=now)

        async def link() -> Contract:
            return Contract.of(await linking.link_proven(connection, proven, now=now))

        async with resources.engine.begin() as connection:
            answer = await once(
                connection,
                user_id=caller.user_id,
                operation="link_contract",
                key=idempotency_key,
                request=wanted,
                run=link,
            )
            await linking.settle(connection, proven, key=resources.token_key)
    except AlreadyLinked:
        async with resources.engine.begin() as connection:
            await linking.settle(connection, proven, key=resources.token_key)
        raise
    except (LinkRefused, TooMany) as error:
        LINK_ATTEMPTS.labels(outcome="refused" if isinstance(error, LinkRefused) else "turned_away").inc()
        await linking.keep_refusal(resources, tried, error, now=now)
        raise
    LINK_ATTEMPTS.labels(outcome="linked").inc()
    return answer


@router.get("/refused-links", responses=declared(401, 403, 422))
async def list_refused_links(
    caller: CurrentCaller, connection: Reading, cursor: Cursor = None, limit: Limit = 50
) -> RefusedLinkPage:
    """List the caller's tries to link that came to nothing, with reason and time, newest first.

    One item a login, until it is linked or dismissed, a month at most.
    """
    found = await refusals.refused_links(
        connection, caller.user_id, before=decode_moment(cursor) if cursor else None, limit=limit + 1
    )
    last = found[limit - 1] if len(found) > limit else None
    return RefusedLinkPage(
        items=[RefusedLink.of(one) for one in found[:limit]],
        next_cursor=encode_moment(last.refused_at, last.refused_link_id) if last else None,
    )


@router.delete("/refused-links/{refused_link_id}", status_code=204, responses=declared(401, 403, 404, 422))
async def dismiss_refused_link(caller: CurrentCaller, connection: Transaction, refused_link_id: UUID) -> None:
    """Take a refused try off the caller's list."""
    if not await refusals.dismiss(connection, caller.user_id, refused_link_id):
        raise NotFound("no such refused link")


def _supplier_code(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    code = str(decode_cursor(cursor, length=1)[0])
    if not SUPPLIER_CODE.fullmatch(code):
        raise Rejected("the cursor belongs to another list", code="invalid_cursor")
    return code
