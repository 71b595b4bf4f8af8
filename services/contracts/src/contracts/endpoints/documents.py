"""Documents of the supplier's billing from a file, for systems that do not write the inbox: the same form and rules."""

from datetime import UTC, datetime

import msgspec
from fastapi import APIRouter, Request

from common.http.auth import CurrentOperator
from common.http.problems import declared
from common.logging import get_logger
from contracts.endpoints.files import file_of
from contracts.errors import InvalidDocuments, UnknownFormat
from contracts.resources import CurrentResources
from contracts.schemas.operators import DocumentFault, DocumentReport
from contracts.service import inbox
from topics.inbox import ContractTerms, SupplierDocument

log = get_logger(__name__)

router = APIRouter(prefix="/operator", tags=["operator"])

JSON = "application/json"
MAX_DOCUMENTS = 2_000
_LIST = {"schema": {"type": "array", "maxItems": MAX_DOCUMENTS, "items": {"type": "object"}}}
_DECODER = msgspec.json.Decoder(list[SupplierDocument])


@router.post(
    "/document-imports",
    responses=declared(401, 403, 413, 415, 422),
    openapi_extra={"requestBody": {"required": True, "content": {JSON: _LIST}}},
)
async def import_documents(
    caller: CurrentOperator, resources: CurrentResources, request: Request, dry_run: bool = False
) -> DocumentReport:
    """Take balances, charges, payments and contracts over from a list in the inbox's form, all or none.

    With passwords' hashes it needs a second factor shown not long ago, else 403 `recent_factor_required`.
    """
    assert caller.supplier is not None  # noqa: S101 -- what makes a caller an operator
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise UnknownFormat
    documents, now = _decoded(await file_of(request)), datetime.now(UTC)
    if not dry_run and any(isinstance(one.body, ContractTerms) and one.body.password_argon2id for one in documents):
        caller.require_recent_factor(within=resources.settings.factor_age, now=now)
    async with resources.engine.connect() as connection, connection.begin() as transaction:
        faults = await inbox.take_all(connection, caller.supplier, documents, now=now)
        if dry_run or faults:
            await transaction.rollback()
    log.info(
        "documents.imported",
        supplier=caller.supplier,
        dry_run=dry_run,
        documents=len(documents),
        faults=len(faults),
        user_id=str(caller.user_id),
    )
    return DocumentReport(
        dry_run=dry_run, documents=len(documents), errors=[DocumentFault(**vars(fault)) for fault in faults]
    )


def _decoded(content: bytes) -> list[SupplierDocument]:
    try:
        documents = _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidDocuments(str(error)) from error
    if len(documents) > MAX_DOCUMENTS:
        raise InvalidDocuments(f"a file may have {MAX_DOCUMENTS} documents")
    return documents
