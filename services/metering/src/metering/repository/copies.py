"""Copies of what other services own: contracts, who may see them, link states, limits. Older than known is dropped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func, null, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from metering.tables import CONTRACT_LINKS, CONTRACTS, METER_LIMITS, METER_LINK_CHANGES, METER_LINKS
from topics.contracts import Contract, ContractLinks
from topics.poller import LinkState, MeterLimits


async def keep_contract(connection: AsyncConnection, contract: Contract) -> None:
    """Keep a copy of a contract; a version that is not newer than the known one changes nothing.

    Its end is when it was first told to be closed: the topic has no date.
    """
    row = {
        "contract_id": contract.contract_id,
        "version": contract.version,
        "supplier_code": contract.supplier_code,
        "number": contract.number,
        "closed": contract.closed,
    }
    closed_at = func.coalesce(CONTRACTS.c.closed_at, func.now()) if contract.closed else null()
    await _keep_newer(
        connection, CONTRACTS, {**row, "closed_at": func.now() if contract.closed else None}, {"closed_at": closed_at}
    )


async def keep_links(connection: AsyncConnection, links: ContractLinks) -> None:
    """Keep who may see a contract; a version that is not newer than the known one changes nothing."""
    await _keep_newer(
        connection,
        CONTRACT_LINKS,
        {
            "contract_id": links.contract_id,
            "version": links.version,
            "supplier_code": links.supplier_code,
            "user_ids": links.user_ids,
            "read_only_user_ids": links.read_only_user_ids,
        },
    )


async def _keep_newer(
    connection: AsyncConnection,
    table: Table,
    row: Mapping[str, object],
    changes: Mapping[str, ColumnElement[Any]] | None = None,
) -> None:
    statement = insert(table).values(row)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["contract_id"],
            set_={**{name: statement.excluded[name] for name in row}, **(changes or {})},
            where=statement.excluded.version > table.c.version,
        )
    )


async def keep_link_states(connection: AsyncConnection, state: LinkState) -> None:
    """Keep the health of an endpoint's meters; a state reported before the known one changes nothing.

    Each change is kept beside it: the topic forgets all but the newest.
    """
    rows = [
        {
            "meter_id": meter.meter_id,
            "endpoint_id": state.endpoint_id,
            "reported_at": state.changed_at,
            "state": meter.state,
            "changed_at": meter.changed_at,
            "last_success_at": meter.last_success_at,
            "error_code": meter.error_code,
            "drift_seconds": meter.drift_seconds,
        }
        for meter in sorted(state.meters, key=lambda each: each.meter_id)
    ]
    if not rows:
        return
    changes = [{name: row[name] for name in ("meter_id", "changed_at", "state", "error_code")} for row in rows]
    await connection.execute(insert(METER_LINK_CHANGES).values(changes).on_conflict_do_nothing())
    statement = insert(METER_LINKS).values(rows)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["meter_id"],
            set_={name: statement.excluded[name] for name in rows[0]},
            where=statement.excluded.reported_at >= METER_LINKS.c.reported_at,
        )
    )


async def keep_limits(connection: AsyncConnection, limits: MeterLimits) -> None:
    """Keep the limits that are set in a meter; what was read before the known ones changes nothing."""
    row = {"meter_id": limits.meter_id, "read_at": limits.read_at, "voltages_mv": limits.voltages_mv}
    statement = insert(METER_LIMITS).values(row)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["meter_id"], set_=row, where=METER_LIMITS.c.read_at <= limits.read_at
        )
    )


async def limits_of(connection: AsyncConnection, meter_id: UUID) -> tuple[datetime, list[int]] | None:
    """Return when the limits of a meter were read, and what they are, from the lowest to the highest, mV."""
    found = await connection.execute(
        select(*METER_LIMITS.c["read_at", "voltages_mv"]).where(METER_LIMITS.c.meter_id == meter_id)
    )
    row = found.one_or_none()
    return None if row is None else (row.read_at, row.voltages_mv)
