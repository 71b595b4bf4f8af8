"""Who looked at the data of a contract; every service that shows such data publishes one topic of this form.

Readers are told by opaque ids: neither names nor addresses travel.
"""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from common.accesses import Noted
from common.kafka.topic import Message, Topic
from topics.poller import Utc

Reader = Literal["operator", "guest", "api_key"]
Area = Annotated[str, Meta(pattern="^[a-z][a-z-]{0,39}$")]


class DataAccess(Message, frozen=True, kw_only=True):
    """One reader's looks at one area of a contract within one hour, that hour's `times` so far.

    `reader_id` is the user's, or the API key's; `user_id` whose that key is. `supplier_code` is set for the
    supplier's staff. `hour` begins at a full hour of UTC. The same reader, contract, area and hour may be told
    again: the highest `times` counts.
    """

    contract_id: UUID
    reader: Reader
    reader_id: UUID
    user_id: UUID
    supplier_code: str | None
    area: Area
    hour: Utc
    first_at: Utc
    last_at: Utc
    times: Annotated[int, Meta(ge=1, lt=2**31)]


def told(noted: Noted) -> DataAccess:
    """Return the event of what a service has noted."""
    return DataAccess(
        contract_id=noted.contract_id,
        reader=noted.reader.value,
        reader_id=noted.reader_id,
        user_id=noted.user_id,
        supplier_code=noted.supplier_code,
        area=noted.area,
        hour=noted.hour,
        first_at=noted.at,
        last_at=noted.last_at,
        times=noted.times,
    )


def data_accesses(owner: str) -> Topic[DataAccess]:
    """Return the topic in which `owner` tells who looked at the data that it shows."""
    return Topic(
        name=f"{owner}-data-accesses-v1",
        message=DataAccess,
        key=lambda message: str(message.contract_id),
        owner=owner,
        readers=("contracts",),
        description=f"Who looked at what {owner} shows of a contract, beside those whose it is.",
    )


METERING_ACCESSES = data_accesses("metering")
TICKETS_ACCESSES = data_accesses("tickets")
