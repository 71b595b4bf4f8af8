"""New passwords: whether one is taken, and how strong it is."""

from auth.attempts import strength_counters
from auth.errors import WeakPassword
from auth.password_rules import check_new_password, context_words
from auth.resources import Resources
from auth.service.client import Client, count


async def estimate(
    resources: Resources, password: str, *, email: str, full_name: str, client: Client
) -> tuple[int, str | None]:
    """Return the score, 0 to 4, and the code of why the password would be refused. Raises TooManyAttempts, Busy."""
    await count(resources, strength_counters(resources.settings, resources.secret_keys, address=client.address))
    context = context_words(email=email, full_name=full_name)
    score = await resources.strength_meter.score(password, context=context)
    try:
        check_new_password(password, context=context)
    except WeakPassword as refused:
        return score, refused.code
    return score, None
