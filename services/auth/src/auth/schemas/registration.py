"""Registration and the strength of passwords."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from auth.schemas.fields import FullName, Language, LinkToken, Phone, TypedPassword
from common.email_addresses import Email


class PasswordStrengthRequest(BaseModel):
    """A password that somebody thinks of, and what it should not resemble."""

    model_config = ConfigDict(extra="forbid")

    password: TypedPassword
    email: Annotated[str, Field(max_length=254)] = ""
    full_name: Annotated[str, Field(max_length=200)] = ""


class PasswordStrength(BaseModel):
    """0 is guessed at once, 4 is very hard to guess. `refusal` says why the password would not be taken."""

    score: Annotated[int, Field(ge=0, le=4)]
    refusal: Literal["password_too_short", "password_common", "password_contextual"] | None


class RegistrationRequest(BaseModel):
    """Who wants an account. A phone without a country is Russian."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    full_name: FullName
    phone: Phone
    password: TypedPassword
    language: Language = "ru"


class Registration(BaseModel):
    """A letter is on its way to `email`; it can be sent again after `resend_after_seconds`."""

    registration_id: UUID
    email: str
    resend_after_seconds: int


class RegistrationConfirmation(BaseModel):
    """The token of the letter's link, and the password that was chosen at registration."""

    model_config = ConfigDict(extra="forbid")

    token: LinkToken
    password: TypedPassword


class LinkRequest(BaseModel):
    """The token of a letter's link."""

    model_config = ConfigDict(extra="forbid")

    token: LinkToken


class OfferedEmail(BaseModel):
    """The address of a link that would be confirmed; all but its first letter and its domain is hidden."""

    email_hint: str


class ConfirmedEmail(BaseModel):
    """The address that may sign in now."""

    email: str
