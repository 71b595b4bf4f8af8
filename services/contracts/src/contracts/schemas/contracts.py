"""Suppliers, linked contracts, linking. A password is a SecretStr: it stays out of logs and of idempotency records."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from common.http.text import Line
from contracts.domain import contracts as domain
from contracts.domain.links import LinkedContract, LinkState, Rights, StateReason
from topics.supplier import SUPPLIER_CODE

SupplierCode = Annotated[str, Field(pattern=f"^{SUPPLIER_CODE.pattern}$")]
Name = Annotated[Line, Field(max_length=100)]
Number = Annotated[Line, Field(max_length=50)]
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
    """A contract in the caller's list. `name` is the caller's own.

    A revoked one opens nothing: after `password_changed` link it again with the supplier's new password.
    `expires_on` is the last day of a share.
    """

    id: UUID
    name: str
    number: str
    supplier: Supplier
    linked_at: datetime
    rights: Rights
    state: LinkState
    state_reason: StateReason | None
    state_changed_at: datetime
    expires_on: date | None

    @classmethod
    def of(cls, contract: LinkedContract) -> "Contract":
        link = contract.link
        return cls(
            id=link.contract_id,
            name=link.name,
            number=contract.number,
            supplier=Supplier.of(contract.supplier),
            linked_at=link.linked_at,
            rights=link.rights,
            state=link.state,
            state_reason=link.state_reason,
            state_changed_at=link.state_changed_at,
            expires_on=link.expires_on,
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


class NewName(BaseModel):
    name: Name
