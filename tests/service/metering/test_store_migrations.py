"""The runner of the series store's migrations, on the real engine. Each test has a database of its own in it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from metering.errors import StoreOutdated
from metering.store.engine import connect
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
    assert migrate_store(client) == 3
    client.close()


async def test_half_hours_of_the_former_layout_keep_their_values_and_times(run: Any, tmp_path: Path):
    (tmp_path / "0001_telemetry.sql").write_bytes((FOLDER / "0001_telemetry.sql").read_bytes())
    read = "SELECT toUnixTimestamp(start), version, a_plus_wh, toUnixTimestamp(stored_at) FROM intervals ORDER BY start"
    rows = [(1_772_323_200, 171_800_000_000 + 1_772_326_000, 5, 1_772_327_000), (1_772_325_000, 7, None, 1_772_327_000)]

    def fill(client: Any) -> None:
        migrate_store(client, tmp_path)
        values = ", ".join(f"({s}, {v}, {'NULL' if e is None else e}, {at})" for s, v, e, at in rows)
        client.command("INSERT INTO intervals (start, version, a_plus_wh, stored_at) VALUES " + values)  # noqa: S608 -- numbers

    await run(fill)
    await run(migrate_store)
    await run(migrate_store)

    assert await run(lambda client: client.query(read).result_rows) == rows
