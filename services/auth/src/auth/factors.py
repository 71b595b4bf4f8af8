"""Second factors, what proves them, and the codes that are sent or written down. ASVS 5.0, 6.5 and 6.6."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

SMS_DIGITS = 6
RECOVERY_CODES = 10
RECOVERY_CODE_LENGTH = 10
# 31 characters that nobody takes for one another: a code has 49 bits.
RECOVERY_CODE_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
PASSKEYS = 10

_FILLING = re.compile(r"[^a-z0-9]")


class FactorKind(str, Enum):
    """The kinds of second factors."""

    TOTP = "totp"
    SMS = "sms"
    PASSKEY = "passkey"


class ProofKind(str, Enum):
    """What may be shown when a second factor is asked for."""

    TOTP = "totp"
    SMS = "sms"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


class ChallengePurpose(str, Enum):
    """What a challenge lets happen when it is met. It serves nothing else."""

    SIGN_IN = "sign_in"
    STEP_UP = "step_up"
    ENROLMENT = "enrolment"


@dataclass(frozen=True, kw_only=True)
class Factor:
    """A second factor of a user. The last six are of one kind each; `last_step` is TOTP's last used time step."""

    id: UUID
    user_id: UUID
    kind: FactorKind
    name: str
    created_at: datetime
    last_used_at: datetime | None = None
    secret_sealed: bytes | None = None
    last_step: int | None = None
    phone: str | None = None
    credential_id: bytes | None = None
    public_key: bytes | None = None
    sign_count: int | None = None


@dataclass(frozen=True, kw_only=True)
class StoredChallenge:
    """A request that waits for a factor. A sign-in has `checked_hash` and no login yet; an enrolment, what it adds."""

    purpose: ChallengePurpose
    user_id: UUID
    expires_at: datetime
    login_id: UUID | None = None
    checked_hash: str | None = None
    event_id: UUID | None = None
    used_at: datetime | None = None
    passkey_challenge: bytes | None = None
    code_hmac: bytes | None = None
    kind: FactorKind | None = None
    name: str | None = None
    phone: str | None = None
    secret_sealed: bytes | None = None


@dataclass(frozen=True)
class Proof:
    """What somebody shows: a code as typed, or what an authenticator answered."""

    kind: ProofKind
    code: str | None
    credential: dict[str, Any] | None


def new_sms_code() -> str:
    """Return a code of six digits."""
    return f"{secrets.randbelow(10**SMS_DIGITS):0{SMS_DIGITS}}"


def new_recovery_codes() -> list[str]:
    """Return ten codes to be written down, in two groups of five."""
    half = RECOVERY_CODE_LENGTH // 2
    drawn = [
        "".join(secrets.choice(RECOVERY_CODE_CHARACTERS) for _ in range(RECOVERY_CODE_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    return [f"{code[:half]}-{code[half:]}" for code in drawn]


def typed_code(code: str) -> str:
    """Return a code as it is compared: people type spaces, hyphens and capitals."""
    return _FILLING.sub("", code.lower())
