"""Every SQL statement of tickets. The caller's transaction is neither begun nor ended here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tickets.domain import Sight, Ticket, Wording
from topics.contracts import ContractLinks

_AUTHOR_LOCK = 0x61757468  # "auth"or


async def keep_links(connection: AsyncConnection, links: ContractLinks) -> None:
    """Replace the copy of a contract's links unless it is as new already."""
    await connection.execute(
        text(
            "insert into contract_links (contract_id, version, supplier_code, user_ids, read_only_user_ids)"
            " values (:contract_id, :version, :supplier_code, :user_ids, :read_only_user_ids)"
            " on conflict (contract_id) do update set version = excluded.version,"
            " supplier_code = excluded.supplier_code, user_ids = excluded.user_ids,"
            " read_only_user_ids = excluded.read_only_user_ids where contract_links.version < excluded.version"
        ),
        {
            "contract_id": links.contract_id,
            "version": links.version,
            "supplier_code": links.supplier_code,
            "user_ids": links.user_ids,
            "read_only_user_ids": links.read_only_user_ids,
        },
    )


async def sight_of(connection: AsyncConnection, user_id: UUID, contract_id: UUID) -> Sight | None:
    """Return how a user sees a contract, or None for one that the user has not linked."""
    found = await connection.execute(
        text(
            "select supplier_code, :user_id = any(read_only_user_ids) as guest from contract_links"
            " where contract_id = :contract_id and :user_id = any(user_ids)"
        ),
        {"contract_id": contract_id, "user_id": user_id},
    )
    row = found.one_or_none()
    return Sight(guest=row.guest, supplier_code=row.supplier_code) if row else None


async def opened_lately(connection: AsyncConnection, user_id: UUID, *, since: datetime) -> tuple[int, datetime | None]:
    """Return how many tickets a user has opened since an instant, and when the first of them.

    The user's tickets are counted one after the other until the transaction ends, so parallel ones see each other.
    """
    await connection.execute(
        text("select pg_advisory_xact_lock(:lock, hashtext(:user_id))"),
        {"lock": _AUTHOR_LOCK, "user_id": str(user_id)},
    )
    found = await connection.execute(
        text(
            "select count(*) as opened, min(created_at) as first_at from tickets"
            " where author_id = :user_id and created_at > :since"
        ),
        {"user_id": user_id, "since": since},
    )
    row = found.one()
    return row.opened, row.first_at


async def next_number(connection: AsyncConnection, contract_id: UUID) -> int:
    """Take the next number of a contract. Its row stays locked, so numbers and events follow the commits."""
    taken = await connection.execute(
        text(
            "insert into ticket_numbers (contract_id, last_number) values (:contract_id, 1)"
            " on conflict (contract_id) do update set last_number = ticket_numbers.last_number + 1"
            " returning last_number"
        ),
        {"contract_id": contract_id},
    )
    return int(taken.scalar_one())


async def add_ticket(connection: AsyncConnection, ticket: Ticket) -> None:
    await connection.execute(
        text(
            "insert into tickets (id, contract_id, number, author_id, email, phone, subject, text, state, answer,"
            " version, created_at, changed_at) values (:ticket_id, :contract_id, :number, :author_id, :email, :phone,"
            " :subject, :text, :state, :answer, :version, :created_at, :changed_at)"
        ),
        vars(ticket) | vars(ticket.wording),
    )


async def tickets_of(
    connection: AsyncConnection, contract_id: UUID, *, before_number: int | None, limit: int
) -> list[Ticket]:
    """Return a contract's tickets, newest first, those before a number."""
    rows = await connection.execute(
        text(
            "select * from tickets where contract_id = :contract_id"
            " and (cast(:before as integer) is null or number < :before) order by number desc limit :limit"
        ),
        {"contract_id": contract_id, "before": before_number, "limit": limit},
    )
    return [_ticket(row) for row in rows]


async def ticket_seen_by(connection: AsyncConnection, user_id: UUID, ticket_id: UUID) -> Ticket | None:
    """Return a ticket if the user has linked its contract."""
    rows = await connection.execute(
        text(
            "select t.* from tickets t join contract_links l using (contract_id)"
            " where t.id = :ticket_id and :user_id = any(l.user_ids)"
        ),
        {"ticket_id": ticket_id, "user_id": user_id},
    )
    row = rows.one_or_none()
    return _ticket(row) if row else None


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(
        ticket_id=row.id,
        contract_id=row.contract_id,
        number=row.number,
        author_id=row.author_id,
        wording=Wording(email=row.email, phone=row.phone, subject=row.subject, text=row.text),
        state=row.state,
        answer=row.answer,
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
