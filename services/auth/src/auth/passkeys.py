"""Passkeys (WebAuthn Level 2) as a second factor: options for the browser, and the check of what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from auth.domain import User
from auth.errors import SecondFactorWrong
from auth.factors import Factor
from auth.settings import Settings

RELYING_PARTY = "Halfhour"
TIMEOUT_MILLISECONDS = 300_000


@dataclass(frozen=True)
class Options:
    """What the browser is given as JSON, and the challenge that its answer must contain."""

    json: dict[str, Any]
    challenge: bytes


@dataclass(frozen=True)
class NewPasskey:
    credential_id: bytes
    public_key: bytes
    sign_count: int


def creation_options(settings: Settings, user: User, *, known: Sequence[Factor]) -> Options:
    """Return the options to make a passkey on an authenticator that holds none of the `known` ones."""
    options = webauthn.generate_registration_options(
        rp_id=settings.passkey_rp_id,
        rp_name=RELYING_PARTY,
        user_id=user.id.bytes,
        user_name=user.email,
        user_display_name=user.full_name,
        timeout=TIMEOUT_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=_descriptors(known),
    )
    return Options(msgspec.json.decode(webauthn.options_to_json(options)), options.challenge)


def request_options(settings: Settings, *, known: Sequence[Factor]) -> Options:
    """Return the options to show one of the `known` passkeys."""
    options = webauthn.generate_authentication_options(
        rp_id=settings.passkey_rp_id, timeout=TIMEOUT_MILLISECONDS, allow_credentials=_descriptors(known)
    )
    return Options(msgspec.json.decode(webauthn.options_to_json(options)), options.challenge)


def created(settings: Settings, credential: dict[str, Any], *, challenge: bytes) -> NewPasskey:
    """Check what an authenticator made. Raises SecondFactorWrong."""
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=settings.passkey_rp_id,
            expected_origin=list(settings.passkey_origins),
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise SecondFactorWrong from error
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)


def shown(settings: Settings, credential: dict[str, Any], *, challenge: bytes, known: Sequence[Factor]) -> Factor:
    """Return the passkey that signed the challenge, with its new count. Raises SecondFactorWrong."""
    try:
        identifier = webauthn.base64url_to_bytes(str(credential.get("id", "")))
        factor = next(one for one in known if one.credential_id == identifier)
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=settings.passkey_rp_id,
            expected_origin=list(settings.passkey_origins),
            credential_public_key=factor.public_key or b"",
            credential_current_sign_count=factor.sign_count or 0,
        )
    except (WebAuthnException, StopIteration, ValueError, TypeError, KeyError) as error:
        raise SecondFactorWrong from error
    return replace(factor, sign_count=verified.new_sign_count)


def _descriptors(known: Sequence[Factor]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one.credential_id) for one in known if one.credential_id is not None]
