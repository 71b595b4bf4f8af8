"""The sessions of a user, as the user sees and ends them: the manual, 2.4."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain import Login, SecurityEvent, SecurityEventKind
from auth.repository import logins, security_events
from auth.resources import Resources
from auth.service import security_log
from auth.service.client import Client, require_confirmed, require_login
from auth.settings import Settings
from common.db import open_engine
from common.errors import NotFound
from common.logging import get_logger

log = get_logger(__name__)


async def list_sessions(connection: AsyncConnection, login_id: UUID, *, now: datetime) -> list[Login]:
    """Return the user's sessions, the last used first."""
    login = await require_login(connection, login_id)
    return await logins.list_logins(connection, login.user_id, now=now)


async def end_session(resources: Resources, login_id: UUID, *, ended_id: UUID, client: Client) -> None:
    """End one session. Raises StepUpRequired, and NotFound for one of somebody else or one that has ended."""
    now = resources.clock.now()
    async with resources.engine.begin() as connection:
        login = await require_confirmed(connection, login_id, now=now)
        theirs = await logins.find_login(connection, ended_id)
        if theirs is None or theirs.user_id != login.user_id:
            raise NotFound("no such session")
        await logins.end_login(connection, ended_id, reason="ended_by_user", now=now)
        await security_log.record(connection, login.user_id, SecurityEventKind.SESSION_ENDED, client=client, now=now)
    log.info("login.ended", login_id=str(ended_id), reason="ended_by_user")


async def end_sessions(resources: Resources, login_id: UUID, *, keep_current: bool, client: Client) -> None:
    """End all sessions of the user, the present one included unless it is kept. Raises StepUpRequired."""
    now = resources.clock.now()
    async with resources.engine.begin() as connection:
        login = await require_confirmed(connection, login_id, now=now)
        but = login_id if keep_current else None
        ended = await logins.end_logins_of(connection, login.user_id, reason="ended_by_user", but=but, now=now)
        await security_log.record(connection, login.user_id, SecurityEventKind.SESSIONS_ENDED, client=client, now=now)
    log.info("logins.ended", user_id=str(login.user_id), logins=ended)


async def end_every_session(settings: Settings) -> None:
    """After a breach: end every session of every user; access tokens that are out live their minutes"""
    async with open_engine(settings) as engine, engine.begin() as connection:
        await end_every_login(connection, now=datetime.now(UTC))


async def end_every_login(connection: AsyncConnection, *, now: datetime) -> int:
    """End every session, each entered in its user's security log; return of how many users."""
    user_ids = await logins.end_all_logins(connection, reason="ended_by_operator", now=now)
    for user_id in user_ids:
        await security_log.record(connection, user_id, SecurityEventKind.SESSIONS_ENDED, client=None, now=now)
    log.info("every_login.ended", users=len(user_ids))
    return len(user_ids)


async def list_security_events(
    connection: AsyncConnection, login_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[SecurityEvent]:
    """Return what happened to the user's account, newest first."""
    login = await require_login(connection, login_id)
    return await security_events.list_events(connection, login.user_id, before=before, limit=limit)
