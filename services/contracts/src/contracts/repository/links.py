"""Links between users and contracts."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.domain.contracts import Supplier
from contracts.domain.links import Link, LinkedContract, LinkState, Rights, StateReason

USE_NOTED_EVERY = timedelta(minutes=5)
_LISTED = """
    select l.*, c.number, s.code, s.name as supplier_name, s.phone, s.email, s.site, s.pay_url
    from links l join contracts c on c.id = l.contract_id join suppliers s on s.code = c.supplier_code
    where l.user_id = :user_id and l.unlinked_at is null
"""
_OPEN_RIGHTS = """
    select rights from links where contract_id = :contract_id and user_id = :user_id
    and unlinked_at is null and state = 'linked' and (expires_at is null or expires_at > :now)
"""


async def linked_contracts(
    connection: AsyncConnection,
    user_id: UUID,
    *,
    only: Collection[UUID] | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[LinkedContract]:
    """Return the contracts in a user's list, revoked ones too, in the order of linking; `only` these, if given."""
    behind = " and (l.linked_at, c.id) > (:after_at, :after_id)" if after else ""
    among = " and c.id = any(:only)" if only is not None else ""
    rows = await connection.execute(
        text(_LISTED + among + behind + " order by l.linked_at, c.id limit :limit"),
        {"user_id": user_id, "limit": limit}
        | ({"only": list(only)} if only is not None else {})
        | ({"after_at": after[0], "after_id": after[1]} if after else {}),
    )
    return [_linked(row) for row in rows]


async def linked_contract(connection: AsyncConnection, user_id: UUID, contract_id: UUID) -> LinkedContract | None:
    rows = await connection.execute(
        text(_LISTED + " and c.id = :contract_id"), {"user_id": user_id, "contract_id": contract_id}
    )
    row = rows.one_or_none()
    return _linked(row) if row else None


async def open_rights(connection: AsyncConnection, user_id: UUID, contract_id: UUID, *, now: datetime) -> Rights | None:
    """Return what a user may do with a contract now, or None for nothing."""
    rows = await connection.execute(
        text(_OPEN_RIGHTS),
        {"contract_id": contract_id, "user_id": user_id, "now": now},
    )
    rights = rows.scalar_one_or_none()
    return Rights(rights) if rights else None


async def note_use(connection: AsyncConnection, user_id: UUID, contract_id: UUID, *, now: datetime) -> None:
    """Keep when a share was last used, to a few minutes."""
    await connection.execute(
        text(
            "update links set last_used_at = :now where contract_id = :contract_id and user_id = :user_id"
            " and unlinked_at is null and (last_used_at is null or last_used_at < :noted_before)"
        ),
        {"contract_id": contract_id, "user_id": user_id, "now": now, "noted_before": now - USE_NOTED_EVERY},
    )


async def put_link(connection: AsyncConnection, link: Link) -> None:
    """Insert a link, or replace the one that the user has. The contract must be locked."""
    await connection.execute(
        text(
            "insert into links (contract_id, user_id, name, linked_at, rights, state, state_reason, state_changed_at,"
            " invitation_id, expires_on, expires_at)"
            " values (:contract_id, :user_id, :name, :linked_at, :rights, :state, :state_reason, :state_changed_at,"
            " :invitation_id, :expires_on, :expires_at)"
            " on conflict (contract_id, user_id) where unlinked_at is null do update set name = excluded.name,"
            " rights = excluded.rights, state = excluded.state, state_reason = excluded.state_reason,"
            " state_changed_at = excluded.state_changed_at, invitation_id = excluded.invitation_id,"
            " expires_on = excluded.expires_on, expires_at = excluded.expires_at"
        ),
        {
            "contract_id": link.contract_id,
            "user_id": link.user_id,
            "name": link.name,
            "linked_at": link.linked_at,
            "rights": link.rights.value,
            "state": link.state.value,
            "state_reason": link.state_reason.value if link.state_reason else None,
            "state_changed_at": link.state_changed_at,
            "invitation_id": link.invitation_id,
            "expires_on": link.expires_on,
            "expires_at": link.expires_at,
        },
    )


