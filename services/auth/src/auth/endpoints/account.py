"""HTTP: the user's sessions and the security log."""

from uuid import UUID

from fastapi import APIRouter, Response

from auth.endpoints.parts import CurrentClient, Open
from auth.schemas.account import (
    SecurityEvent,
    SecurityEventPage,
    SignedInSession,
    SignedInSessions,
)
from auth.service import sessions as service
from common.db import Reading
from common.http.auth import CurrentCaller
from common.http.pages import Cursor, Limit, decode_moment, encode_moment
from common.http.problems import declared

MY_SESSIONS = "/api/v1/me/sessions"

router = APIRouter()


@router.get(MY_SESSIONS, responses=declared(401, 503))
async def list_sessions(
    response: Response, caller: CurrentCaller, connection: Reading, resources: Open
) -> SignedInSessions:
    """List the user's sessions, the last used first."""
    response.headers["Cache-Control"] = "no-store"
    found = await service.list_sessions(connection, caller.login_id, now=resources.clock.now())
    items = [SignedInSession.of(login, current=caller.login_id) for login in found]
    return SignedInSessions(items=items, next_cursor=None)


@router.delete(f"{MY_SESSIONS}/{{session_id}}", status_code=204, responses=declared(401, 403, 404, 422, 503))
async def end_session(session_id: UUID, caller: CurrentCaller, resources: Open, client: CurrentClient) -> None:
    """End one of the user's sessions. Needs a step-up."""
    await service.end_session(resources, caller.login_id, ended_id=session_id, client=client)


@router.delete(MY_SESSIONS, status_code=204, responses=declared(401, 403, 422, 503))
async def end_sessions(
    caller: CurrentCaller, resources: Open, client: CurrentClient, keep_current: bool = True
) -> None:
    """End all sessions of the user, or all but this one. Needs a step-up."""
    await service.end_sessions(resources, caller.login_id, keep_current=keep_current, client=client)


@router.get("/api/v1/me/security-events", responses=declared(401, 422, 503))
async def list_security_events(
    response: Response, caller: CurrentCaller, connection: Reading, cursor: Cursor = None, limit: Limit = 50
) -> SecurityEventPage:
    """List what happened to the user's account, newest first. Entries are kept for a year."""
    response.headers["Cache-Control"] = "no-store"
    before = decode_moment(cursor) if cursor else None
    found = await service.list_security_events(connection, caller.login_id, before=before, limit=limit + 1)
    more = len(found) > limit
    return SecurityEventPage(
        items=[SecurityEvent.of(event) for event in found[:limit]],
        next_cursor=encode_moment(found[limit - 1].at, found[limit - 1].id) if more else None,
    )
