"""Values decided or estimated here on their way into the store and to their supplier. Never commits."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from metering.domain.local_days import instant
from metering.domain.own_versions import OwnVersion
from metering.tables import VALUES_UNDER_WAY
from topics.quality import Quality

END: Final = text(
    """
    delete from values_under_way using unnest(
        cast(:points as uuid[]), cast(:starts as timestamptz[]), cast(:versions as bigint[])
    ) as ended (point_id, start_at, version)
    where values_under_way.point_id = ended.point_id and values_under_way.start_at = ended.start_at
        and values_under_way.version = ended.version
    """
)


async def begin(connection: AsyncConnection, values: Sequence[OwnVersion]) -> None:
    """Keep values with their versions before anybody has them. A repeat changes nothing."""
    if values:
        await connection.execute(insert(VALUES_UNDER_WAY).on_conflict_do_nothing(), [_row(each) for each in values])


async def left(connection: AsyncConnection, *, limit: int) -> list[OwnVersion]:
    """Return values that have not come to their end, since a process was killed or the store was away."""
    keys = VALUES_UNDER_WAY.primary_key.columns
    rows = await connection.execute(select(VALUES_UNDER_WAY).order_by(*keys).limit(limit))
    return [_value(dict(row)) for row in rows.mappings()]


async def end(connection: AsyncConnection, values: Sequence[OwnVersion]) -> None:
    """Forget values that are stored and told."""
    if values:
        columns: dict[str, list[object]] = {
            "points": [each.point_id for each in values],
            "starts": [instant(each.start) for each in values],
            "versions": [each.version for each in values],
        }
        await connection.execute(END, columns)


def _row(each: OwnVersion) -> dict[str, object]:
    return {
        "point_id": each.point_id,
        "start_at": instant(each.start),
        "version": each.version,
        "meter_id": each.meter_id,
        "energies": list(each.energies),
        "ratio": each.ratio,
        "quality": each.quality.value,
        "flags": each.flags,
    }


def _value(row: dict[str, Any]) -> OwnVersion:
    start = int(row.pop("start_at").timestamp())
    changes = {"energies": tuple(row["energies"]), "quality": Quality(row["quality"])}
    return OwnVersion(start=start, **row | changes)
