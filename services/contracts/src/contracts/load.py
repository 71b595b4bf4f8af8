"""Takes over a registry file of suppliers and contracts: docs/guides/operator/contracts-file.md."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from common import db
from common.http.text import Line
from common.logging import get_logger
from common.passwords import Passwords
from contracts.domain import contracts as domain
from contracts.domain.pay_links import checked_pay_url
from contracts.errors import InvalidRegistry
from contracts.metrics import PASSWORD_SECONDS
from contracts.schemas.contracts import Login, Password, SupplierCode
from contracts.service import inbox
from contracts.service.registry import take_over
from contracts.settings import Settings
from topics.inbox import SupplierDocument

log = get_logger(__name__)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FileSupplier(_Strict):
    code: SupplierCode
    name: Annotated[Line, Field(max_length=200)]
    phone: Annotated[Line, Field(max_length=50)] | None = None
    email: Annotated[Line, Field(max_length=254)] | None = None
    site: Annotated[Line, Field(max_length=200, pattern="^https?://")] | None = None
    pay_url: Annotated[str, Field(max_length=500), AfterValidator(checked_pay_url)] | None = None


class FileContract(_Strict):
    id: UUID
    supplier_code: SupplierCode
    number: Annotated[Line, Field(max_length=50)]
    login: Login
    password: Password
    closed: bool = False


def _document(value: Any) -> SupplierDocument:
    try:
        return msgspec.convert(value, SupplierDocument)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


Document = Annotated[Any, AfterValidator(_document)]
"""A document in the form of the supplier's inbox."""


class RegistryFile(_Strict):
    suppliers: list[FileSupplier] = Field(default_factory=list)
    contracts: list[FileContract] = Field(default_factory=list)
    documents: dict[SupplierCode, list[Document]] = Field(default_factory=dict)

    def registry(self) -> domain.Registry:
        return domain.Registry(
            suppliers=tuple(domain.Supplier(**supplier.model_dump()) for supplier in self.suppliers),
            contracts=tuple(
                domain.RegisteredContract(
                    contract_id=contract.id,
                    supplier_code=contract.supplier_code,
                    number=contract.number,
                    login=contract.login,
                    password=contract.password.get_secret_value(),
                    closed=contract.closed,
                )
                for contract in self.contracts
            ),
        )


async def load(settings: Settings, file: Path) -> None:
    """Take a registry file over, all of it or nothing. A repeat changes nothing. Raises InvalidRegistry."""
    parsed = read(await asyncio.to_thread(_content, file))
    now = datetime.now(UTC)
    passwords = Passwords(settings, seconds=PASSWORD_SECONDS)
    try:
        async with db.open_engine(settings) as engine, engine.begin() as connection:
            changes = await take_over(connection, parsed.registry(), passwords=passwords, now=now)
            for supplier_code, documents in parsed.documents.items():
                faults = await inbox.take_all(connection, supplier_code, documents, now=now)
                if faults:
                    raise InvalidRegistry([f"document {one.document_id}: {one.message}" for one in faults])
    finally:
        passwords.close()
    log.info("registry.taken_over", suppliers=changes.suppliers, contracts=changes.contracts, events=changes.events)


def read(content: bytes) -> RegistryFile:
    """Return a registry file. Raises InvalidRegistry with all faults of form, without the values."""
    try:
        return RegistryFile.model_validate_json(content)
    except ValidationError as error:
        raise InvalidRegistry(
            [
                f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}".removeprefix(": ")
                for fault in error.errors(include_input=False, include_url=False, include_context=False)
            ]
        ) from None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidRegistry([f"{file}: {error.strerror}"]) from error
