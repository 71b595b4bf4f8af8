"""Links that were refused, for the list of who tried."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.domain.contracts import Supplier
from contracts.domain.links import RefusalReason, RefusedLink

_LISTED_MAX = 20
_LISTED = """
    select r.*, s.name as supplier_name, s.phone, s.email, s.site
    from refused_links r left join suppliers s on s.code = r.supplier_code where r.user_id = :user_id
"""


async def keep(
    connection: AsyncConnection,
    *,
    user_id: UUID,
    login_digest: bytes,
    supplier_code: str,
    name: str,
    reason: RefusalReason,
    now: datetime,
) -> None:
    """Keep a refusal; a repeat for the same login is counted. A user has so many at most, the newest."""
    await connection.execute(
        text(
            "insert into refused_links (user_id, login_digest, supplier_code, name, reason, times, refused_at)"
            " values (:user_id, :login_digest, :supplier_code, :name, :reason, 1, :now)"
            " on conflict (user_id, login_digest) do update set name = excluded.name, reason = excluded.reason,"
            " refused_at = excluded.refused_at, times = refused_links.times + 1"
        ),
        {
            "user_id": user_id,
            "login_digest": login_digest,
            "supplier_code": supplier_code,
            "name": name,
            "reason": reason.value,
            "now": now,
        },
    )
    await connection.execute(
        text(
            "delete from refused_links where id in (select id from refused_links where user_id = :user_id"
            " order by refused_at desc, id desc offset :most for update skip locked)"
        ),
        {"user_id": user_id, "most": _LISTED_MAX},
    )


async def refused_links(
    connection: AsyncConnection, user_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[RefusedLink]:
    """Return a user's refusals, newest first."""
    behind = " and (r.refused_at, r.id) < (:before_at, :before_id)" if before else ""
    rows = await connection.execute(
        text(_LISTED + behind + " order by r.refused_at desc, r.id desc limit :limit"),
        {"user_id": user_id, "limit": limit} | ({"before_at": before[0], "before_id": before[1]} if before else {}),
    )
    return [_refused(row) for row in rows]


async def dismiss(connection: AsyncConnection, user_id: UUID, refused_link_id: UUID) -> bool:
    """Take a refusal off its user's list; return False if it is not there."""
    deleted = await connection.execute(
        text("delete from refused_links where id = :id and user_id = :user_id"),
        {"id": refused_link_id, "user_id": user_id},
    )
    return deleted.rowcount == 1


async def settle(connection: AsyncConnection, user_id: UUID, login_digest: bytes) -> None:
    """Forget the refusals of a login that the user has linked now."""
    await connection.execute(
        text("delete from refused_links where user_id = :user_id and login_digest = :login_digest"),
        {"user_id": user_id, "login_digest": login_digest},
    )


async def forget(connection: AsyncConnection, *, before: datetime) -> None:
    """Delete refusals that are older than an instant."""
    await connection.execute(text("delete from refused_links where refused_at < :before"), {"before": before})


def _refused(row: Row[Any]) -> RefusedLink:
    supplier = None
    if row.supplier_name is not None:
        supplier = Supplier(
            code=row.supplier_code, name=row.supplier_name, phone=row.phone, email=row.email, site=row.site
        )
    return RefusedLink(
        refused_link_id=row.id,
        supplier=supplier,
        name=row.name,
        reason=RefusalReason(row.reason),
        times=row.times,
        refused_at=row.refused_at,
    )
