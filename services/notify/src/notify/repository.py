"""Every SQL statement of notify. The caller's transaction is neither begun nor ended here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from notify.domain import Delivery, DeliveryState, NewNotification, Notification, Preferences, Source
from topics.contracts import ContractLinks

# A user sees notifications of contracts that are linked now, and of a revoked one that it is so; of kinds that this
# version has words for: while versions are exchanged, another one may have written others.
_SEEN = """
    from notifications n join contract_links l using (contract_id)
    where n.user_id = :user_id and n.kind = any(:kinds)
    and (:user_id = any(l.user_ids) or (n.kind = 'contract_revoked' and :user_id = any(l.revoked_user_ids)))
"""


async def revoked_users_of(connection: AsyncConnection, contract_id: UUID) -> list[UUID]:
    """Return who saw a contract and was cut off from it."""
    found = await connection.execute(
        text("select revoked_user_ids from contract_links where contract_id = :contract_id"),
        {"contract_id": contract_id},
    )
    return found.scalar_one_or_none() or []


async def preferences_of(connection: AsyncConnection, user_id: UUID) -> Preferences:
    """Return what a user has chosen; everything is on for whoever has chosen nothing."""
    found = await connection.execute(
        text("select switched_off, version from preferences where user_id = :user_id"), {"user_id": user_id}
    )
    row = found.one_or_none()
    if row is None:
        return Preferences()
    return Preferences(switched_off=frozenset(Source(one) for one in row.switched_off), version=row.version)


async def put_preferences(connection: AsyncConnection, user_id: UUID, wanted: Preferences, *, now: datetime) -> bool:
    """Store what a user has chosen as the version after `wanted.version`; False if another one is there meanwhile."""
    put = await connection.execute(
        text(
            "insert into preferences as p (user_id, switched_off, version, changed_at)"
            " select :user_id, :switched_off, cast(:version as bigint) + 1, :now"
            " where cast(:version as bigint) = 0 or exists (select from preferences where user_id = :user_id)"
            " on conflict (user_id) do update set switched_off = excluded.switched_off, version = excluded.version,"
            " changed_at = excluded.changed_at where p.version = excluded.version - 1"
        ),
        {
            "user_id": user_id,
            "switched_off": sorted(source.value for source in wanted.switched_off),
            "version": wanted.version,
            "now": now,
        },
    )
    return put.rowcount == 1


async def is_switched_off(connection: AsyncConnection, user_id: UUID, source: Source) -> bool:
    found = await connection.execute(
        text(
            "select exists (select from preferences where user_id = :user_id"
            " and cast(:source as text) = any(switched_off))"
        ),
        {"user_id": user_id, "source": source.value},
    )
    return bool(found.scalar_one())


async def keep_links(connection: AsyncConnection, links: ContractLinks) -> bool:
    """Replace the copy of a contract's links; return False, changing nothing, if it is as new already."""
    kept = await connection.execute(
        text(
            "insert into contract_links (contract_id, version, user_ids, revoked_user_ids)"
            " values (:contract_id, :version, :user_ids, :revoked_user_ids)"
            " on conflict (contract_id) do update set version = excluded.version, user_ids = excluded.user_ids,"
            " revoked_user_ids = excluded.revoked_user_ids where contract_links.version < excluded.version"
        ),
        {
            "contract_id": links.contract_id,
            "version": links.version,
            "user_ids": links.user_ids,
            "revoked_user_ids": [link.user_id for link in links.revoked],
        },
    )
    return kept.rowcount == 1


async def told_from(connection: AsyncConnection) -> datetime | None:
    """Return since when this database tells what happens, None for one that has told everything from the first."""
    told: datetime | None = await connection.scalar(text("select told_from from copy_epoch"))
    return told


async def users_of(connection: AsyncConnection, contract_id: UUID) -> list[UUID] | None:
    """Return who sees a contract, or None for a contract that was never heard of."""
    found = await connection.execute(
        text("select user_ids from contract_links where contract_id = :contract_id"), {"contract_id": contract_id}
    )
    return found.scalar_one_or_none()


async def add_notification(
    connection: AsyncConnection, new: NewNotification, *, source: Source, user_ids: Sequence[UUID], now: datetime
) -> int:
    """Add a notification for each user who wants its source and does not have it; return how many were added."""
    added = await connection.execute(
        text(
            "insert into notifications (id, user_id, contract_id, kind, dedup_key, fields, created_at)"
            " select id, user_id, :contract_id, :kind, :dedup_key, cast(:fields as jsonb), :now"
            " from unnest(cast(:ids as uuid[]), cast(:user_ids as uuid[])) as receivers (id, user_id)"
            " where not exists (select from preferences p where p.user_id = receivers.user_id"
            " and cast(:source as text) = any(p.switched_off))"
            " on conflict (user_id, dedup_key) do nothing"
        ),
        {
            "ids": [uuid4() for _ in user_ids],
            "user_ids": list(user_ids),
            "contract_id": new.contract_id,
            "kind": new.kind,
            "source": source.value,
            "dedup_key": new.dedup_key,
            "fields": msgspec.json.encode(new.fields).decode(),
            "now": now,
        },
    )
    return added.rowcount


