"""The API of notify: list notifications, mark one as read, count the unread; switches for notices. HTTP only."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from common.db import Reading, Transaction
from common.http.auth import CurrentCaller
from common.http.pages import Cursor, Limit, decode_moment, encode_moment
from common.http.problems import declared
from notify import repository, service
from notify.domain import Preferences
from notify.resources import CurrentResources
from notify.schemas import NoticePreferences, Notification, NotificationPage, UnreadCount, UnreadCounts
from notify.texts import preferred_language

router = APIRouter(prefix="/api/v1", tags=["notifications"])

AcceptLanguage = Annotated[str | None, Header(max_length=200, description="Russian unless English is preferred.")]


@router.get("/notifications", responses=declared(401, 404, 422))
async def list_notifications(
    caller: CurrentCaller,
    connection: Reading,
    resources: CurrentResources,
    response: Response,
    contract_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    accept_language: AcceptLanguage = None,
) -> NotificationPage:
    """List the caller's notifications, newest first, of one contract or of all that are linked."""
    if contract_id is not None:
        await service.require_link(connection, contract_id, user_id=caller.user_id)
    found = await repository.notifications_of(
        connection,
        caller.user_id,
        kinds=resources.notification_texts.kinds,
        contract_id=contract_id,
        before=decode_moment(cursor) if cursor else None,
        limit=limit + 1,
    )
    language = preferred_language(accept_language)
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language"
    texts = resources.notification_texts
    more = len(found) > limit
    return NotificationPage(
        items=[Notification.of(one, texts=texts, language=language) for one in found[:limit]],
        next_cursor=encode_moment(found[limit - 1].created_at, found[limit - 1].notification_id) if more else None,
    )


@router.get("/notifications/unread-counts", responses=declared(401))
async def count_unread_notifications(
    caller: CurrentCaller, connection: Reading, resources: CurrentResources
) -> UnreadCounts:
    """Count the caller's unread notifications by contract."""
    counts = await repository.unread_counts(connection, caller.user_id, kinds=resources.notification_texts.kinds)
    return UnreadCounts(items=[UnreadCount(contract_id=one, count=count) for one, count in counts.items()])


@router.post("/notifications/{notification_id}/read", status_code=204, responses=declared(401, 404, 422))
async def mark_notification_read(caller: CurrentCaller, connection: Transaction, notification_id: UUID) -> None:
    """Mark a notification of the caller as read. A repeat changes nothing."""
    await service.mark_read(connection, notification_id, user_id=caller.user_id, now=datetime.now(UTC))


@router.get("/preferences", responses=declared(401))
async def show_notice_preferences(caller: CurrentCaller, connection: Reading) -> NoticePreferences:
    """Show which notices the caller wants. All are on until switched off."""
    return NoticePreferences.of(await repository.preferences_of(connection, caller.user_id))


@router.put("/preferences", responses=declared(401, 409, 422))
async def set_notice_preferences(
    caller: CurrentCaller, connection: Transaction, given: NoticePreferences
) -> NoticePreferences:
    """Switch notices on or off, beginning with the next one. A repeat changes nothing.

    409 `changed_meanwhile` if the switches are not those of `version` any more.
    """
    wanted = Preferences(switched_off=given.switched_off(), version=given.version)
    return NoticePreferences.of(await service.choose(connection, caller.user_id, wanted=wanted, now=datetime.now(UTC)))
