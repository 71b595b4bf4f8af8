"""Estimates passwords in one thread of its own with a short queue: whoever types much keeps nobody from signing in."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from auth.password_rules import strength
from common.errors import Busy

WAITING = 20


class StrengthMeter:
    """Estimates one password at a time. `close` waits for the one under way."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="strength")
        self._places = 1 + WAITING

    async def score(self, password: str, *, context: Sequence[str]) -> int:
        """Return how hard the password is to guess, 0 to 4. Raises Busy."""
        if self._places <= 0:
            raise Busy("too many passwords to estimate at once")
        self._places -= 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, lambda: strength(password, context=context))
        finally:
            self._places += 1

    def close(self) -> None:
        self._thread.shutdown()
