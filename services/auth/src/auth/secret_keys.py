"""The root secret becomes one key a purpose (HKDF-SHA256), so that none serves two; a key of the settings seals it.

See auth.root_secret and docs/architecture/identity.md.
"""

import hmac
import os
from functools import cached_property
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from auth.errors import UnreadableKey

NONCE_BYTES = 12


class KeyEncryptionKey:
    """One AUTH_KEY_ENCRYPTION_KEY, present or former. It seals the root secret and nothing else."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(_derived(secret.encode(), "root-secret"))

    def seal(self, root: bytes) -> bytes:
        return _seal(self._cipher, root, "root-secret")

    def unseal(self, sealed: bytes) -> bytes | None:
        """Undo `seal`; None if another key has sealed it, or a byte was changed."""
        try:
            return _unseal(self._cipher, sealed, "root-secret")
        except UnreadableKey:
            return None


class SecretKeys:
    """The keys derived from the root secret."""

    def __init__(self, root: bytes) -> None:
        self._root = root

    def refresh_hmac(self, token: bytes) -> bytes:
        """Return what is stored of a refresh token."""
        return hmac.digest(self._tokens, token, sha256)

    def device_hmacs(self, mark: bytes) -> tuple[bytes, bytes]:
        """Return what is stored of a device's mark, and what was before marks had a purpose of their own.

        Browsers keep a mark for 400 days, so both are known that long after the last of the older kind was given out.
        """
        return hmac.digest(self._devices, mark, sha256), hmac.digest(self._tokens, mark, sha256)

    def recovered_device_hmac(self, mark: bytes) -> bytes:
        """Return what is stored of a device that recovered a password and has not signed in.

        Another than of `device_hmacs`: a mailbox lifts the limit of strangers' tries and no limit of second factors.
        """
        return hmac.digest(self._devices, b"recovered\x00" + mark, sha256)

    def bound_hmac(self, secret: bytes, *, purpose: str) -> bytes:
        """Return what is stored of a link's token, a code or an API key: of no use for another purpose."""
        return hmac.digest(self._codes, purpose.encode() + b"\x00" + secret, sha256)

    def successor(self, token: bytes, salt: bytes) -> bytes:
        """Return the refresh token that follows `token`.

        Derived, not drawn: a repeat of the same refresh gets the same answer although no token is stored.
        Nobody computes it without the secret, the salt in the database and the former token together.
        """
        return hmac.digest(self._successors, salt + token, sha256)

    def subject(self, *parts: str) -> bytes:
        """Return an opaque name for who is being tried, so that the counters hold no address in clear."""
        return hmac.digest(self._subjects, "\x00".join(parts).encode(), sha256)

    def seal(self, plain: bytes, *, name: str) -> bytes:
        """Encrypt a signing key with AES-256-GCM, bound to `name`."""
        return _seal(self._cipher, plain, name)

    def unseal(self, sealed: bytes, *, name: str) -> bytes:
        """Undo `seal`. Raises UnreadableKey for another secret, name or a changed byte."""
        return _unseal(self._cipher, sealed, name)

    def seal_factor(self, secret: str, *, user_id: UUID) -> bytes:
        """Encrypt the secret of a user's second factor, bound to the user."""
        return _seal(self._factor_cipher, secret.encode(), str(user_id))

    def unseal_factor(self, sealed: bytes, *, user_id: UUID) -> str:
        """Undo `seal_factor`. Raises UnreadableKey as `unseal`."""
        return _unseal(self._factor_cipher, sealed, str(user_id)).decode()

    def _derive(self, purpose: str) -> bytes:
        return _derived(self._root, purpose)

    @cached_property
    def _tokens(self) -> bytes:
        return self._derive("tokens")

    @cached_property
    def _devices(self) -> bytes:
        return self._derive("devices")

    @cached_property
    def _codes(self) -> bytes:
        return self._derive("codes")

    @cached_property
    def _successors(self) -> bytes:
        return self._derive("successors")

    @cached_property
    def _subjects(self) -> bytes:
        return self._derive("subjects")

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self._derive("signing-keys"))

    @cached_property
    def _factor_cipher(self) -> AESGCM:
        return AESGCM(self._derive("second-factors"))


def _derived(secret: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"halfhour-auth/{purpose}/1".encode()).derive(secret)


def _seal(cipher: AESGCM, plain: bytes, name: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, name.encode())


def _unseal(cipher: AESGCM, sealed: bytes, name: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
    except InvalidTag as error:
        raise UnreadableKey(f"the key of {name} does not open with the secrets of this database") from error
