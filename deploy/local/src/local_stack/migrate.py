"""Brings the databases of all services to their newest revision, in one process: importing costs more than the work.

In a cluster each service's `migrate` role does its own.
"""

import asyncio
import importlib
import sys
from typing import Final

from .settings import SERVICES

SETTINGS_CLASS: Final = {name: f"{name.capitalize()}Settings" for name in SERVICES}


async def migrate_all() -> None:
    """Run each service's own `migrate`, one after another. A repeat changes nothing."""
    for name in SERVICES:
        migrations = importlib.import_module(f"{name}.migrate")
        settings = importlib.import_module(f"{name}.settings")
        await migrations.migrate(getattr(settings, SETTINGS_CLASS[name])())


if __name__ == "__main__":
    sys.exit(asyncio.run(migrate_all()))
