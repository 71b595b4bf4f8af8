"""`python -m metering [api | worker | migrate | load FILE]`; without a role one process does everything.

The embedded series engine allows one process per path: with it run all roles in one process. `load` does not
open the engine.
"""

import sys
from pathlib import Path

from common.cli import Service, main
from common.db import open_engine
from metering import service, store
from metering.api import create_app
from metering.registry_file import read_registry_file
from metering.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations" / "postgres"


async def load(settings: Settings, file: Path) -> None:
    """Take a registry file over and say what came of it."""
    content = read_registry_file(file)
    async with open_engine(settings) as engine, engine.begin() as connection:
        loaded = await service.load_registry_file(connection, content)
    print(f"{file}: {len(content.points)} points, {len(loaded.published)} endpoints published")
    for contract_id in loaded.unknown_contracts:
        print(f"  contract {contract_id} is not known here yet; its points show when the contracts service tells of it")


if __name__ == "__main__":
    sys.exit(
        main(
            Service(
                name="metering",
                settings=Settings,
                migrations=MIGRATIONS,
                create_app=create_app,
                load=load,
                migrate_more=store.migrate,
            )
        )
    )
