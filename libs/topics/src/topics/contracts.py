"""What contracts publishes: who supplies what, and who may see it. Only its letters carry an address."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, field

from common.kafka.topic import Message, Topic
from topics.auth import Letter

# An invitation can be accepted for a week; its letter must arrive that long, however long notify was away.
CONTRACT_LETTERS_KEPT_HOURS = 7 * 24


class Contract(Message, frozen=True, kw_only=True):
    """A supply contract. `closed` contracts keep their history and get nothing new."""

    contract_id: UUID
    version: int
    supplier_code: str
    number: str
    closed: bool = False


class RevokedLink(Message, frozen=True, kw_only=True):
    """A link that opens nothing any more and is still in its user's list, since when and why.

    `reason` is `password_changed` (by the supplier), `share_ended` or `share_expired`; others may come.
    """

    user_id: UUID
    reason: str
    at: Annotated[datetime, Meta(tz=True)]


class ContractLinks(Message, frozen=True, kw_only=True):
    """All users who may see a contract. The newest version replaces the whole list.

    `read_only_user_ids` are those among them who may change nothing: the contract is shared with them. `revoked` are
    those who see it no more and did not unlink it themselves; `number` is for telling them of which contract.
    `changed_at` tells news from what a copy made anew reads again; former versions of contracts leave it out.
    """

    contract_id: UUID
    version: int
    supplier_code: str
    user_ids: list[UUID]
    read_only_user_ids: list[UUID] = field(default_factory=list)
    revoked: list[RevokedLink] = field(default_factory=list)
    number: str | None = None
    changed_at: Annotated[datetime, Meta(tz=True)] | None = None


CONTRACTS: Topic[Contract] = Topic(
    name="contracts-contracts-v1",
    message=Contract,
    key=lambda message: str(message.contract_id),
    owner="contracts",
    readers=("metering",),
    compacted=True,
    retention_hours=None,
    description="Supply contracts.",
)
LINKS: Topic[ContractLinks] = Topic(
    name="contracts-links-v1",
    message=ContractLinks,
    key=lambda message: str(message.contract_id),
    owner="contracts",
    readers=("metering", "notify", "tickets"),
    compacted=True,
    retention_hours=None,
    description="Which users may see a contract; one record holds all links of the contract.",
)
CONTRACT_LETTERS: Topic[Letter] = Topic(
    name="contracts-letters-v1",
    message=Letter,
    key=lambda message: str(message.user_id),
    owner="contracts",
    readers=("notify",),
    retention_hours=CONTRACT_LETTERS_KEPT_HOURS,
    description="Letters to send; kept as long as an invitation may be accepted, readable by notify alone.",
)
