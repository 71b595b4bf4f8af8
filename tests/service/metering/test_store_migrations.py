"""The runner of the series store's migrations, on the real engine. Each test has a database of its own in it."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from metering.errors import StoreOutdated
from metering.store.engine import connect, connect_to_migrate
from metering.store.telemetry import Store, open_store
from metering.store_migrations import FOLDER, check_store, migrate_store

ONE = "CREATE TABLE IF NOT EXISTS one (n UInt8) ENGINE = MergeTree ORDER BY n;\n-- a remark; with a stop\n"
TWO = "CREATE TABLE IF NOT EXISTS two (n UInt8) ENGINE = MergeTree ORDER BY n;\nINSERT INTO two VALUES (2);\n"


@pytest.fixture
async def run(series: Store) -> AsyncIterator[Callable[[Callable[[Any], Any]], Any]]:
    """Run something with a client whose database is empty."""
    name = f"test_{uuid4().hex}"

    async def call(work: Callable[[Any], Any]) -> Any:
        def inside(client: Any) -> Any:
            client.command(f"CREATE DATABASE IF NOT EXISTS {name}")
            client.command(f"USE {name}")
            try:
                return work(client)
            finally:
                client.command("USE default")

        return await series.engine.write(inside)

    yield call
    await series.engine.write(lambda client: client.command(f"DROP DATABASE {name}"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_one.sql").write_text(ONE)
    return tmp_path


async def test_each_file_is_applied_once_and_new_ones_after_it(run: Any, folder: Path):
    await run(lambda client: migrate_store(client, folder))
    (folder / "0002_two.sql").write_text(TWO)
    with pytest.raises(StoreOutdated, match=r"lacks migrations \[2\]"):
        await run(lambda client: check_store(client, folder))

    assert await run(lambda client: migrate_store(client, folder)) == 2
    assert await run(lambda client: migrate_store(client, folder)) == 2

    await run(lambda client: check_store(client, folder))
    assert await run(lambda client: client.query("SELECT n FROM two").result_rows) == [(2,)]


async def test_a_file_that_changed_after_it_was_applied_is_refused(run: Any, folder: Path):
    await run(lambda client: migrate_store(client, folder))
    (folder / "0001_one.sql").write_text(ONE.replace("UInt8", "UInt16"))

    with pytest.raises(StoreOutdated, match="another content"):
        await run(lambda client: migrate_store(client, folder))


async def test_numbers_with_a_hole_are_refused(run: Any, folder: Path):
    (folder / "0003_three.sql").write_text(TWO)

    with pytest.raises(StoreOutdated, match="numbered"):
        await run(lambda client: migrate_store(client, folder))


async def test_a_process_does_not_start_on_a_store_older_than_its_code(settings: Any, series: Store):
    await series.engine.write(lambda client: client.command("TRUNCATE TABLE schema_migrations"))

    with pytest.raises(StoreOutdated):
        async with open_store(settings):
            pass

    client = connect(settings)
    assert migrate_store(client) == 5
    client.close()


READ = "SELECT toUnixTimestamp(start), version, a_plus_wh, toUnixTimestamp(stored_at) FROM intervals ORDER BY start"
VERSION = 171_800_000_000 + 1_772_326_000
ROWS = [(1_772_323_200, VERSION, 5, 1_772_327_000), (1_775_325_000, 7, None, 1_772_327_000)]
LATE = (1_772_325_000, VERSION, 6, 1_772_327_100)


def put(client: Any, *rows: tuple[Any, ...]) -> None:
    """Put rows into the first layout."""
    values = ", ".join(f"({s}, {v}, {'NULL' if e is None else e}, {at})" for s, v, e, at in rows)
    client.command("INSERT INTO intervals (start, version, a_plus_wh, stored_at) VALUES " + values)  # noqa: S608 -- numbers


class KilledError(Exception):
    """The process ended here."""


class Watched:
    """A client that tells of each statement before it runs."""

    def __init__(self, client: Any, before: Callable[[str], None]) -> None:
        self._client, self._before = client, before

    def command(self, statement: str, **options: Any) -> Any:
        self._before(statement)
        return self._client.command(statement, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def layouts(path: Path, *numbers: int) -> Path:
    """A folder with some of the product's migrations."""
    path.mkdir()
    for number in numbers:
        file = next(FOLDER.glob(f"{number:04}_*"))
        (path / file.name).write_bytes(file.read_bytes())
    return path


@pytest.fixture
async def first_layout(run: Any, tmp_path: Path) -> None:
    folder = layouts(tmp_path / "first", 1)

    def fill(client: Any) -> None:
        migrate_store(client, folder)
        for row in ROWS:
            put(client, row)

    await run(fill)


@pytest.mark.usefixtures("first_layout")
async def test_half_hours_of_the_former_layout_keep_their_values_and_times(run: Any):
    await run(migrate_store)
    await run(migrate_store)

    assert await run(lambda client: client.query(READ).result_rows) == ROWS


async def test_a_copy_that_was_killed_anywhere_is_done_again_and_doubles_nothing(run: Any, tmp_path: Path):
    """INVARIANT: a migration that copies a table ends alike, wherever it was ended before."""
    first, both = layouts(tmp_path / "first", 1), layouts(tmp_path / "both", 1, 2)
    done: list[str] = []

    def killed_before(number: int) -> Callable[[str], None]:
        def before(statement: str) -> None:
            if len(done) == number:
                raise KilledError
            done.append(statement.split(maxsplit=1)[0])

        return before

    def attempt(client: Any, number: int) -> list[str]:
        for statement in ("DROP DATABASE IF EXISTS killed", "CREATE DATABASE killed", "USE killed"):
            client.command(statement)
        migrate_store(client, first)
        put(client, *ROWS)
        done.clear()
        with suppress(KilledError):
            migrate_store(Watched(client, killed_before(number)), both)
        found = list(done)
        migrate_store(client, both)
        assert client.query(READ).result_rows == ROWS, done
        assert not client.command("EXISTS TABLE intervals_next")
        return found

    for number in range(20):
        found = await run(partial(attempt, number=number))
        if len(found) < number:
            break
    await run(lambda client: client.command("DROP DATABASE killed"))
    assert found[-5:] == ["INSERT", "EXCHANGE", "EXISTS", "INSERT", "DROP"]


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.usefixtures("first_layout")
async def test_a_row_that_comes_between_copy_and_exchange_is_kept(run: Any, killed: bool):
    late = [LATE]

    def migrate(client: Any) -> list[Any]:
        def before(statement: str) -> None:
            if statement.startswith("EXCHANGE") and late:
                put(client, late.pop())
            if killed and statement.startswith("EXISTS"):
                raise KilledError

        try:
            migrate_store(Watched(client, before))
        except KilledError:
            migrate_store(client)
        return list(client.query(READ).result_rows)

    assert await run(migrate) == sorted([*ROWS, LATE])


def test_a_migration_has_no_limit_of_time_and_every_other_statement_has(series: Store, settings: Any):
    del series
    limits = []
    for new_client in (connect, connect_to_migrate):
        client = new_client(settings)
        limits.append(client.command("SELECT getSetting('max_execution_time')"))
        client.close()
    assert list(map(int, limits)) == [30, 0]
