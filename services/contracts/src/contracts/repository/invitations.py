"""Invitations to read a contract."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.domain.links import Invitation

_SHOWN = """
    select i.*, l.last_used_at from invitations i
    left join links l on l.invitation_id = i.id and l.unlinked_at is null
"""


async def add_invitation(connection: AsyncConnection, invitation: Invitation, *, token_hmac: bytes) -> None:
    await connection.execute(
        text(
            "insert into invitations (id, contract_id, invited_by, email, token_hmac, created_at, accept_before,"
            " expires_on, expires_at) values (:id, :contract_id, :invited_by, :email, :token_hmac, :created_at,"
            " :accept_before, :expires_on, :expires_at)"
        ),
        {
            "id": invitation.invitation_id,
            "contract_id": invitation.contract_id,
            "invited_by": invitation.invited_by,
            "email": invitation.email,
            "token_hmac": token_hmac,
            "created_at": invitation.created_at,
            "accept_before": invitation.accept_before,
            "expires_on": invitation.expires_on,
            "expires_at": invitation.expires_at,
        },
    )


async def invitations_of(
    connection: AsyncConnection,
    contract_id: UUID,
    invited_by: UUID,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Invitation]:
    """Return a user's invitations to a contract, newest first, until their addresses are forgotten."""
    behind = " and (i.created_at, i.id) < (:before_at, :before_id)" if before else ""
    rows = await connection.execute(
        text(
            f"{_SHOWN} where i.contract_id = :contract_id and i.invited_by = :invited_by and i.email is not null"
            f"{behind} order by i.created_at desc, i.id desc limit :limit"
        ),
        {"contract_id": contract_id, "invited_by": invited_by, "limit": limit}
        | ({"before_at": before[0], "before_id": before[1]} if before else {}),
    )
    return [_invitation(row) for row in rows]


async def alive(connection: AsyncConnection, contract_id: UUID, invited_by: UUID, *, now: datetime) -> int:
    """Return how many invitations of a user to a contract can be accepted or are in use."""
    found = await connection.execute(
        text(
            "select count(*) from invitations where contract_id = :contract_id and invited_by = :invited_by"
            " and withdrawn_at is null and expires_at > :now and (accepted_at is not null or accept_before > :now)"
        ),
        {"contract_id": contract_id, "invited_by": invited_by, "now": now},
    )
    return int(found.scalar_one())


async def find(connection: AsyncConnection, token_hmac: bytes) -> Invitation | None:
    rows = await connection.execute(text(f"{_SHOWN} where i.token_hmac = :token_hmac"), {"token_hmac": token_hmac})
    row = rows.one_or_none()
    return _invitation(row) if row else None


async def accept(connection: AsyncConnection, token_hmac: bytes, *, user_id: UUID, now: datetime) -> bool:
    """Use an invitation up; of many callers one gets True."""
    accepted = await connection.execute(
        text(
            "update invitations set accepted_at = :now, accepted_by = :user_id where token_hmac = :token_hmac"
            " and accepted_at is null and withdrawn_at is null and accept_before > :now"
        ),
        {"token_hmac": token_hmac, "user_id": user_id, "now": now},
    )
    return accepted.rowcount == 1


async def withdraw(
    connection: AsyncConnection, invitation_id: UUID, *, contract_id: UUID, invited_by: UUID, now: datetime
) -> bool:
    """Withdraw an invitation; a repeat changes nothing. Return False if the user gave none such."""
    withdrawn = await connection.execute(
        text(
            "update invitations set withdrawn_at = coalesce(withdrawn_at, :now) where id = :id"
            " and contract_id = :contract_id and invited_by = :invited_by"
        ),
        {"id": invitation_id, "contract_id": contract_id, "invited_by": invited_by, "now": now},
    )
    return withdrawn.rowcount == 1


async def withdraw_all(
    connection: AsyncConnection, contract_id: UUID, *, now: datetime, invited_by: UUID | None = None
) -> list[UUID]:
    """Withdraw the invitations to a contract, of one user or of all; return which were not yet."""
    rows = await connection.execute(
        text(
            "update invitations set withdrawn_at = :now where contract_id = :contract_id and withdrawn_at is null"
            " and invited_by = coalesce(cast(:invited_by as uuid), invited_by) returning id"
        ),
        {"contract_id": contract_id, "invited_by": invited_by, "now": now},
    )
    return list(rows.scalars())


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(
        invitation_id=row.id,
        contract_id=row.contract_id,
        invited_by=row.invited_by,
        email=row.email,
        created_at=row.created_at,
        accept_before=row.accept_before,
        expires_on=row.expires_on,
        expires_at=row.expires_at,
        accepted_at=row.accepted_at,
        accepted_by=row.accepted_by,
        withdrawn_at=row.withdrawn_at,
        last_used_at=row.last_used_at,
    )


async def forget_addresses(connection: AsyncConnection, *, before: datetime) -> int:
    """Forget the addresses of invitations that nobody can use any more since an instant."""
    forgotten = await connection.execute(
        text(
            "update invitations set email = null where email is not null and (withdrawn_at < :before"
            " or expires_at < :before or (accepted_at is null and accept_before < :before))"
        ),
        {"before": before},
    )
    return forgotten.rowcount
