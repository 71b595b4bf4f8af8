"""The API models of contracts. A password is a SecretStr: it stays out of logs and of idempotency records."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from common.http.text import Line
from contracts import domain
from topics.supplier import SUPPLIER_CODE

SupplierCode = Annotated[str, Field(pattern=f"^{SUPPLIER_CODE.pattern}$")]
Name = Annotated[Line, Field(max_length=100)]
Login = Annotated[Line, Field(max_length=100)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=200)]


class Supplier(BaseModel):
    """A utility that supplies electricity."""

    code: str
    name: str
    phone: str | None
    email: str | None
    site: str | None

    @classmethod
    def of(cls, supplier: domain.Supplier) -> "Supplier":
        return cls(
            code=supplier.code, name=supplier.name, phone=supplier.phone, email=supplier.email, site=supplier.site
        )


class SupplierPage(BaseModel):
    items: list[Supplier]
    next_cursor: str | None


class Contract(BaseModel):
    """A contract that the caller has linked. `name` is the caller's own."""

    id: UUID
    name: str
    number: str
    supplier: Supplier
    linked_at: datetime

    @classmethod
    def of(cls, contract: domain.LinkedContract) -> "Contract":
        return cls(
            id=contract.contract_id,
            name=contract.name,
            number=contract.number,
            supplier=Supplier.of(contract.supplier),
            linked_at=contract.linked_at,
        )


class ContractPage(BaseModel):
    items: list[Contract]
    next_cursor: str | None


class NewLink(BaseModel):
    """Login and password are those that the supplier gave for the contract."""

    supplier_code: SupplierCode
    name: Name
    login: Login
    password: Password
