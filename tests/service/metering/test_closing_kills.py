"""Two processes compete for the days that are due, the one that works is killed: billing sees each revision once."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError
from sqlalchemy import text
from tests.service.metering.closing_worker import DAYS, POINTS
from tests.service.metering.month import Month
from tests.service.metering.test_whole_service import read_all

from common import db
from common.kafka.connection import connection_options
from common.settings import KafkaSettings
from local_stack.paths import REPOSITORY
from metering import service
from metering.settings import Settings
from topics import supplier_days, supplier_topics

pytestmark = pytest.mark.timeout(240)

CONSUMER = REPOSITORY / "docs" / "guides" / "billing" / "ledger_consumer.py"
WHERE = ("before_tell", "before_commit", "after_commit", "before_mark")
FAMILIES = {where: number + 1 for number, where in enumerate(WHERE)}
TAKES_WITHIN_SECONDS = 90
# "ledg" and "outb": who closes days and who sends them is the same process, which is to be killed.
LOCKED = """
select count(distinct objid) = 2 from pg_locks where locktype = 'advisory' and objid in (1818584167, 1869968482)
"""
DONE = """
select not exists (select from ledger_days where revision = 0) and not exists (select from outbox)
    and not exists (select from values_under_way)
"""
QUESTIONED = "select count(*) from verdicts where severity = 'question' and point_id = :point_id"


@pytest.fixture
async def log(kafka_server: KafkaSettings) -> KafkaSettings:
    """A log with the supplier's topics."""
    admin = AIOKafkaAdminClient(**connection_options(kafka_server))
    await admin.start()
    for topic in supplier_topics("demo"):
        try:
            await admin.create_topics([NewTopic(topic.name, num_partitions=2, replication_factor=1)])
        except TopicAlreadyExistsError:
            continue
    await admin.close()
    return kafka_server


def environment(settings: Settings, kafka: KafkaSettings, path: Path) -> dict[str, str]:
    inherited = dict(os.environ)  # noqa: TID251 -- passed on whole, nothing of it is read
    return inherited | {
        "METERING_DATABASE_URL": settings.database_url.get_secret_value(),
        "METERING_CLICKHOUSE_PATH": str(path),
        "METERING_KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "METERING_KAFKA_USERNAME": str(kafka.kafka_username),
        "METERING_KAFKA_PASSWORD": kafka.kafka_password.get_secret_value() if kafka.kafka_password else "",
    }


@contextmanager
def worker(family: int, where: str, values: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has stored its telemetry and waits to be told to close days."""
    command = [sys.executable, "-m", "tests.service.metering.closing_worker", str(family), where]
    process = subprocess.Popen(command, env=values, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        while (line := process.stdout.readline()).strip() != b"ready":
            assert line, "the worker ended before it was ready"
        yield process
    finally:
        process.kill()
        process.communicate()


def go(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()


def booked(kafka: KafkaSettings, books: Path) -> list[Any]:
    """Let the guide's consumer read all there is; return each revision with the digest that its own half hours give."""
    inherited = dict(os.environ)  # noqa: TID251 -- passed on whole, nothing of it is read
    credential = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_USERNAME": str(kafka.kafka_username),
        "KAFKA_PASSWORD": kafka.kafka_password.get_secret_value() if kafka.kafka_password else "",
        "KAFKA_GROUP_PREFIX": "supplier-demo-",
    }
    subprocess.run([sys.executable, CONSUMER, "demo", str(books), "--once"], env=inherited | credential, check=True)
    with sqlite3.connect(books) as connection:
        return connection.execute("select point, day, revision, digest, answered from days order by 1, 2, 3").fetchall()


@pytest.mark.parametrize("where", WHERE)
async def test_of_two_workers_the_killed_ones_days_are_told_once_by_the_other(
    where: str, settings: Settings, log: KafkaSettings, tmp_path: Path
):
    """INVARIANT: a kill -9 at any moment of closing neither loses nor doubles a revision as billing sees it.

    before_tell: what a rule decided is stored, not told; before_commit: revisions added, not committed; after_commit:
    committed, not sent; before_mark: sent, not deleted.
    """
    family = FAMILIES[where]
    month = Month(POINTS, family)
    async with db.open_engine(settings) as engine:
        async with engine.begin() as connection:
            await service.load_registry_file(connection, month.registry_file())
        with (
            worker(family, where, environment(settings, log, tmp_path / "one")) as first,
            worker(family, "never", environment(settings, log, tmp_path / "other")) as second,
        ):
            go(first)
            await until(engine, LOCKED, first)
            go(second)
            assert first.wait(TAKES_WITHIN_SECONDS) == -signal.SIGKILL
            await until(engine, DONE, second)
            assert second.poll() is None
        async with engine.connect() as connection:
            assert await connection.scalar(text(QUESTIONED), {"point_id": month.points[0].id})
            rows = await connection.execute(text("select point_id, day, revision, digest from ledger_revisions"))
            told = sorted((str(row.point_id), row.day.isoformat(), row.revision, row.digest) for row in rows)
    assert len({row[:2] for row in told}) >= POINTS * DAYS
    ours = {str(point.id) for point in month.points}
    found = [row for row in booked(log, tmp_path / "books.sqlite") if row[0] in ours]
    assert [row[:4] for row in found] == told
    assert all(answered == digest for *_, digest, answered in newest(found)), "its own half hours give the digests"
    copies: dict[Any, set[bytes]] = defaultdict(set)
    for day in await read_all(log, supplier_days("demo")):
        copies[day.point_id, day.day, day.revision].add(supplier_days("demo").encode(day))
    assert {len(each) for each in copies.values()} == {1}, "a revision that comes twice is the same to the last byte"


def newest(rows: list[Any]) -> list[Any]:
    return list({row[:2]: row for row in rows}.values())


async def until(engine: Any, statement: str, process: "subprocess.Popen[bytes]") -> None:
    """Ask until the answer is not 0, or the process has ended."""
    deadline = time.monotonic() + TAKES_WITHIN_SECONDS
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        while not await connection.scalar(text(statement)):
            if process.poll() is not None:
                return
            assert time.monotonic() < deadline, statement
            await asyncio.sleep(0.05)
