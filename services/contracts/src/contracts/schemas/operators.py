"""What the supplier's staff sends and sees."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

from contracts.domain.contracts import SoughtContracts, StaffContract
from contracts.domain.imports import ImportReport as DomainReport
from contracts.schemas.contracts import Login, Number

SHEET_MAX = 50


def _distinct(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        msg = "a contract stands in the list twice"
        raise ValueError(msg)
    return ids


class NewContract(BaseModel):
    number: Number
    login: Login


class ContractChange(BaseModel):
    """What is left out or null stays; something must be there."""

    number: Number | None = None
    login: Login | None = None
    closed: bool | None = None

    @model_validator(mode="after")
    def _is_change(self) -> "ContractChange":
        if self.number is None and self.login is None and self.closed is None:
            msg = "nothing is to be changed"
            raise ValueError(msg)
        return self


class Sought(BaseModel):
    """Which contracts to list. `linked`: whether anybody sees them now."""

    number: Annotated[str, Field(max_length=50, pattern=r"^[^\x00]*$", description="It begins so.")] = ""
    login: Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$", description="It begins so.")] = ""
    closed: bool | None = None
    has_password: bool | None = None
    linked: Annotated[bool | None, Field(description="Whether anybody sees it now.")] = None
    cursor: Annotated[str | None, Field(max_length=400, description="`next_cursor` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="At most this many items.")] = 50

    def contracts(self) -> SoughtContracts:
        return SoughtContracts(
            number_begins=self.number,
            login_begins=self.login,
            closed=self.closed,
            has_password=self.has_password,
            linked=self.linked,
        )


class OperatorContract(BaseModel):
    """A contract of the operator's supplier. `users` is how many people see it now."""

    id: UUID
    number: str
    login: str
    closed: bool
    has_password: bool
    users: int
    created_at: datetime

    @classmethod
    def of(cls, contract: StaffContract) -> "OperatorContract":
        return cls(
            id=contract.contract_id,
            number=contract.number,
            login=contract.login,
            closed=contract.closed,
            has_password=contract.has_password,
            users=contract.users,
            created_at=contract.created_at,
        )


class OperatorContractPage(BaseModel):
    items: list[OperatorContract]
    next_cursor: str | None


class NewSheet(BaseModel):
    contract_ids: Annotated[list[UUID], Field(min_length=1, max_length=SHEET_MAX), AfterValidator(_distinct)]


class Credential(BaseModel):
    """What one consumer gets on paper."""

    contract_id: UUID
    number: str
    login: str
    password: str


class CredentialSheet(BaseModel):
    """New passwords, shown this once."""

    supplier: str
    issued_at: datetime
    items: list[Credential]


class DocumentFault(BaseModel):
    """What is wrong with one document of the list; the first is 0."""

    position: int
    document_id: str
    code: str
    message: str


class DocumentReport(BaseModel):
    """What an import of documents did, or would do at a dry run. With errors nothing is taken over."""

    dry_run: bool
    documents: int
    errors: list[DocumentFault]


class RowFault(BaseModel):
    """What is wrong with one row; `row` as the sheet counts, the header is 1."""

    row: int
    column: str | None
    code: str
    message: str


class ImportReport(BaseModel):
    """What an import did, or would do at a dry run. With errors nothing is taken over."""

    dry_run: bool
    rows: int
    created: int
    changed: int
    unchanged: int
    errors: list[RowFault]

    @classmethod
    def of(cls, report: DomainReport, *, dry_run: bool) -> "ImportReport":
        return cls(
            dry_run=dry_run,
            rows=report.rows,
            created=report.created,
            changed=report.changed,
            unchanged=report.unchanged,
            errors=[
                RowFault(row=fault.row, column=fault.column, code=fault.code, message=fault.message)
                for fault in report.faults
            ],
        )
