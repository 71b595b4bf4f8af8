"""Which days of a supplier wait for its streams to be provisioned. Never commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.tables import HELD_STREAMS


@dataclass(frozen=True, slots=True)
class HeldStream:
    """Days [from_day, to_day) of a supplier that were stored and not sent on."""

    supplier_code: str
    from_day: date
    to_day: date


async def hold(connection: AsyncConnection, days: Mapping[str, tuple[date, date]], *, now: datetime) -> None:
    """Remember days [from, to) by supplier, beside those that wait already. A repeat changes nothing."""
    statement = insert(HELD_STREAMS).values(
        [
            {"supplier_code": code, "from_day": start, "to_day": end, "held_since": now}
            for code, (start, end) in sorted(days.items())
        ]
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["supplier_code"],
            set_={
                "from_day": func.least(HELD_STREAMS.c.from_day, statement.excluded.from_day),
                "to_day": func.greatest(HELD_STREAMS.c.to_day, statement.excluded.to_day),
            },
        )
    )


async def held_streams(connection: AsyncConnection) -> list[HeldStream]:
    """Return what waits, and lock it until the end of the transaction."""
    rows = await connection.execute(
        select(*HELD_STREAMS.c["supplier_code", "from_day", "to_day"])
        .order_by(HELD_STREAMS.c.supplier_code)
        .with_for_update()
    )
    return [HeldStream(*row) for row in rows]


async def let_go(connection: AsyncConnection, stream: HeldStream, *, until: date) -> None:
    """Forget what waits before `until`."""
    of_supplier = HELD_STREAMS.c.supplier_code == stream.supplier_code
    if until >= stream.to_day:
        await connection.execute(delete(HELD_STREAMS).where(of_supplier))
    else:
        await connection.execute(update(HELD_STREAMS).where(of_supplier).values(from_day=until))
