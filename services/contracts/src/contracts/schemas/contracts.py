"""Suppliers, linked contracts, linking. A password is a SecretStr: it stays out of logs and of idempotency records."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from common.http.text import Line
from contracts.domain import contracts as domain
from contracts.domain import links as domain_links
from contracts.domain.links import LinkedContract, LinkState, RefusalReason, Rights, StateReason
from contracts.domain.pay_links import pay_url_of
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

    `state` is `linked` or `revoked`; tries that came to nothing are listed as refused links. A revoked one opens
    nothing: after `password_changed` link it again with the supplier's new password.
    `expires_on` is the last day of a share. `pay_url` is where the contract is paid at its supplier; null if it has not
    told.
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
    pay_url: str | None

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
            pay_url=pay_url_of(contract.supplier.pay_url, contract.number),
        )


class ContractPage(BaseModel):
    items: list[Contract]
    next_cursor: str | None


class RefusedLink(BaseModel):
    """The caller's tries on one login that came to nothing. `name` is the one that the caller gave the last time.

    `link_refused`: the supplier knows no open contract with this login and password; which is wrong is not told.
    `supplier` is null if there is none of that code.
    """

    id: UUID
    supplier: Supplier | None
    name: str
    state: Literal["refused"]
    state_reason: RefusalReason
    times: int
    refused_at: datetime

    @classmethod
    def of(cls, refused: domain_links.RefusedLink) -> "RefusedLink":
        return cls(
            id=refused.refused_link_id,
            supplier=Supplier.of(refused.supplier) if refused.supplier is not None else None,
            name=refused.name,
            state="refused",
            state_reason=refused.reason,
            times=refused.times,
            refused_at=refused.refused_at,
        )


class RefusedLinkPage(BaseModel):
    items: list[RefusedLink]
    next_cursor: str | None


class NewLink(BaseModel):
    """Login and password are those that the supplier gave for the contract."""

    supplier_code: SupplierCode
    name: Name
    login: Login
    password: Password


class NewName(BaseModel):
    name: Name
