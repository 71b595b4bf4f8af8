"""Invitations to read a contract."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from common.http.text import Line
from contracts.domain import links as domain
from contracts.domain.links import InvitationState
from contracts.schemas.contracts import Name


class NewInvitation(BaseModel):
    """`expires_on` is the last day of the share; `language` is the letter's."""

    email: Annotated[Line, Field(max_length=254)]
    expires_on: date
    language: Literal["ru", "en"]


class Invitation(BaseModel):
    """An invitation that the caller gave. `last_used_at` is when the guest last looked, to five minutes."""

    id: UUID
    email: str
    state: InvitationState
    created_at: datetime
    accept_before: datetime
    expires_on: date
    accepted_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, invitation: domain.Invitation, *, now: datetime) -> "Invitation":
        assert invitation.email is not None  # noqa: S101 -- invitations without their address are not listed
        return cls(
            id=invitation.invitation_id,
            email=invitation.email,
            state=invitation.state(now=now),
            created_at=invitation.created_at,
            accept_before=invitation.accept_before,
            expires_on=invitation.expires_on,
            accepted_at=invitation.accepted_at,
            last_used_at=invitation.last_used_at,
        )


class InvitationPage(BaseModel):
    items: list[Invitation]
    next_cursor: str | None


class Acceptance(BaseModel):
    """The token of the letter's link. Without a name the contract's number is shown."""

    token: Annotated[str, Field(min_length=1, max_length=100)]
    name: Name | None = None
