"""New passwords: whether one is taken, and how strong it is."""

from auth.errors import WeakPassword
from auth.password_rules import check_new_password, context_words
from auth.resources import Resources


async def estimate(resources: Resources, password: str, *, email: str, full_name: str) -> tuple[int, str | None]:
    """Return the score, 0 to 4, and the code of why the password would be refused. Raises Busy."""
    context = context_words(email=email, full_name=full_name)
    score = await resources.strength_meter.score(password, context=context)
    try:
        check_new_password(password, context=context)
    except WeakPassword as refused:
        return score, refused.code
    return score, None
