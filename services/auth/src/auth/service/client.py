"""Where a request comes from, and whether it may try once more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from auth import attempts
from auth.domain import Login, User, describe_device
from auth.errors import SessionEnded, StepUpRequired, TooManyAttempts
from auth.repository import logins
from auth.resources import Resources
from common.logging import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Client:
    """Where a request comes from: address as the gateway saw it, User-Agent, the mark of the device if it has one."""

    address: str
    user_agent: str
    device: bytes | None = None

    @property
    def device_name(self) -> str:
        return describe_device(self.user_agent)


async def count(resources: Resources, counted: Sequence[attempts.Counter]) -> None:
    """Count a try in a transaction of its own. Raises TooManyAttempts."""
    async with resources.engine.begin() as connection:
        wait_seconds = await count_in(connection, resources, counted)
    if wait_seconds is not None:
        log.info("attempt.turned_away", retry_after_seconds=wait_seconds)
        raise TooManyAttempts(wait_seconds)


async def count_in(
    connection: AsyncConnection, resources: Resources, counted: Sequence[attempts.Counter]
) -> int | None:
    """Count a try; return the seconds to wait if there were too many. The caller commits, then refuses."""
    return await attempts.count_failure(
        connection, counted, window=resources.settings.attempts_window, now=resources.clock.now()
    )


async def require_login(connection: AsyncConnection, login_id: UUID) -> Login:
    """Return the login of a caller. Raises SessionEnded although the access token is good."""
    login = await logins.find_login(connection, login_id)
    if login is None:
        raise SessionEnded
    return login


async def require_confirmed(connection: AsyncConnection, login_id: UUID, *, now: datetime) -> Login:
    """Return the login of a caller who proved not long ago to be the owner. Raises SessionEnded, StepUpRequired."""
    login = await require_login(connection, login_id)
    if not login.is_confirmed(now):
        raise StepUpRequired
    return login


async def require_signed_in(connection: AsyncConnection, login_id: UUID) -> User:
    """Return the user of a login, as the login shows it. Raises SessionEnded although the access token is good."""
    user = await logins.find_signed_in(connection, login_id)
    if user is None:
        raise SessionEnded
    return user
