"""Notifications, deliveries, and when a failed letter is tried again. No framework, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

FIRST_PAUSE_SECONDS = 1
MAX_PAUSE_SECONDS = 60
COPIES_AT_MOST = 2


class Source(str, Enum):
    """Whom a kind of notice comes from. Users switch suppliers and meters off; account, security and law stay on."""

    SUPPLIER = "supplier"
    METER = "meter"
    ACCOUNT = "account"


# Why a link may be revoked, as far as there are words for it. Another reason is told without its words: who may see a
# contract must be kept whatever a newer version of contracts says of it.
REVOKED_REASONS = ("password_changed", "share_ended", "share_expired")
OTHER_REASON = "other"

SWITCHES = (Source.SUPPLIER, Source.METER)


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What one user wants to hear of: everything, until some source is switched off. Each change has a version."""

    switched_off: frozenset[Source] = frozenset()
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class NewNotification:
    """Something that the users of a contract should learn of. One `dedup_key` reaches a user once."""

    contract_id: UUID
    kind: str
    dedup_key: str
    fields: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A notification of one user; its text is made when it is read, in the reader's language."""

    notification_id: UUID
    contract_id: UUID
    kind: str
    fields: dict[str, str]
    created_at: datetime
    read_at: datetime | None


class DeliveryState(str, Enum):
    """Where a letter stands. All but `pending` are final."""

    PENDING = "pending"
    SENT = "sent"
    REFUSED = "refused"
    EXPIRED = "expired"
    SWITCHED_OFF = "switched_off"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A letter, or a text for a phone, on its way, claimed for one try. `attempts` includes this one.

    `user_id` is None for letters that were taken before deliveries knew it. `copies` counts how often a mail server got
    the whole letter and its answer is not known: it was lost, or we were killed before it was written down.
    """

    letter_id: UUID
    user_id: UUID | None
    kind: str
    source: Source
    to: str
    language: str
    subject: str
    text: str
    received_at: datetime
    expires_at: datetime
    attempts: int
    copies: int = 0

    @property
    def by_sms(self) -> bool:
        """Whether `to` is a phone number; no e-mail address begins with + and digits alone."""
        return self.to.startswith("+") and "@" not in self.to


def pause_after(attempts: int) -> timedelta:
    """Return how long a letter waits after its `attempts` failed tries: 1 s, 2 s, 4 s … a minute."""
    return timedelta(seconds=min(FIRST_PAUSE_SECONDS * 2 ** min(attempts - 1, 10), MAX_PAUSE_SECONDS))
