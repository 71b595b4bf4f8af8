"""One-time links of letters: given out once, used once, each for its own purpose."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import Link, LinkPurpose, new_token, token_of, token_text
from auth.errors import LinkExpired, LinkUnknown, LinkUsed
from auth.repository import links, users
from auth.resources import Resources


async def give_out(connection: AsyncConnection, resources: Resources, link: Link, *, now: datetime) -> str:
    """Store a link and return its token, which nobody learns again."""
    token = new_token()
    await links.add_link(connection, _stored(resources, token, link.purpose), link, now=now)
    return token_text(token)


async def use(
    connection: AsyncConnection, resources: Resources, text: str, *, purpose: LinkPurpose, now: datetime
) -> Link:
    """Use the link of a token up. Raises LinkUnknown, LinkUsed, LinkExpired; of many callers one gets it."""
    token = _token(text)
    link = await links.use_link(connection, _stored(resources, token, purpose), purpose=purpose, now=now)
    if link is not None:
        return link
    await check(connection, resources, text, purpose=purpose, now=now)
    raise LinkUsed


async def check(
    connection: AsyncConnection, resources: Resources, text: str, *, purpose: LinkPurpose, now: datetime
) -> Link:
    """Return the link that `use` would use up, and raise as it does."""
    found = await links.find_link(connection, _stored(resources, _token(text), purpose), purpose=purpose)
    if found is None:
        raise LinkUnknown
    if found.used_at is not None:
        raise LinkUsed
    if found.expires_at <= now:
        raise LinkExpired
    return found


async def hold_owner(connection: AsyncConnection, link: Link) -> None:
    """Lock the user before a link is used that ends the user's others: two such uses would lock crosswise."""
    if link.user_id is None:
        raise LinkUnknown
    await users.hold_user(connection, link.user_id)


def _token(text: str) -> bytes:
    token = token_of(text)
    if token is None:
        raise LinkUnknown
    return token


def _stored(resources: Resources, token: bytes, purpose: LinkPurpose) -> bytes:
    return resources.secret_keys.bound_hmac(token, purpose=f"link/{purpose.value}")
