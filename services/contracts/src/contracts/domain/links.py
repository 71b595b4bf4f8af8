"""Links and shares: who sees a contract, with which rights, since when and until when."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.domain.contracts import Supplier

SHARE_DAYS_MAX = 366
ACCEPTED_WITHIN = timedelta(days=7)


class Rights(str, Enum):
    """`full` came by the supplier's credentials, `read` by an invitation."""

    FULL = "full"
    READ = "read"


class LinkState(str, Enum):
    """A revoked link stays in its user's list, with the reason, and opens nothing."""

    LINKED = "linked"
    REVOKED = "revoked"


class StateReason(str, Enum):
    """Why a link is revoked. The supplier tells a new password; a share can only be given anew."""

    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- a reason, not a password
    SHARE_ENDED = "share_ended"
    SHARE_EXPIRED = "share_expired"


class RefusalReason(str, Enum):
    """Why a try to link was refused. Which of login and password was wrong is told to nobody."""

    LINK_REFUSED = "link_refused"
    TOO_MANY_ATTEMPTS = "too_many_attempts"


@dataclass(frozen=True, kw_only=True)
class RefusedLink:
    """A user's tries on one login that came to nothing, the last at `refused_at`. An unknown supplier is None."""

    refused_link_id: UUID
    supplier: Supplier | None
    name: str
    reason: RefusalReason
    times: int
    refused_at: datetime


@dataclass(frozen=True, kw_only=True)
class Link:
    """One user's link with one contract. `expires_at` is exclusive, and set for shares only."""

    contract_id: UUID
    user_id: UUID
    name: str
    rights: Rights
    state: LinkState
    state_reason: StateReason | None
    state_changed_at: datetime
    linked_at: datetime
    invitation_id: UUID | None = None
    expires_on: date | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LinkedContract:
    """A contract as one user sees it. `name` is the user's own."""

    link: Link
    number: str
    supplier: Supplier


class InvitationState(str, Enum):
    """Where an invitation stands; all but `pending` and `accepted` are final."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """An offer to read a contract until the end of `expires_on`, taken up before `accept_before` or never.

    `email` is None when the invitation has had its time and the address was forgotten.
    """

    invitation_id: UUID
    contract_id: UUID
    invited_by: UUID
    email: str | None
    created_at: datetime
    accept_before: datetime
    expires_on: date
    expires_at: datetime
    accepted_at: datetime | None = None
    accepted_by: UUID | None = None
    withdrawn_at: datetime | None = None
    last_used_at: datetime | None = None

    def state(self, *, now: datetime) -> InvitationState:
        if self.withdrawn_at is not None:
            return InvitationState.WITHDRAWN
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED if now < self.expires_at else InvitationState.EXPIRED
        return InvitationState.PENDING if now < self.accept_before else InvitationState.EXPIRED


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which `day` is over in `zone`."""
    return datetime.combine(day + timedelta(days=1), time(), zone)


def can_end_on(day: date, *, today: date) -> bool:
    """Say whether a share may last until `day`: tomorrow at the earliest, a year at most."""
    return today < day <= today + timedelta(days=SHARE_DAYS_MAX)
