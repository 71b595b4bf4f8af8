"""Who looked at a contract's data: what this service shows, and what others told of theirs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from common.accesses import Access, Reader
from contracts.domain.accesses import ShownAccess
from topics.accesses import DataAccess

OURS = "contracts"
_LISTED = """
    select a.*, s.name as supplier_name, (
        select i.id from invitations i where i.contract_id = a.contract_id and i.invited_by = :user_id
        and i.accepted_by = a.user_id and i.accepted_at <= a.last_at order by i.accepted_at desc limit 1
    ) as invitation_id
    from accesses a left join suppliers s on s.code = a.supplier_code where a.contract_id = :contract_id
"""


async def note(connection: AsyncConnection, contract_ids: Sequence[UUID], looked: Access) -> None:
    """Note one look at each of the contracts, in the transaction that shows them."""
    await connection.execute(
        text(
            "insert into accesses (contract_id, service, reader, reader_id, user_id, supplier_code, area, hour,"
            " first_at, last_at, times)"
            " select id, :service, :reader, :reader_id, :user_id, :supplier_code, :area, :hour, :at, :at, 1"
            " from unnest(cast(:contract_ids as uuid[])) as wanted (id)"
            " on conflict (contract_id, reader_id, reader, service, area, hour) do update set"
            " last_at = greatest(accesses.last_at, excluded.last_at), times = accesses.times + 1"
        ),
        {
            "contract_ids": sorted(set(contract_ids)),  # in one order: parallel looks at many must not deadlock
            "service": OURS,
            "reader": looked.reader.value,
            "reader_id": looked.reader_id,
            "user_id": looked.user_id,
            "supplier_code": looked.supplier_code,
            "area": looked.area,
            "hour": looked.hour,
            "at": looked.at,
        },
    )


async def keep(connection: AsyncConnection, service: str, told: DataAccess) -> None:
    """Keep what another service told. Repeats and older counts change nothing."""
    await connection.execute(
        text(
            "insert into accesses (contract_id, service, reader, reader_id, user_id, supplier_code, area, hour,"
            " first_at, last_at, times) values (:contract_id, :service, :reader, :reader_id, :user_id,"
            " :supplier_code, :area, :hour, :first_at, :last_at, :times)"
            " on conflict (contract_id, reader_id, reader, service, area, hour) do update set"
            " first_at = least(accesses.first_at, excluded.first_at),"
            " last_at = greatest(accesses.last_at, excluded.last_at), times = greatest(accesses.times, excluded.times)"
        ),
        {name: getattr(told, name) for name in told.__struct_fields__} | {"service": service},
    )


async def accesses_of(
    connection: AsyncConnection,
    contract_id: UUID,
    *,
    user_id: UUID,
    all_guests: bool,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ShownAccess]:
    """Return the looks at a contract as a user may know of them, newest first.

    Without `all_guests` those of the supplier's staff and of the user alone.
    """
    among = "" if all_guests else " and (a.reader = 'operator' or a.user_id = :user_id)"
    behind = " and (a.first_at, a.id) < (:before_at, :before_id)" if before else ""
    rows = await connection.execute(
        text(_LISTED + among + behind + " order by a.first_at desc, a.id desc limit :limit"),
        {"contract_id": contract_id, "user_id": user_id, "limit": limit}
        | ({"before_at": before[0], "before_id": before[1]} if before else {}),
    )
    return [_shown(row, user_id=user_id) for row in rows]


async def forget(connection: AsyncConnection, *, before: datetime) -> None:
    """Delete looks that are older than an instant."""
    await connection.execute(text("delete from accesses where first_at < :before"), {"before": before})


def _shown(row: Row[Any], *, user_id: UUID) -> ShownAccess:
    reader = Reader(row.reader)
    return ShownAccess(
        access_id=row.id,
        reader=reader,
        reader_id=row.reader_id,
        own=row.user_id == user_id,
        supplier_code=row.supplier_code,
        supplier_name=row.supplier_name,
        invitation_id=row.invitation_id if reader is Reader.GUEST else None,
        area=row.area,
        first_at=row.first_at,
        last_at=row.last_at,
        times=row.times,
    )
