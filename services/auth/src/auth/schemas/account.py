"""Recovery, the profile, sessions as their user sees them, the proof of the owner, the security log."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from auth.domain import Login
from auth.domain import SecurityEvent as DomainSecurityEvent
from auth.schemas.fields import FullName, Language, LinkToken, Phone, TypedPassword
from common.email_addresses import Email


class RecoveryRequest(BaseModel):
    """The address of an account whose password is forgotten."""

    model_config = ConfigDict(extra="forbid")

    email: Email


class LetterPromised(BaseModel):
    """If the address is one of an account, a letter goes there; its link works for `expires_in` seconds."""

    expires_in: int


class NewPassword(BaseModel):
    """The token of the letter's link, and the password to set."""

    model_config = ConfigDict(extra="forbid")

    token: LinkToken
    password: TypedPassword


class UserProfile(BaseModel):
    """What the user has told. A new name is shown elsewhere after the next sign-in."""

    email: str
    pending_email: str | None
    full_name: str
    phone: str | None
    language: Language


class ProfileChange(BaseModel):
    """What is to change; what is left out or null stays."""

    model_config = ConfigDict(extra="forbid")

    full_name: FullName | None = None
    phone: Phone | None = None
    language: Language | None = None


class EmailChange(BaseModel):
    """The address to move to."""

    model_config = ConfigDict(extra="forbid")

    email: Email


class EmailChangePromised(BaseModel):
    """If nobody else has it, a letter goes to the new address; its link works for `expires_in` seconds."""

    email: str
    expires_in: int


class PasswordChange(BaseModel):
    """The present password and the next. Programs' API keys end with the old one, unless they are kept."""

    model_config = ConfigDict(extra="forbid")

    current_password: TypedPassword
    new_password: TypedPassword
    keep_api_keys: bool = False


class SignedInSession(BaseModel):
    """One of the user's sessions. `address` is where it was used last, as the gateway saw it."""

    id: UUID
    device: str
    address: str | None
    created_at: datetime
    last_used_at: datetime
    current: bool

    @classmethod
    def of(cls, login: Login, *, current: UUID) -> "SignedInSession":
        return cls(
            id=login.id,
            device=login.device_name,
            address=login.address,
            created_at=login.created_at,
            last_used_at=login.last_used_at,
            current=login.id == current,
        )


class SignedInSessions(BaseModel):
    items: list[SignedInSession]
    next_cursor: str | None


EventKind = Literal[
    "registered",
    "signed_in",
    "sign_in_refused",
    "second_factor_asked",
    "second_factor_refused",
    "signed_out",
    "session_ended",
    "sessions_ended",
    "refresh_token_reused",
    "recovery_requested",
    "password_recovered",
    "password_changed",
    "email_change_requested",
    "email_changed",
    "phone_changed",
    "stepped_up",
    "step_up_refused",
    "factor_added",
    "factor_removed",
    "recovery_codes_made",
    "recovery_code_used",
    "api_key_made",
    "api_key_revoked",
]


class SecurityEvent(BaseModel):
    """Something that happened to the account, from which device and address."""

    id: UUID
    at: datetime
    kind: EventKind
    device: str | None
    address: str | None

    @classmethod
    def of(cls, event: DomainSecurityEvent) -> "SecurityEvent":
        return cls.model_validate(
            {"id": event.id, "at": event.at, "kind": event.kind.value, "device": event.device, "address": event.address}
        )


class SecurityEventPage(BaseModel):
    items: list[SecurityEvent]
    next_cursor: str | None
