"""Numbered SQL files for the series store, applied once each, in order, on the embedded engine and a server alike.

A file that was applied must not change afterwards. In a cluster one job runs this, under the lock of the
relational migrations. A file that says "Rebuilds <table>" holds the new layout and the copy; the rest is `_rebuild`.
How to migrate a server: docs/guides/sre/migrations.md.
"""

import hashlib
import re
from pathlib import Path
from typing import Any, Final

from metering.errors import StoreOutdated

FOLDER: Final = Path(__file__).parent / "migrations" / "clickhouse"

_STATUS: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations
    (number UInt32, name String, sha256 String, applied_at DateTime('UTC') DEFAULT now())
ENGINE = MergeTree ORDER BY number
"""
_END_OF_STATEMENT: Final = re.compile(r";\s*$", re.MULTILINE)
_REBUILDS: Final = re.compile(r"^-- Rebuilds (\w+)\.$", re.MULTILINE)
_REBUILT: Final = re.compile(r"rebuilt by migration (\d+) from block (\d+)")
_COMMENT: Final = "SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = {table:String}"
_LAST_BLOCK: Final = (
    "SELECT max(max_block_number) FROM system.parts"
    " WHERE database = currentDatabase() AND table = {table:String} AND active"
)
# Blocks of a table are numbered as they become readable, and a part is named by its first and last one.
_IS_LATER: Final = " WHERE toUInt64(splitByChar('_', _part)[3]) > "


def migrate_store(client: Any, folder: Path = FOLDER) -> int:
    """Apply what is missing and return the newest number. A repeat changes nothing.

    Raises StoreOutdated if an applied file has changed, or the numbers do not run 1, 2, 3, ….
    """
    client.command(_STATUS)
    applied = _applied(client)
    files = _files(folder)
    for number, file in files.items():
        text = file.read_bytes()
        digest = hashlib.sha256(text).hexdigest()
        if number in applied:
            if applied[number] != digest:
                raise StoreOutdated(f"{file.name} was applied with another content")
            continue
        rebuilt = _REBUILDS.search(text.decode())
        statements = [each for each in _END_OF_STATEMENT.split(text.decode()) if each.strip()]
        if rebuilt is None:
            for statement in statements:
                client.command(statement)
        else:
            layout, copy = statements
            _rebuild(client, rebuilt[1], number, layout=layout, copy=copy)
        client.insert("schema_migrations", [[number, file.name, digest]], column_names=["number", "name", "sha256"])
    return len(files)


def check_store(client: Any, folder: Path = FOLDER) -> None:
    """Raise StoreOutdated unless every migration that this code knows has been applied."""
    client.command(_STATUS)
    missing = _files(folder).keys() - _applied(client).keys()
    if missing:
        raise StoreOutdated(f"the series store lacks migrations {sorted(missing)}: run the `migrate` role first")


def _applied(client: Any) -> dict[int, str]:
    return dict(client.query("SELECT number, sha256 FROM schema_migrations").result_rows)


def _files(folder: Path) -> dict[int, Path]:
    files = {int(file.name.split("_")[0]): file for file in sorted(folder.glob("*.sql"))}
    if list(files) != list(range(1, len(files) + 1)):
        raise StoreOutdated(f"the migrations in {folder.name} are not numbered 1, 2, 3, …")
    return files


def _rebuild(client: Any, table: str, number: int, *, layout: str, copy: str) -> None:
    """Give a table another layout with all its rows. Begun anew after a kill, it ends alike, and no row is doubled.

    Rows that come while the copy runs go into the table that is read; they follow once the two have changed places.
    How far the copy reached is noted in the new table's comment: it counts as soon as that one is in its place.
    """
    following = f"{table}_next"
    block = _rebuilt_from(client, table, number)
    if block is None:
        client.command(f"DROP TABLE IF EXISTS {following}")
        block = int(client.command(_LAST_BLOCK, parameters={"table": table}))
        note = f" COMMENT 'rebuilt by migration {number} from block {block}'"
        client.command(layout.replace("{to}", following) + note)
        client.command(copy.replace("{to}", following).replace("{from}", table))
        client.command(f"EXCHANGE TABLES {table} AND {following}")
    if client.command(f"EXISTS TABLE {following}"):
        client.command(copy.replace("{to}", table).replace("{from}", following) + _IS_LATER + str(block))
        client.command(f"DROP TABLE {following}")


def _rebuilt_from(client: Any, table: str, number: int) -> int | None:
    """Return up to which block of the former table the copy went; None if the former one is still in its place."""
    found = _REBUILT.match(str(client.command(_COMMENT, parameters={"table": table})))
    return int(found[2]) if found is not None and int(found[1]) == number else None
