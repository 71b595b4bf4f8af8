"""The API models of notify."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from notify import domain
from notify.texts import Texts


class Notification(BaseModel):
    """A notification of the caller, worded in the language that was asked for. `read_at` is null until it is read."""

    id: UUID
    contract_id: UUID
    kind: str
    title: str
    text: str
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, notification: domain.Notification, *, texts: Texts, language: str) -> "Notification":
        rendered = texts.render(notification.kind, language=language, fields=notification.fields)
        return cls(
            id=notification.notification_id,
            contract_id=notification.contract_id,
            kind=notification.kind,
            title=rendered.title,
            text=rendered.text,
            created_at=notification.created_at,
            read_at=notification.read_at,
        )


class NotificationPage(BaseModel):
    items: list[Notification]
    next_cursor: str | None


class UnreadCount(BaseModel):
    contract_id: UUID
    count: int


class UnreadCounts(BaseModel):
    """Contracts without unread notifications are left out."""

    items: list[UnreadCount]
