"""Who looks at the data of others: one row for each reader, contract, area and hour, and two events at most for it.

A look is noted by one statement before its answer is given; what cannot be noted is not answered. The first look of
an hour is told within seconds, their number when the hour is over. Holds ids alone, and knows no name of anybody.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TypeVar
from uuid import UUID

from fastapi import Request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common import outbox
from common.http.auth import Caller
from common.kafka.topic import Message, Topic
from common.logging import get_logger

log = get_logger(__name__)

M = TypeVar("M", bound=Message)

TELL_EVERY_SECONDS = 2.0
AT_ONCE = 100
HOUR = timedelta(hours=1)
KEPT_AFTER = timedelta(days=1)

DDL = (
    """
    create table data_accesses (
        contract_id uuid not null,
        reader text not null check (reader in ('operator', 'guest', 'api_key')),
        reader_id uuid not null,
        user_id uuid not null,
        supplier_code text,
        area text not null,
        hour timestamptz not null,
        first_at timestamptz not null,
        last_at timestamptz not null,
        times integer not null,
        told integer not null default 0,
        primary key (contract_id, reader_id, reader, area, hour)
    )
    """,
    "create index data_accesses_untold on data_accesses (hour) where told < times",
    "create index data_accesses_age on data_accesses (hour)",
)


class Reader(str, Enum):
    """By what right somebody reads data that are not the reader's own."""

    OPERATOR = "operator"
    GUEST = "guest"
    API_KEY = "api_key"


@dataclass(frozen=True, kw_only=True)
class Access:
    """One look. `reader_id` is that of the user, or of the API key; `hour` begins at a full hour of UTC."""

    reader: Reader
    reader_id: UUID
    user_id: UUID
    supplier_code: str | None
    area: str
    at: datetime

    @property
    def hour(self) -> datetime:
        return self.at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, kw_only=True)
class Noted(Access):
    """What has been noted of one hour."""

    contract_id: UUID
    last_at: datetime
    times: int


def access(caller: Caller, *, staff: bool, guest: bool, area: str, at: datetime) -> Access | None:
    """Return what to note of a look, or None for those whose data they are.

    `staff`: the caller is an operator of the contract's supplier, and is noted even with a link of the own.
    """
    program = caller.contract_ids is not None
    if staff:
        reader = Reader.OPERATOR
    elif program:
        reader = Reader.API_KEY
    elif guest:
        reader = Reader.GUEST
    else:
        return None
    return Access(
        reader=reader,
        reader_id=caller.login_id if program else caller.user_id,
        user_id=caller.user_id,
        supplier_code=caller.supplier if staff else None,
        area=area,
        at=at,
    )


def area_of(request: Request) -> str:
    """Return the last word of the path that is no parameter: what `/points/{point_id}/profile` shows is `profile`."""
    words = [word for word in request.scope["route"].path.split("/") if word and not word.startswith("{")]
    return str(words[-1])


async def note(connection: AsyncConnection, contract_ids: Sequence[UUID], looked: Access) -> None:
    """Note one look at each of the contracts."""
    await connection.execute(
        text(
            "insert into data_accesses (contract_id, reader, reader_id, user_id, supplier_code, area, hour, first_at,"
            " last_at, times) select id, :reader, :reader_id, :user_id, :supplier_code, :area, :hour, :at, :at, 1"
            " from unnest(cast(:contract_ids as uuid[])) as wanted (id)"
            " on conflict (contract_id, reader_id, reader, area, hour) do update set"
            " last_at = greatest(data_accesses.last_at, excluded.last_at), times = data_accesses.times + 1"
        ),
        {
            "contract_ids": sorted(set(contract_ids)),  # in one order: parallel looks at many must not deadlock
            "reader": looked.reader.value,
            "reader_id": looked.reader_id,
            "user_id": looked.user_id,
            "supplier_code": looked.supplier_code,
            "area": looked.area,
            "hour": looked.hour,
            "at": looked.at,
        },
    )


async def tell_accesses(engine: AsyncEngine, topic: Topic[M], message: Callable[[Noted], M]) -> None:
    """Tell what has been noted until cancelled. Several processes may do so at once."""
    while True:
        try:
            while await tell_due(engine, topic, message, now=datetime.now(UTC)) == AT_ONCE:
                pass
        except (SQLAlchemyError, OSError) as error:
            log.warning("data_accesses.not_told", error=type(error).__name__)
        await asyncio.sleep(TELL_EVERY_SECONDS)


async def tell_due(
    engine: AsyncEngine, topic: Topic[M], message: Callable[[Noted], M], *, now: datetime, at_once: int = AT_ONCE
) -> int:
    """Add the events that are due to the outbox and forget what has been told; return how many there were."""
    async with engine.begin() as connection:
        rows = (
            await connection.execute(
                text(
                    "update data_accesses set told = times where (contract_id, reader_id, reader, area, hour) in"
                    " (select contract_id, reader_id, reader, area, hour from data_accesses"
                    " where told < times and (told = 0 or hour <= :over) order by hour limit :limit"
                    " for update skip locked) returning *"
                ),
                {"over": now - HOUR, "limit": at_once},
            )
        ).all()
        for row in rows:
            noted = Noted(
                contract_id=row.contract_id,
                reader=Reader(row.reader),
                reader_id=row.reader_id,
                user_id=row.user_id,
                supplier_code=row.supplier_code,
                area=row.area,
                at=row.first_at,
                last_at=row.last_at,
                times=row.times,
            )
            await outbox.add(connection, topic, message(noted))
        await connection.execute(
            text(
                "delete from data_accesses where (contract_id, reader_id, reader, area, hour) in"
                " (select contract_id, reader_id, reader, area, hour from data_accesses"
                " where hour < :before and told = times limit 1000 for update skip locked)"
            ),
            {"before": now - KEPT_AFTER},
        )
        return len(rows)
