"""Events of a database, written in the transaction of the change, sent in order by one relay.

The relay holds an advisory lock, reads `order by id` from the start, waits for all acknowledgements and
deletes what was sent. A kill between send and delete sends one batch again. The order is right for a key
only if the writer locks or version-checks the object before it adds the event.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import asyncpg
import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from common.kafka.connection import new_producer
from common.kafka.topic import Message, Topic
from common.liveness import LIVENESS, Pulse
from common.logging import get_logger
from common.metrics import OUTBOX_DEPTH, OUTBOX_PAUSES, OUTBOX_SENT
from common.settings import ServiceSettings

log = get_logger(__name__)

M = TypeVar("M", bound=Message)

ADVISORY_LOCK = 0x6F757462  # "outb"
POLL_SECONDS = 2.0
MAX_PAUSE_SECONDS = 5.0

# A record that Kafka refuses would block the head for ever, hence the check on the size.
DDL = (
    """
    create table outbox (
        id bigint generated always as identity primary key,
        topic text not null,
        key bytea not null,
        headers jsonb not null,
        payload bytea not null check (octet_length(payload) < 900000),
        created_at timestamptz not null default now()
    )
    """,
    """
    create function outbox_notify() returns trigger language plpgsql as
    $$ begin perform pg_notify('outbox', ''); return null; end $$
    """,
    "create trigger outbox_notify after insert on outbox for each statement execute function outbox_notify()",
)


async def add(connection: AsyncConnection, topic: Topic[M], message: M) -> None:
    """Add an event to the caller's transaction. It is sent after the commit, at least once."""
    await add_all(connection, topic, [message])


async def add_all(connection: AsyncConnection, topic: Topic[M], messages: Sequence[M]) -> None:
    """Add events to the caller's transaction in their order."""
    if not messages:
        return
    await connection.execute(
        text(
            "insert into outbox (topic, key, headers, payload) values (:topic, :key, cast(:headers as jsonb), :payload)"
        ),
        [
            {
                "topic": topic.name,
                "key": topic.key(message).encode(),
                "headers": msgspec.json.encode([(k, v.decode()) for k, v in topic.headers()]).decode(),
                "payload": topic.encode(message),
            }
            for message in messages
        ],
    )


class OutboxRelay:
    """The relay of one database. Several may run; one works, the others stand by."""

    def __init__(self, settings: ServiceSettings, *, batch: int = 500) -> None:
        self._settings = settings
        self._dsn = settings.database_url.get_secret_value().replace("postgresql+asyncpg://", "postgresql://")
        self._batch = batch
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled. Every failure backs off and starts over from the table.

        A round that never ends, of the producer or of the database, is told by `livez`; waiting for a part that is
        away, or for the lock, is not.
        """
        with LIVENESS.pulse("outbox relay") as pulse:
            await self._run(pulse)

    async def _run(self, pulse: Pulse) -> None:
        pause = 0.2
        while True:
            try:
                async with self._producer() as producer, self._leader(pulse) as connection:
                    while True:
                        sent = await self._drain(connection, producer)
                        pulse.beat()
                        pause = 0.2
                        if sent < self._batch:
                            with suppress(TimeoutError):
                                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
                            self._wake.clear()
            except (KafkaError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                pulse.beat()
                OUTBOX_PAUSES.inc()
                log.warning("outbox_relay.paused", error=repr(error), pause_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_PAUSE_SECONDS)

    async def _drain(self, connection: "asyncpg.Connection[Any]", producer: AIOKafkaProducer) -> int:
        rows = await connection.fetch(
            "select id, topic, key, headers, payload from outbox order by id limit $1", self._batch
        )
        OUTBOX_DEPTH.set(len(rows))
        if not rows:
            return 0
        pending = [
            await producer.send(
                row["topic"],
                row["payload"],
                key=row["key"],
                headers=[(name, value.encode()) for name, value in msgspec.json.decode(row["headers"])],
            )
            for row in rows
        ]
        await producer.flush()
        for future in pending:
            future.result()  # the first failure raises: nothing is deleted, all of it is sent again
        await self._forget(connection, [row["id"] for row in rows])
        OUTBOX_SENT.inc(len(rows))
        return len(rows)

    async def _forget(self, connection: "asyncpg.Connection[Any]", ids: list[int]) -> None:
        await connection.execute("delete from outbox where id = any($1::bigint[])", ids)

    @asynccontextmanager
    async def _producer(self) -> AsyncIterator[AIOKafkaProducer]:
        producer = new_producer(self._settings, linger_ms=5)
        try:
            await producer.start()
            yield producer
        finally:
            await producer.stop()

    @asynccontextmanager
    async def _leader(self, pulse: Pulse) -> AsyncIterator["asyncpg.Connection[Any]"]:
        connection = await asyncpg.connect(self._dsn)
        try:
            await connection.add_listener("outbox", lambda *_: self._wake.set())
            while not await connection.fetchval("select pg_try_advisory_lock($1)", ADVISORY_LOCK):
                pulse.beat()
                await asyncio.sleep(1.0)
            yield connection
        finally:
            await connection.close()
