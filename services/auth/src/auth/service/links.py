"""One-time links of letters: given out once, used once, each for its own purpose.

A token is a secret of 32 bytes, then the instant of its end and a MAC of both: links are forgotten a week after their
end, and one that is opened later than that must still be told from one that was never ours.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import TOKEN_BYTES, Link, LinkPurpose, new_token
from auth.errors import LinkExpired, LinkUnknown, LinkUsed
from auth.repository import links, users
from auth.resources import Resources

END_BYTES = 5
MAC_BYTES = 16
_TEXT = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class _Token:
    """What a letter carries. `ended_at` is None for a token of former versions, which says nothing of its end."""

    secret: bytes
    ended_at: datetime | None


async def give_out(connection: AsyncConnection, resources: Resources, link: Link, *, now: datetime) -> str:
    """Store a link and return its token, which nobody learns again."""
    secret = new_token()
    await links.add_link(connection, _stored(resources, secret, link.purpose), link, now=now)
    end = int(link.expires_at.timestamp()).to_bytes(END_BYTES, "big")
    token = secret + end + _mac(resources, secret + end, link.purpose)
    return urlsafe_b64encode(token).decode().rstrip("=")


async def use(
    connection: AsyncConnection, resources: Resources, text: str, *, purpose: LinkPurpose, now: datetime
) -> Link:
    """Use the link of a token up. Raises LinkUnknown, LinkUsed, LinkExpired; of many callers one gets it."""
    stored = _stored(resources, _token(resources, text, purpose).secret, purpose)
    link = await links.use_link(connection, stored, purpose=purpose, now=now)
    if link is not None:
        return link
    await check(connection, resources, text, purpose=purpose, now=now)
    raise LinkUsed


async def check(
    connection: AsyncConnection, resources: Resources, text: str, *, purpose: LinkPurpose, now: datetime
) -> Link:
    """Return the link that `use` would use up, and raise as it does."""
    token = _token(resources, text, purpose)
    found = await links.find_link(connection, _stored(resources, token.secret, purpose), purpose=purpose)
    if found is None and token.ended_at is not None and token.ended_at <= now:
        raise LinkExpired
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


def _token(resources: Resources, text: str, purpose: LinkPurpose) -> _Token:
    """Take a token apart. Raises LinkUnknown for what cannot be one of ours."""
    if not _TEXT.fullmatch(text) or len(text) % 4 == 1:  # the decoder would pass over what is no letter of it
        raise LinkUnknown
    token = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    secret, end, mac = token[:TOKEN_BYTES], token[TOKEN_BYTES:-MAC_BYTES], token[-MAC_BYTES:]
    if len(token) == TOKEN_BYTES:
        return _Token(token, None)
    if len(end) != END_BYTES or not hmac.compare_digest(mac, _mac(resources, secret + end, purpose)):
        raise LinkUnknown
    return _Token(secret, datetime.fromtimestamp(int.from_bytes(end, "big"), UTC))


def _mac(resources: Resources, content: bytes, purpose: LinkPurpose) -> bytes:
    return resources.secret_keys.bound_hmac(content, purpose=f"link-end/{purpose.value}")[:MAC_BYTES]


def _stored(resources: Resources, secret: bytes, purpose: LinkPurpose) -> bytes:
    return resources.secret_keys.bound_hmac(secret, purpose=f"link/{purpose.value}")
