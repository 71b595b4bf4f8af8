"""Real parts for tests: a PostgreSQL and a Kafka of the test session's own, on free ports, in a temporary folder."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest
from pydantic import SecretStr
from tests.ports import isolated_settings

from common.settings import KafkaSettings
from local_stack import jars, kafka, postgres
from local_stack.passwords import Secrets, cluster_id, password
from local_stack.readiness import is_ready
from local_stack.supervisor import Service

NewDatabase = Callable[..., Awaitable[str]]

START_WITHIN_SECONDS = 60

# By default an example that takes over 200 ms fails, and so does one that waited for the processor beside other tests.
hypothesis.settings.register_profile("loaded", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("loaded")


@pytest.fixture(scope="session")
def secrets() -> Secrets:
    return Secrets(password(), password(), cluster_id(), password())


@contextmanager
def run_part(service: Service, log: Path) -> Iterator[None]:
    """Run one part of the stack while the context is open."""
    with log.open("wb") as output:
        process = subprocess.Popen(service.command, env=dict(service.environment), stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + START_WITHIN_SECONDS
            while not asyncio.run(is_ready(service.ready)):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield
        finally:
            process.send_signal(service.stop_signal)
            process.wait(20)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory, secrets: Secrets) -> Iterator[Callable[[str], str]]:
    """Run PostgreSQL; give what turns a database's name into its URL, with the administrator's rights."""
    folder = tmp_path_factory.mktemp("postgres")
    settings = isolated_settings(folder)
    settings.paths.create()
    postgres.prepare(settings, secrets)

    def url(name: str) -> str:
        host = f"127.0.0.1:{settings.ports['postgres']}"
        return f"postgresql+asyncpg://{postgres.ADMIN}:{secrets.postgres_admin}@{host}/{name}"

    with run_part(postgres.server_service(settings, secrets, ()), folder / "postgres.log"):
        yield url


@pytest.fixture(scope="session")
def templates() -> dict[Path, str]:
    """The migrated database of each folder of migrations, by name: copying one is much cheaper than migrating anew."""
    return {}


@pytest.fixture
async def new_database(postgres_server: Callable[[str], str], templates: dict[Path, str]) -> AsyncIterator[NewDatabase]:
    """Give a function that makes a database and returns its URL; all are dropped at the end.

    With a folder of migrations it is migrated, else empty. Copies of one folder share what a migration drew at random.
    """
    import asyncpg  # noqa: PLC0415 -- unit tests must not pay for it

    from common.migrate import migrate  # noqa: PLC0415 -- likewise

    names: list[str] = []
    administrator = await asyncpg.connect(postgres_server(postgres.ADMIN).replace("+asyncpg", ""))

    async def create(template: str) -> str:
        name = f"test_{uuid4().hex}"
        await administrator.execute(f'create database "{name}" template "{template}"')
        return name

    async def make(migrations: Path | None = None) -> str:
        if migrations and migrations not in templates:
            empty = await create("template1")
            await migrate(postgres_server(empty), migrations)
            templates[migrations] = empty
        name = await create(templates[migrations] if migrations else "template1")
        names.append(name)
        return postgres_server(name)

    yield make
    for name in names:
        await administrator.execute(f'drop database "{name}" with (force)')
    await administrator.close()


@pytest.fixture
async def database(new_database: NewDatabase) -> str:
    """The URL of a fresh, empty database."""
    return await new_database()


@pytest.fixture(scope="module")
def kafka_server(tmp_path_factory: pytest.TempPathFactory, secrets: Secrets) -> Iterator[KafkaSettings]:
    """Run Kafka; give the administrator's way in. One a module: what a test leaves in a topic is read by no other."""
    folder = tmp_path_factory.mktemp("kafka")
    settings = isolated_settings(folder)
    settings.paths.create()
    locked = jars.read_lock()
    jars.fetch(locked, settings.cache_dir)
    class_path = jars.class_path(locked, settings.cache_dir)
    kafka.prepare(settings, secrets, class_path)
    with run_part(kafka.broker_service(settings, class_path, ()), folder / "kafka.log"):
        yield KafkaSettings(
            kafka_bootstrap_servers=settings.kafka_bootstrap_servers,
            kafka_username=kafka.ADMIN,
            kafka_password=SecretStr(secrets.kafka_admin),
        )
