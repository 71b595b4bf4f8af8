"""Answers about closed days, encoded: kept by their entity tag, which names the point, the question and the state.

Only who may see the point gets as far as its tag, so nothing leaks between users. A tag is never used again for
other bytes: a new revision, or half hours that may lead to one, make another (`repository.day_states`).
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from metering.metrics import CACHED_ANSWERS

# To be raised when the form of any answer changes: clients keep answers by their tags.
FORM: Final = 2


class ReadCache:
    """Keeps the answers that were asked for last, up to `size_bytes`."""

    def __init__(self, *, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._held_bytes = 0
        self._answers: OrderedDict[str, bytes] = OrderedDict()

    def get(self, tag: str) -> bytes | None:
        """Return the answer of a tag, if it is kept."""
        found = self._answers.get(tag)
        CACHED_ANSWERS.labels(outcome="missed" if found is None else "found").inc()
        if found is not None:
            self._answers.move_to_end(tag)
        return found

    def keep(self, tag: str, answer: bytes) -> None:
        """Keep an answer, and let go those that were asked for longest ago."""
        if tag in self._answers or len(answer) > self._size_bytes:
            return
        self._answers[tag] = answer
        self._held_bytes += len(answer)
        while self._held_bytes > self._size_bytes:
            _, dropped = self._answers.popitem(last=False)
            self._held_bytes -= len(dropped)


def tag_of(parts: Sequence[object]) -> str:
    """Return the strong entity tag of an answer from everything on which it depends."""
    return f'"{hashlib.sha256(repr((FORM, *parts)).encode()).hexdigest()[:40]}"'


def tag_of_bytes(answer: bytes) -> str:
    """Return the strong entity tag of bytes that may be other ones a moment later."""
    return f'"{hashlib.sha256(answer).hexdigest()[:40]}"'


def matches(if_none_match: str | None, tag: str) -> bool:
    """Say whether the client has the answer already (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    given = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return tag in given or "*" in given
