"""Which passwords are refused, and how strong one is. Rules: the manual 2.1; ASVS 5.0, 6.2.1, 6.2.4, 6.2.5, 6.2.11.

No rule on kinds of characters, no rule against age. Estimating takes milliseconds of a core: not for the event loop.
"""

import re
from collections.abc import Sequence
from typing import Any, cast

from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from auth.errors import WeakPassword

MIN_LENGTH = 8
MAX_LENGTH = 256
# Its time grows with the square of the length, and more of a long password tells nothing new.
ESTIMATED_LENGTH = 64
PRODUCT_WORDS = ("halfhour", "половина часа", "полчаса")
CONTEXT_WORD_LENGTH = 4

_COMMON = frozenset(FREQUENCY_LISTS["passwords"])
_WORD = re.compile(r"\w+")


def context_words(*, email: str, full_name: str) -> list[str]:
    """Return the words that say nothing in this person's password: of the address, the name and the product."""
    personal = _WORD.findall(f"{email} {full_name}".lower())
    return [email.lower(), *(word for word in personal if len(word) >= CONTEXT_WORD_LENGTH), *PRODUCT_WORDS]


def check_new_password(password: str, *, context: Sequence[str], field: str = "password") -> None:
    """Raise WeakPassword for a password that nobody may choose: too short, common, or little beside `context`."""
    if len(password) < MIN_LENGTH:
        raise WeakPassword("password_too_short", f"a password has at least {MIN_LENGTH} characters", field=field)
    folded = password.lower()
    if folded in _COMMON:
        raise WeakPassword("password_common", "this password is among the most common ones", field=field)
    for word in context:
        if word in folded and len(folded.replace(word, "")) < MIN_LENGTH:
            raise WeakPassword("password_contextual", "this password is a name with little beside it", field=field)


def strength(password: str, *, context: Sequence[str]) -> int:
    """Return how hard the password is to guess, 0 to 4 (zxcvbn's scale)."""
    estimate = cast("dict[str, Any]", zxcvbn(password[:ESTIMATED_LENGTH], user_inputs=list(context)))
    return int(estimate["score"])
