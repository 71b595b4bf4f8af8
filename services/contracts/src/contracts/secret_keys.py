"""Tokens of letters, and what attempts are counted against: stored only as an HMAC, each bound to its purpose."""

import base64
import binascii
import hmac
import secrets
from hashlib import sha256

TOKEN_BYTES = 32
INVITATION = b"contracts/invitation/1\x00"
SUBJECT = b"contracts/subject/1\x00"


class TokenKey:
    """The key of CONTRACTS_TOKEN_KEY. Another one makes the invitations that wait unusable and counts attempts anew."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def invitation_hmac(self, token: bytes) -> bytes:
        """Return what is stored of an invitation's token."""
        return hmac.digest(self._secret, INVITATION + token, sha256)

    def subject_hmac(self, *parts: bytes) -> bytes:
        """Return an opaque name for who or what is tried: a plain digest of a login could be searched for."""
        return hmac.digest(self._secret, SUBJECT + b"".join(parts), sha256)


def new_token() -> bytes:
    return secrets.token_bytes(TOKEN_BYTES)


def token_text(token: bytes) -> str:
    """Return a token as it stands in a link."""
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def token_of(text: str) -> bytes | None:
    """Return the token of a link, or None for what is none of ours."""
    try:
        token = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return token if len(token) == TOKEN_BYTES else None
