"""The API models of notify."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

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


class NoticePreferences(BaseModel):
    """Notices of the supplier and of meters are on or off; those of account and security cannot be switched off.

    `version` is that of what was read; 0 if the user has never changed anything.
    """

    model_config = ConfigDict(extra="forbid")

    supplier: bool
    meter: bool
    version: Annotated[int, Field(ge=0, lt=2**53)]

    @classmethod
    def of(cls, preferences: domain.Preferences) -> "NoticePreferences":
        off = preferences.switched_off
        return cls(
            supplier=domain.Source.SUPPLIER not in off,
            meter=domain.Source.METER not in off,
            version=preferences.version,
        )

    def switched_off(self) -> frozenset[domain.Source]:
        switches = {domain.Source.SUPPLIER: self.supplier, domain.Source.METER: self.meter}
        return frozenset(source for source, on in switches.items() if not on)
