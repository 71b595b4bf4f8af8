"""A look at a contract's data by somebody whose they are not, as a user of the contract may know of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.accesses import Reader


@dataclass(frozen=True, kw_only=True)
class ShownAccess:
    """The looks of one reader at one area within one hour. `own`: the reader is the user who asks.

    `invitation_id` is set for a guest whom the user who asks invited.
    """

    access_id: UUID
    reader: Reader
    reader_id: UUID
    own: bool
    supplier_code: str | None
    supplier_name: str | None
    invitation_id: UUID | None
    area: str
    first_at: datetime
    last_at: datetime
    times: int
