"""Copies of other services' compacted topics: a consumer group for each life of a database.

The group's name ends in the database's epoch, made with the database. So a service that starts on an empty database
has no offsets, reads the topics from their beginning and rebuilds its copies; a process that starts anew on a
database that is there goes on where it was. After restoring a backup give the database another epoch: its offsets
are ahead of what it holds.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

DDL = (
    """
    create table copy_epoch (
        only_row boolean primary key default true check (only_row),
        epoch uuid not null default gen_random_uuid()
    )
    """,
    "insert into copy_epoch default values",
)


async def copy_group(engine: AsyncEngine, name: str) -> str:
    """Return the consumer group of this database for the copies that `name` tells."""
    async with engine.connect() as connection:
        epoch = (await connection.execute(text("select epoch from copy_epoch"))).scalar_one()
    return f"{name}-{epoch}"
