"""The supplier's staff: contracts one by one and from a file, sheets with new passwords. Only their own supplier."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from common.db import Transaction
from common.http.auth import Caller, CurrentOperator
from common.http.idempotency import IdempotencyKey, once
from common.http.pages import decode_cursor, encode_cursor
from common.http.problems import declared
from common.logging import get_logger
from contracts import credential_page
from contracts.endpoints.files import file_of
from contracts.errors import UnknownFormat
from contracts.repository import contracts, staff
from contracts.resources import CurrentResources
from contracts.schemas.operators import (
    ContractChange,
    Credential,
    CredentialSheet,
    ImportReport,
    NewContract,
    NewSheet,
    OperatorContract,
    OperatorContractPage,
    Sought,
)
from contracts.service import imports, operators
from contracts.service.accesses import CONTRACT, CONTRACT_LIST, CREDENTIALS, shown_to_staff
from contracts.spreadsheets import CSV, XLSX, read_rows

log = get_logger(__name__)

router = APIRouter(prefix="/operator", tags=["operator"])

HTML = "text/html"
_FILE = {"schema": {"type": "string", "format": "binary"}}


@router.get("/contracts", responses=declared(401, 403, 422))
async def list_operator_contracts(
    caller: CurrentOperator,
    connection: Transaction,
    wanted: Annotated[Sought, Query()],
) -> OperatorContractPage:
    """List the supplier's contracts by number. Who has linked one is told that it was seen."""
    after = str(decode_cursor(wanted.cursor, length=1)[0]).replace("\x00", "") if wanted.cursor else None
    found = await staff.contracts_of(
        connection, _supplier(caller), wanted.contracts(), after=after, limit=wanted.limit + 1
    )
    shown = found[: wanted.limit]
    await shown_to_staff(
        connection, [one.contract_id for one in shown], caller, area=CONTRACT_LIST, now=datetime.now(UTC)
    )
    return OperatorContractPage(
        items=[OperatorContract.of(contract) for contract in shown],
        next_cursor=encode_cursor(shown[-1].number) if len(found) > wanted.limit else None,
    )


@router.get("/contracts/{contract_id}", responses=declared(401, 403, 404, 422))
async def get_operator_contract(
    caller: CurrentOperator, connection: Transaction, contract_id: UUID
) -> OperatorContract:
    """Show one contract of the supplier. Who has linked it is told that it was seen."""
    found = await operators.show(connection, _supplier(caller), contract_id)
    await shown_to_staff(connection, [contract_id], caller, area=CONTRACT, now=datetime.now(UTC))
    return OperatorContract.of(found)


@router.post("/contracts", status_code=201, response_model=OperatorContract, responses=declared(401, 403, 409, 422))
async def create_operator_contract(
    caller: CurrentOperator, connection: Transaction, wanted: NewContract, idempotency_key: IdempotencyKey
) -> Response:
    """Create a contract. It gets its password by a sheet."""
    now = datetime.now(UTC)

    async def create() -> OperatorContract:
        created = await operators.create(
            connection, _supplier(caller), number=wanted.number, login=wanted.login, now=now
        )
        return OperatorContract.of(created)

    return await once(
        connection,
        user_id=caller.user_id,
        operation="create_operator_contract",
        key=idempotency_key,
        request=wanted,
        run=create,
    )


@router.patch("/contracts/{contract_id}", responses=declared(401, 403, 404, 409, 422))
async def change_operator_contract(
    caller: CurrentOperator, connection: Transaction, contract_id: UUID, wanted: ContractChange
) -> OperatorContract:
    """Give a contract another number or login, close it, or open it again. What is left out stays.

    A closed contract cannot be linked; who has linked it keeps the history.
    """
    now = datetime.now(UTC)
    changed = await operators.change(
        connection, _supplier(caller), contract_id, wanted.model_dump(exclude_none=True), now=now
    )
    await shown_to_staff(connection, [contract_id], caller, area=CONTRACT, now=now)
    return OperatorContract.of(changed)


@router.post(
    "/credential-sheets",
    response_model=CredentialSheet,
    responses=declared(401, 403, 404, 409, 422)
    | {200: {"content": {HTML: {"schema": {"type": "string"}}}, "description": "Shown this once; HTML if asked for."}},
)
async def issue_credential_sheet(
    caller: CurrentOperator,
    resources: CurrentResources,
    wanted: NewSheet,
    accept: Annotated[str, Header(max_length=500)] = "",
) -> Response:
    """Issue new passwords and show them this once. Links made with the former passwords are revoked.

    Needs a second factor shown in this session not long ago, else 403 `recent_factor_required`.
    """
    supplier_code = _supplier(caller)
    now = datetime.now(UTC)
    caller.require_recent_factor(within=resources.settings.factor_age, now=now)
    with resources.passwords.room():
        async with resources.engine.begin() as connection:
            await operators.check_issuable(connection, supplier_code, wanted.contract_ids)
        drawn = await operators.draw_credentials(wanted.contract_ids, passwords=resources.passwords)
    async with resources.engine.begin() as connection:
        issued = await operators.issue(connection, supplier_code, drawn, now=now)
        await shown_to_staff(connection, wanted.contract_ids, caller, area=CREDENTIALS, now=now)
        supplier = (await contracts.suppliers_of(connection, [supplier_code]))[supplier_code]
    log.info("credentials.issued", supplier=supplier_code, contracts=len(issued), user_id=str(caller.user_id))
    sheet = CredentialSheet(
        supplier=supplier.name,
        issued_at=now,
        items=[
            Credential(contract_id=one.contract_id, number=contract.number, login=contract.login, password=one.password)
            for one, contract in zip(drawn, issued, strict=True)
        ],
    )
    if HTML in accept:
        return Response(credential_page.page(sheet), media_type=HTML, headers=credential_page.HEADERS)
    return Response(sheet.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post(
    "/contract-imports",
    responses=declared(401, 403, 413, 415, 422),
    openapi_extra={"requestBody": {"required": True, "content": {CSV: _FILE, XLSX: _FILE}}},
)
async def import_contracts(
    caller: CurrentOperator, resources: CurrentResources, request: Request, dry_run: bool = False
) -> ImportReport:
    """Take contracts over from a CSV or XLSX file, all or none. A dry run only says what would be done.

    With passwords' hashes it needs a second factor shown not long ago, else 403 `recent_factor_required`.
    """
    now = datetime.now(UTC)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {CSV, XLSX}:
        raise UnknownFormat
    rows = await asyncio.to_thread(read_rows, await file_of(request), media_type)
    async with resources.engine.connect() as connection, connection.begin() as transaction:
        report = await imports.take_over(connection, _supplier(caller), rows, now=now)
        if report.passwords and not dry_run:
            caller.require_recent_factor(within=resources.settings.factor_age, now=now)
        if dry_run or report.faults:
            await transaction.rollback()
    log.info(
        "contracts.imported",
        supplier=_supplier(caller),
        dry_run=dry_run,
        rows=report.rows,
        created=report.created,
        changed=report.changed,
        faults=len(report.faults),
        user_id=str(caller.user_id),
    )
    return ImportReport.of(report, dry_run=dry_run)


def _supplier(caller: Caller) -> str:
    assert caller.supplier is not None  # noqa: S101 -- what makes a caller an operator
    return caller.supplier
