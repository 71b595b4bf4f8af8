"""Suppliers, linked contracts: link, list, show, rename, unlink."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from common.db import Reading, Transaction
from common.errors import Rejected
from common.http.auth import CurrentCaller, CurrentReader
from common.http.idempotency import IdempotencyKey, once
from common.http.pages import Cursor, Limit, decode_cursor, decode_moment, encode_cursor, encode_moment
from common.http.problems import declared
from contracts.domain.attempts import attempt_subjects
from contracts.endpoints.scope import ContractReader
from contracts.errors import LinkRefused
from contracts.metrics import LINK_ATTEMPTS
from contracts.repository import contracts, links
from contracts.resources import CurrentResources
from contracts.schemas.contracts import Contract, ContractPage, NewLink, NewName, Supplier, SupplierPage
from contracts.service import links as service
from contracts.service.attempts import count_attempt, forgive_attempt
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

    An unknown login and a wrong password are answered alike. Attempts are limited per login and per user.
    """
    now = datetime.now(UTC)
    subjects = attempt_subjects(
        user_id=caller.user_id,
        supplier_code=wanted.supplier_code,
        login=wanted.login,
        per_user=resources.settings.link_attempts_per_user,
        per_login=resources.settings.link_attempts_per_login,
    )
    # Three transactions on purpose: the count must outlive a refusal, and none is held while argon2 works.
    with resources.passwords.room():  # before the attempt is counted: who is sent away for want of room did not try
        async with resources.engine.begin() as connection:
            await count_attempt(connection, subjects, now=now, window=resources.settings.link_attempts_window)
        async with resources.engine.begin() as connection:
            contract = await contracts.contract_by_login(connection, wanted.supplier_code, wanted.login)
        stored = contract.password_hash if contract is not None else None
        checked = await resources.passwords.check(wanted.password.get_secret_value(), stored)
    if contract is None or not checked.fits:
        LINK_ATTEMPTS.labels(outcome="refused").inc()
        raise LinkRefused

    async def link() -> Contract:
        return Contract.of(await service.link(connection, contract, user_id=caller.user_id, name=wanted.name, now=now))

    async with resources.engine.begin() as connection:
        answer = await once(
            connection,
            user_id=caller.user_id,
            operation="link_contract",
            key=idempotency_key,
            request=wanted,
            run=link,
        )
        await forgive_attempt(connection, subjects)
    LINK_ATTEMPTS.labels(outcome="linked").inc()
    return answer


def _supplier_code(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    code = str(decode_cursor(cursor, length=1)[0])
    if not SUPPLIER_CODE.fullmatch(code):
        raise Rejected("the cursor belongs to another list", code="invalid_cursor")
    return code
