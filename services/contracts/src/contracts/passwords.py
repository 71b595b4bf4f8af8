"""Suppliers' passwords for contracts: argon2id, and the same time whether or not a login exists.

Parameters: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, two passes, one lane.
"""

import asyncio
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True)
class Passwords:
    """Hashes and compares in a thread. `decoy` is the hash that unknown logins are compared with."""

    decoy: str

    async def hash(self, password: str) -> str:
        return await asyncio.to_thread(_HASHER.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Compare; without a hash take as long and return False."""
        equal = await asyncio.to_thread(_equal, password_hash or self.decoy, password)
        return equal and password_hash is not None


def open_passwords() -> Passwords:
    return Passwords(decoy=_HASHER.hash(secrets.token_hex()))


def _equal(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except VerifyMismatchError:
        return False