async def rename(connection: AsyncConnection, user_id: UUID, contract_id: UUID, *, name: str) -> bool:
    """Rename a contract for one user; return False if it is not in the user's list."""
    renamed = await connection.execute(
        text(
            "update links set name = :name where contract_id = :contract_id and user_id = :user_id"
            " and unlinked_at is null"
        ),
        {"contract_id": contract_id, "user_id": user_id, "name": name},
    )
    return renamed.rowcount == 1


async def unlink(connection: AsyncConnection, user_id: UUID, contract_id: UUID, *, now: datetime) -> bool:
    """Take a contract off a user's list; return False if it is not there."""
    unlinked = await connection.execute(
        text(
            "update links set unlinked_at = :now where contract_id = :contract_id and user_id = :user_id"
            " and unlinked_at is null"
        ),
        {"contract_id": contract_id, "user_id": user_id, "now": now},
    )
    return unlinked.rowcount == 1


async def revoke_all(connection: AsyncConnection, contract_id: UUID, *, now: datetime) -> int:
    """Revoke every link made with a password that no longer holds, and the shares given by them."""
    revoked = await connection.execute(
        text(
            "update links set state = 'revoked', state_changed_at = :now, state_reason ="
            " case rights when 'full' then 'password_changed' else 'share_ended' end"
            " where contract_id = :contract_id and unlinked_at is null and state = 'linked'"
        ),
        {"contract_id": contract_id, "now": now},
    )
    return revoked.rowcount


async def revoke_share(connection: AsyncConnection, invitation_id: UUID, *, now: datetime) -> int:
    """Revoke the link that came of an invitation."""
    revoked = await connection.execute(
        text(
            "update links set state = 'revoked', state_changed_at = :now, state_reason = 'share_ended'"
            " where invitation_id = :invitation_id and unlinked_at is null and state = 'linked'"
        ),
        {"invitation_id": invitation_id, "now": now},
    )
    return revoked.rowcount


async def revoke_expired(connection: AsyncConnection, contract_id: UUID, *, now: datetime) -> int:
    """Revoke the shares of a contract whose time is over."""
    revoked = await connection.execute(
        text(
            "update links set state = 'revoked', state_changed_at = :now, state_reason = 'share_expired'"
            " where contract_id = :contract_id and unlinked_at is null and state = 'linked' and expires_at <= :now"
        ),
        {"contract_id": contract_id, "now": now},
    )
    return revoked.rowcount


async def contracts_with_expired(connection: AsyncConnection, *, now: datetime, limit: int) -> list[UUID]:
    """Return contracts with shares whose time is over."""
    rows = await connection.execute(
        text(
            "select distinct contract_id from links"
            " where unlinked_at is null and state = 'linked' and expires_at <= :now limit :limit"
        ),
        {"now": now, "limit": limit},
    )
    return list(rows.scalars())


async def users_of(connection: AsyncConnection, contract_id: UUID) -> dict[UUID, Rights]:
    """Return all users who may see a contract, in the order of linking."""
    rows = await connection.execute(
        text(
            "select user_id, rights from links where contract_id = :id and unlinked_at is null and state = 'linked'"
            " order by linked_at, id"
        ),
        {"id": contract_id},
    )
    return {row.user_id: Rights(row.rights) for row in rows}


async def revoked_of(connection: AsyncConnection, contract_id: UUID) -> list[tuple[UUID, StateReason, datetime]]:
    """Return whose links are revoked and still in their lists, why and since when."""
    rows = await connection.execute(
        text(
            "select user_id, state_reason, state_changed_at from links"
            " where contract_id = :id and unlinked_at is null and state = 'revoked' order by linked_at, id"
        ),
        {"id": contract_id},
    )
    return [(row.user_id, StateReason(row.state_reason), row.state_changed_at) for row in rows]


def _linked(row: Row[Any]) -> LinkedContract:
    link = Link(
        contract_id=row.contract_id,
        user_id=row.user_id,
        name=row.name,
        rights=Rights(row.rights),
        state=LinkState(row.state),
        state_reason=StateReason(row.state_reason) if row.state_reason else None,
        state_changed_at=row.state_changed_at,
        linked_at=row.linked_at,
        invitation_id=row.invitation_id,
        expires_on=row.expires_on,
        expires_at=row.expires_at,
    )
    supplier = Supplier(
        code=row.code,
        name=row.supplier_name,
        phone=row.phone,
        email=row.email,
        site=row.site,
        pay_url=row.pay_url,
    )
    return LinkedContract(link=link, number=row.number, supplier=supplier)
