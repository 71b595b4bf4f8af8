"""Contracts as their supplier's staff sees them: with the login, without any password."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.domain.contracts import SoughtContracts, StaffContract

_SHOWN = """
    select c.id, c.number, c.login, c.closed, c.password_hash is not null as has_password, c.created_at, alive.users
    from contracts c cross join lateral (
        select count(*) as users from links l where l.contract_id = c.id and l.unlinked_at is null
        and l.state = 'linked'
    ) alive
    where c.supplier_code = :supplier_code
"""


async def contract(connection: AsyncConnection, supplier_code: str, contract_id: UUID) -> StaffContract | None:
    rows = await connection.execute(
        text(_SHOWN + " and c.id = :id"), {"supplier_code": supplier_code, "id": contract_id}
    )
    row = rows.one_or_none()
    return _shown(row) if row else None


async def contracts_of(
    connection: AsyncConnection, supplier_code: str, sought: SoughtContracts, *, after: str | None, limit: int
) -> list[StaffContract]:
    """Return the supplier's contracts by number, those that are sought."""
    among = {
        "closed": " and c.closed = :closed",
        "has_password": " and (c.password_hash is not null) = :has_password",
        "linked": " and (alive.users > 0) = :linked",
    }
    given = {name: getattr(sought, name) for name in among if getattr(sought, name) is not None}
    behind = " and c.number > :after" if after is not None else ""
    rows = await connection.execute(
        text(
            f"{_SHOWN} and starts_with(c.number, :number_begins) and starts_with(c.login, :login_begins)"
            f"{''.join(among[name] for name in given)}{behind} order by c.number limit :limit"
        ),
        {
            "supplier_code": supplier_code,
            "number_begins": sought.number_begins,
            "login_begins": sought.login_begins,
            "limit": limit,
        }
        | given
        | ({"after": after} if after is not None else {}),
    )
    return [_shown(row) for row in rows]


def _shown(row: Row[Any]) -> StaffContract:
    return StaffContract(
        contract_id=row.id,
        number=row.number,
        login=row.login,
        closed=row.closed,
        has_password=row.has_password,
        users=row.users,
        created_at=row.created_at,
    )
