"""What notify publishes: letters that it wants sent to a user whose address it does not know."""

from uuid import UUID

from common.kafka.topic import Message, Topic


class LetterRequest(Message, frozen=True, kw_only=True):
    """A letter to a user. auth, which alone knows addresses, makes the letter of it, under the same id."""

    letter_id: UUID
    user_id: UUID
    kind: str
    fields: dict[str, str]


LETTER_REQUESTS: Topic[LetterRequest] = Topic(
    name="notify-letter-requests-v1",
    message=LetterRequest,
    key=lambda message: str(message.user_id),
    owner="notify",
    readers=("auth",),
    description="Letters to users, to be addressed by auth; without an address.",
)