async def notifications_of(
    connection: AsyncConnection,
    user_id: UUID,
    *,
    kinds: Sequence[str],
    contract_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Notification]:
    """Return a user's notifications, newest first."""
    conditions = [
        " and n.contract_id = :contract_id" if contract_id else "",
        " and (n.created_at, n.id) < (:before_at, :before_id)" if before else "",
    ]
    rows = await connection.execute(
        text(f"select n.* {_SEEN}{''.join(conditions)} order by n.created_at desc, n.id desc limit :limit"),
        {"user_id": user_id, "kinds": list(kinds), "limit": limit}
        | ({"contract_id": contract_id} if contract_id else {})
        | ({"before_at": before[0], "before_id": before[1]} if before else {}),
    )
    return [_notification(row) for row in rows]


async def unread_counts(connection: AsyncConnection, user_id: UUID, *, kinds: Sequence[str]) -> dict[UUID, int]:
    """Return the number of unread notifications by contract, without contracts that have none."""
    rows = await connection.execute(
        text(f"select n.contract_id, count(*) as unread {_SEEN} and n.read_at is null group by 1 order by 1"),
        {"user_id": user_id, "kinds": list(kinds)},
    )
    return {row.contract_id: row.unread for row in rows}


async def mark_read(connection: AsyncConnection, user_id: UUID, notification_id: UUID, *, now: datetime) -> bool:
    """Mark a notification of the user as read, if it is not yet; return False if the user has none such."""
    marked = await connection.execute(
        text(
            "update notifications n set read_at = coalesce(n.read_at, :now) from contract_links l"
            " where n.id = :notification_id and n.user_id = :user_id"
            " and l.contract_id = n.contract_id and (:user_id = any(l.user_ids)"
            " or (n.kind = 'contract_revoked' and :user_id = any(l.revoked_user_ids)))"
        ),
        {"user_id": user_id, "notification_id": notification_id, "now": now},
    )
    return marked.rowcount == 1


async def add_delivery(connection: AsyncConnection, delivery: Delivery) -> None:
    """Keep a letter to send. A repeat of the same letter changes nothing."""
    await connection.execute(
        text(
            "insert into deliveries (letter_id, user_id, kind, source, state, recipient, language, subject, text,"
            " received_at, expires_at, next_attempt_at) values (:letter_id, :user_id, :kind, :source, 'pending', :to,"
            " :language, :subject, :text, :received_at, :expires_at, :received_at) on conflict (letter_id) do nothing"
        ),
        vars(delivery) | {"source": delivery.source.value},
    )


async def claim_deliveries(
    connection: AsyncConnection, *, now: datetime, until: datetime, limit: int
) -> list[Delivery]:
    """Take letters that are due; nobody else gets them before `until`, when the claimer must have died."""
    rows = await connection.execute(
        text(
            "update deliveries set attempts = attempts + 1, next_attempt_at = :until"
            " where letter_id in (select letter_id from deliveries where state = 'pending'"
            " and next_attempt_at <= :now order by next_attempt_at limit :limit for update skip locked)"
            " returning *"
        ),
        {"now": now, "until": until, "limit": limit},
    )
    return [_delivery(row) for row in rows]


async def end_delivery(connection: AsyncConnection, letter_id: UUID, *, state: DeliveryState, now: datetime) -> None:
    """Write down how a delivery ended, and forget whose it was, address and text."""
    await connection.execute(
        text(
            "update deliveries set state = :state, over_at = :now, user_id = null, recipient = null, subject = null,"
            " text = null where letter_id = :letter_id and state = 'pending'"
        ),
        {"letter_id": letter_id, "state": state.value, "now": now},
    )


async def count_copy(connection: AsyncConnection, delivery: Delivery) -> None:
    """Count a copy that is about to be handed over; commit it first, so that a kill does not forget it."""
    await connection.execute(
        text("update deliveries set copies = :copies + 1 where letter_id = :letter_id and state = 'pending'"),
        {"letter_id": delivery.letter_id, "copies": delivery.copies},
    )


async def postpone_delivery(
    connection: AsyncConnection, delivery: Delivery, *, until: datetime, keep_copy: bool
) -> None:
    """Try a letter again later; the copy of this try counts no more unless it is kept."""
    await connection.execute(
        text(
            "update deliveries set next_attempt_at = :until, copies = case when :keep_copy then copies else :copies end"
            " where letter_id = :letter_id and state = 'pending'"
        ),
        {"letter_id": delivery.letter_id, "until": until, "keep_copy": keep_copy, "copies": delivery.copies},
    )


async def forget_deliveries(connection: AsyncConnection, *, over_before: datetime) -> int:
    """Delete deliveries that were over before an instant; return how many."""
    deleted = await connection.execute(
        text("delete from deliveries where over_at < :over_before"), {"over_before": over_before}
    )
    return deleted.rowcount


def _notification(row: Row[Any]) -> Notification:
    return Notification(
        notification_id=row.id,
        contract_id=row.contract_id,
        kind=row.kind,
        fields=row.fields,
        created_at=row.created_at,
        read_at=row.read_at,
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        letter_id=row.letter_id,
        user_id=row.user_id,
        kind=row.kind,
        source=Source(row.source),
        to=row.recipient,
        language=row.language,
        subject=row.subject,
        text=row.text,
        received_at=row.received_at,
        expires_at=row.expires_at,
        attempts=row.attempts,
        copies=row.copies,
    )
