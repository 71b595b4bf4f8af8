"""Numbered SQL files for the series store, applied once each, in order, on the embedded engine and a server alike.

A file that was applied must not change afterwards. In a cluster one job runs this, under the lock of the
relational migrations.
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
        for statement in _END_OF_STATEMENT.split(text.decode()):
            if statement.strip():
                client.command(statement)
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
