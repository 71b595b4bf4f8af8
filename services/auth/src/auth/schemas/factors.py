"""Second factors: what is asked, what is shown, what is set up."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from auth import factors as domain
from auth.phones import hint
from auth.schemas.fields import Phone, TypedPassword
from common.http.text import Line

Kind = Literal["totp", "sms", "passkey"]
Code = Annotated[SecretStr, Field(min_length=1, max_length=40, description="As typed; spaces and hyphens are ignored.")]
Credential = Annotated[
    dict[str, Any], Field(description="What the browser's PublicKeyCredential.toJSON() gives.", max_length=20)
]
ChallengeId = Annotated[str, Field(min_length=1, max_length=100)]


class Challenge(BaseModel):
    """A second factor is asked for. `passkey_options` is for parseRequestOptionsFromJSON of the browser."""

    challenge_id: str
    factors: list[Literal["totp", "sms", "passkey", "recovery_code"]]
    phone_hint: str | None
    passkey_options: dict[str, Any] | None
    expires_in: int


class ChallengeRequest(BaseModel):
    """The challenge to send a code for."""

    model_config = ConfigDict(extra="forbid")

    challenge_id: ChallengeId


class SmsSent(BaseModel):
    """A code is on its way to the phone; another can be asked for after `resend_after_seconds`."""

    phone_hint: str
    expires_in: int
    resend_after_seconds: int


class ShownFactor(BaseModel):
    """A code, or a passkey's answer, for a challenge."""

    model_config = ConfigDict(extra="forbid")

    challenge_id: ChallengeId
    kind: Literal["totp", "sms", "passkey", "recovery_code"]
    code: Code | None = None
    credential: Credential | None = None

    def proof(self) -> domain.Proof:
        code = None if self.code is None else self.code.get_secret_value()
        return domain.Proof(domain.ProofKind(self.kind), code, self.credential)


class StepUpRequest(BaseModel):
    """The password of the person who is signed in."""

    model_config = ConfigDict(extra="forbid")

    password: TypedPassword


class StepUp(BaseModel):
    """Until when the session may change the account; null while the second factor of `challenge` is to be shown."""

    confirmed_until: datetime | None
    challenge: Challenge | None


class Factor(BaseModel):
    """A second factor of the user."""

    id: UUID
    kind: Kind
    name: str
    phone_hint: str | None
    created_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, factor: domain.Factor) -> "Factor":
        return cls(
            id=factor.id,
            kind=factor.kind.value,
            name=factor.name,
            phone_hint=None if factor.phone is None else hint(factor.phone),
            created_at=factor.created_at,
            last_used_at=factor.last_used_at,
        )


class Factors(BaseModel):
    items: list[Factor]
    next_cursor: str | None
    recovery_codes_left: int


class EnrolmentRequest(BaseModel):
    """What to add. `phone` is for SMS; null means the profile's."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    name: Annotated[Line, Field(max_length=60)]
    phone: Phone | None = None


class TotpEnrolment(BaseModel):
    """For an authenticator app: as a QR code (an SVG element), as a link, or typed."""

    secret: str
    uri: str
    qr_svg: str


class SmsEnrolment(BaseModel):
    """A code is on its way to the phone."""

    phone_hint: str


class PasskeyEnrolment(BaseModel):
    """For parseCreationOptionsFromJSON of the browser."""

    options: dict[str, Any]


class Enrolment(BaseModel):
    """A factor that is to be used once before it counts; the part of its kind is set."""

    enrolment_id: str
    kind: Kind
    expires_in: int
    totp: TotpEnrolment | None
    sms: SmsEnrolment | None
    passkey: PasskeyEnrolment | None


class EnrolmentConfirmation(BaseModel):
    """The first use of the factor: a code, or what the authenticator made."""

    model_config = ConfigDict(extra="forbid")

    enrolment_id: ChallengeId
    code: Code | None = None
    credential: Credential | None = None


class AddedFactor(BaseModel):
    """The factor; recovery codes come with the first one and are never shown again."""

    factor: Factor
    recovery_codes: list[str] | None


class RecoveryCodes(BaseModel):
    """To be written down; never shown again, and the former ones have ended."""

    recovery_codes: list[str]
