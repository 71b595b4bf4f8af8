"""Use cases of notify: take letters in, tell users, keep what they want to hear of.

The caller's transaction is committed at the edge.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from common import outbox
from common.errors import Busy, NotFound
from common.logging import get_logger
from notify import repository
from notify.domain import OTHER_REASON, REVOKED_REASONS, SWITCHES, Delivery, DeliveryState, NewNotification, Preferences
from notify.errors import PreferencesChanged
from notify.metrics import LETTERS, NOTIFICATIONS
from notify.smtp import check_address
from notify.texts import DEFAULT_LANGUAGE, LANGUAGES, Texts
from topics.auth import Letter
from topics.contracts import ContractLinks, RevokedLink
from topics.metering import Alarm
from topics.notify import LETTER_REQUESTS, LetterRequest
from topics.tickets import Ticket

log = get_logger(__name__)

NEW_TICKET = "new"
CONTRACT_REVOKED = "contract_revoked"
NEWS = timedelta(days=1)


async def take_letter(connection: AsyncConnection, letter: Letter, *, texts: Texts, now: datetime) -> None:
    """Keep a letter to be sent. A repeat changes nothing; an expired one is dropped.

    Raises Rejected with code `unknown_kind`, `unfit_fields` or `invalid_address`.
    """
    check_address(letter.to, channel=letter.channel)
    language = letter.language if letter.language in LANGUAGES else DEFAULT_LANGUAGE
    # A letter may have waited: how long its link lives counts from its making, so the text names the instant.
    fields = {"expires_at": letter.expires_at.isoformat()} | letter.fields
    rendered = texts.render(letter.kind, language=language, fields=fields)
    if letter.expires_at <= now:
        LETTERS.labels(kind=letter.kind, outcome=DeliveryState.EXPIRED.value).inc()
        log.warning("letter.expired", letter_id=str(letter.letter_id), kind=letter.kind, attempts=0)
        return
    delivery = Delivery(
        letter_id=letter.letter_id,
        user_id=letter.user_id,
        kind=letter.kind,
        source=texts.source(letter.kind),
        to=letter.to,
        language=language,
        subject=rendered.title,
        text=rendered.text.lstrip(),
        received_at=now,
        expires_at=letter.expires_at,
        attempts=0,
    )
    await repository.add_delivery(connection, delivery)


async def keep_links(connection: AsyncConnection, links: ContractLinks, *, texts: Texts, now: datetime) -> None:
    """Keep who sees a contract, and tell who is new among them once that it is linked.

    Old news changes nothing, and what happened before this database began is kept without telling it again.
    """
    before = await repository.users_of(connection, links.contract_id) or []
    if not await repository.keep_links(connection, links):
        return
    told_from = await repository.told_from(connection)
    if _is_news(links.changed_at, told_from):
        await _tell_linked(
            connection, links, [one for one in links.user_ids if one not in before], texts=texts, now=now
        )
    for link in links.revoked:
        if _is_news(link.at, told_from):
            await _tell_revoked(connection, links, link, texts=texts, now=now)


def _is_news(at: datetime | None, told_from: datetime | None) -> bool:
    return told_from is None or (at is not None and at >= told_from)


async def _tell_linked(
    connection: AsyncConnection, links: ContractLinks, user_ids: Sequence[UUID], *, texts: Texts, now: datetime
) -> None:
    new = NewNotification(
        contract_id=links.contract_id,
        kind="contract_linked",
        dedup_key=f"contract_linked:{links.contract_id}",
        fields={},
    )
    await notify(connection, new, user_ids=user_ids, texts=texts, now=now)


async def _tell_revoked(
    connection: AsyncConnection, links: ContractLinks, link: RevokedLink, *, texts: Texts, now: datetime
) -> None:
    """Tell a user once why a contract has gone, and by letter too if that was not long ago."""
    new = NewNotification(
        contract_id=links.contract_id,
        kind=CONTRACT_REVOKED,
        dedup_key=f"{CONTRACT_REVOKED}:{links.contract_id}:{link.at.isoformat()}",
        fields={
            "number": links.number or "",
            "reason": link.reason if link.reason in REVOKED_REASONS else OTHER_REASON,
        },
    )
    told = await notify(connection, new, user_ids=[link.user_id], texts=texts, now=now)
    if told and now - link.at < NEWS:
        await outbox.add(
            connection,
            LETTER_REQUESTS,
            LetterRequest(letter_id=uuid4(), user_id=link.user_id, kind=CONTRACT_REVOKED, fields=new.fields),
        )


async def tell_ticket(connection: AsyncConnection, ticket: Ticket, *, texts: Texts, now: datetime) -> None:
    """Tell all who see the contract that a ticket is in another state; a new ticket is no news to them.

    Raises Rejected with code `unfit_fields` for a state that has no words, Busy while the contract's links have
    not arrived: a ticket cannot be older than they are.
    """
    if ticket.state == NEW_TICKET:
        return
    user_ids = await repository.users_of(connection, ticket.contract_id)
    if user_ids is None:
        raise Busy(f"the links of contract {ticket.contract_id} have not arrived yet")
    new = NewNotification(
        contract_id=ticket.contract_id,
        kind="ticket_changed",
        dedup_key=f"ticket:{ticket.ticket_id}:{ticket.version}",
        fields={"number": str(ticket.number), "state": ticket.state},
    )
    await notify(connection, new, user_ids=user_ids, texts=texts, now=now)


async def tell_alarm(connection: AsyncConnection, alarm: Alarm, *, texts: Texts, now: datetime) -> None:
    """Tell all who see the contract of what metering found at its point. A repeat changes nothing.

    A kind without words for consumers is the operators' own and is left alone, and so is a contract that nobody has
    linked. Raises Rejected with code `unfit_fields` if details do not fit the words.
    """
    if alarm.kind not in texts.kinds or texts.source(alarm.kind) not in SWITCHES:
        return
    user_ids = await repository.users_of(connection, alarm.contract_id)
    if not user_ids:
        return
    new = NewNotification(
        contract_id=alarm.contract_id,
        kind=alarm.kind,
        dedup_key=f"alarm:{alarm.alarm_id}",
        fields={name: "" if value is None else str(value) for name, value in alarm.details.items()},
    )
    await notify(connection, new, user_ids=user_ids, texts=texts, now=now)


async def require_link(connection: AsyncConnection, contract_id: UUID, *, user_id: UUID) -> None:
    """Raise NotFound unless the user has linked the contract, or was cut off from it and did not take it away yet."""
    linked = await repository.users_of(connection, contract_id) or []
    if user_id not in linked and user_id not in await repository.revoked_users_of(connection, contract_id):
        raise NotFound("no such contract")


async def mark_read(connection: AsyncConnection, notification_id: UUID, *, user_id: UUID, now: datetime) -> None:
    """Mark as read; a repeat changes nothing. Raises NotFound for a notification of somebody else."""
    if not await repository.mark_read(connection, user_id, notification_id, now=now):
        raise NotFound("no such notification")


async def choose(connection: AsyncConnection, user_id: UUID, *, wanted: Preferences, now: datetime) -> Preferences:
    """Bring a user's switches to what is wanted, if nobody changed them since `wanted.version`; return what is stored.

    A repeat changes nothing. Raises PreferencesChanged.
    """
    stored = await repository.preferences_of(connection, user_id)
    if stored.switched_off == wanted.switched_off:
        return stored
    if not await repository.put_preferences(connection, user_id, wanted, now=now):
        raise PreferencesChanged
    return await repository.preferences_of(connection, user_id)


async def notify(
    connection: AsyncConnection, new: NewNotification, *, user_ids: Sequence[UUID], texts: Texts, now: datetime
) -> int:
    """Tell users, each once, but for those who have switched the kind's source off; return how many were told.

    Raises Rejected with code `unknown_kind` or `unfit_fields`.
    """
    texts.check(new.kind, fields=new.fields)
    source = texts.source(new.kind)
    added = await repository.add_notification(connection, new, source=source, user_ids=user_ids, now=now)
    NOTIFICATIONS.labels(kind=new.kind).inc(added)
    return added
