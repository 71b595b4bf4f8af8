"""What contracts publishes: who supplies what, and who may see it. No names, addresses or credentials."""

from uuid import UUID

from common.kafka.topic import Message, Topic


class Contract(Message, frozen=True, kw_only=True):
    """A supply contract. `closed` contracts keep their history and get nothing new."""

    contract_id: UUID
    version: int
    supplier_code: str
    number: str
    closed: bool = False


class ContractLinks(Message, frozen=True, kw_only=True):
    """All users who may see a contract. The newest version replaces the whole list."""

    contract_id: UUID
    version: int
    supplier_code: str
    user_ids: list[UUID]


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
