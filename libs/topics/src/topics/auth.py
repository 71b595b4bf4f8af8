"""What auth publishes: users by opaque id, and letters, which alone carry an address."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from common.kafka.topic import Message, Topic

Channel = Literal["email", "sms"]

# A letter must reach notify for as long as its link works, however long notify was away: links of auth live a day, two
# at the most that its settings allow. Not longer: these records carry addresses and tokens.
LETTERS_KEPT_HOURS = 48


class User(Message, frozen=True, kw_only=True):
    """A user as others may know it: no name, no address."""

    user_id: UUID
    version: int
    language: str
    roles: list[str]
    supplier_code: str | None
    disabled: bool = False


class Letter(Message, frozen=True, kw_only=True):
    """A letter to send. `kind` names its texts, `fields` fill them in. Not sent after `expires_at`.

    An instant among the fields is in ISO 8601 with an offset.
    """

    letter_id: UUID
    user_id: UUID
    kind: str
    to: str
    language: str
    fields: dict[str, str]
    expires_at: Annotated[datetime, Meta(tz=True)]
    channel: Channel = "email"


USERS: Topic[User] = Topic(
    name="auth-users-v1",
    message=User,
    key=lambda message: str(message.user_id),
    owner="auth",
    readers=(),  # nobody in the house needs them yet
    compacted=True,
    retention_hours=None,
    description="Users: language, roles, whether disabled.",
)
LETTERS: Topic[Letter] = Topic(
    name="auth-letters-v1",
    message=Letter,
    key=lambda message: str(message.user_id),
    owner="auth",
    readers=("notify",),
    retention_hours=LETTERS_KEPT_HOURS,
    description="Letters to send; kept as long as the longest of their links may live, readable by notify alone.",
)
