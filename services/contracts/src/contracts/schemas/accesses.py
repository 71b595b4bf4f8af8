"""Who looked at a contract's data."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from common.accesses import Reader
from contracts.domain import accesses as domain


class AccessSupplier(BaseModel):
    """The supplier whose staff looked."""

    code: str
    name: str | None


class DataAccess(BaseModel):
    """The looks of one reader at one area of the contract within one hour of UTC; `times` is full when it is over.

    `operator` is somebody of the supplier's staff, `guest` somebody with whom the contract is shared, `api_key` a
    program of somebody who sees it. Names are not known here: `reader_id` tells one reader from another. `own`: the
    caller, or an API key of the caller's. `invitation_id` is that of the caller's invitation by which a guest reads.
    `area` is an open list: contract, contract-list, credentials, balance, charges, payments, accesses, points,
    readings, profile, journals, journal, days, tickets and what is added later.
    """

    id: UUID
    reader: Reader
    reader_id: UUID
    own: bool
    supplier: AccessSupplier | None
    invitation_id: UUID | None
    area: str
    first_at: datetime
    last_at: datetime
    times: int

    @classmethod
    def of(cls, shown: domain.ShownAccess) -> "DataAccess":
        supplier = None
        if shown.supplier_code is not None:
            supplier = AccessSupplier(code=shown.supplier_code, name=shown.supplier_name)
        return cls(
            id=shown.access_id,
            reader=shown.reader,
            reader_id=shown.reader_id,
            own=shown.own,
            supplier=supplier,
            invitation_id=shown.invitation_id,
            area=shown.area,
            first_at=shown.first_at,
            last_at=shown.last_at,
            times=shown.times,
        )


class DataAccessPage(BaseModel):
    items: list[DataAccess]
    next_cursor: str | None
