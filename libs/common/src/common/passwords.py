"""Passwords: argon2id in a few threads of its own, so that checks neither block the loop nor fill the memory."""

import asyncio
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from prometheus_client import Histogram

from common.errors import Busy


class PasswordSettings(Protocol):
    """What hashing costs, and how many may be at it or wait for it in one process."""

    @property
    def argon2_time_cost(self) -> int: ...
    @property
    def argon2_memory_kib(self) -> int: ...
    @property
    def argon2_threads(self) -> int: ...
    @property
    def argon2_queue(self) -> int: ...


@dataclass(frozen=True)
class Checked:
    """Whether the password fits; `new_hash` is set when it should be stored anew with today's parameters."""

    fits: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and checks passwords. `seconds` observes a check, waiting included; `close` waits for those under way."""

    def __init__(self, settings: PasswordSettings, *, seconds: Histogram) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_time_cost, memory_cost=settings.argon2_memory_kib, parallelism=1
        )
        self._threads = ThreadPoolExecutor(settings.argon2_threads, thread_name_prefix="argon2")
        self._places = settings.argon2_threads + settings.argon2_queue
        self._seconds = seconds
        # Checked in place of an unknown account's hash, so that unknown and wrong take the same time.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """Return the encoded hash with its salt and parameters."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, _bytes_of(password))

    @contextmanager
    def room(self) -> Iterator[None]:
        """Hold one of the places in the queue for a check. Raises Busy when there is none."""
        if self._places <= 0:
            raise Busy("too many passwords to check at once")
        self._places -= 1
        try:
            yield
        finally:
            self._places += 1

    async def check(self, password: str, stored: str | None) -> Checked:
        """Check a password. Without a stored hash it takes the same time and never fits."""
        with self._seconds.time():
            checked = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._check, password, stored or self._nobody
            )
        return checked if stored is not None else Checked(fits=False)

    def close(self) -> None:
        self._threads.shutdown()

    def _check(self, password: str, stored: str) -> Checked:
        try:
            self._hasher.verify(stored, _bytes_of(password))
        except VerifyMismatchError:
            return Checked(fits=False)
        stale = self._hasher.check_needs_rehash(stored)
        return Checked(fits=True, new_hash=self._hasher.hash(_bytes_of(password)) if stale else None)


def _bytes_of(password: str) -> bytes:
    """Return UTF-8. JSON may hold half a surrogate pair, which is no text: it is a wrong password, not a fault."""
    return password.encode("utf-8", "surrogatepass")
