"""`python -m metering [api | worker | migrate | limit … | load FILE | replay …]`; without a role one process does all.

The embedded series engine allows one process per path: with it all roles run in one process.
"""

import sys

from common.cli import Service, main
from metering.api import create_app
from metering.commands.limit import LIMIT
from metering.commands.load import load
from metering.commands.replay import REPLAY
from metering.pipeline.garbage import search_rarely
from metering.resources import MIGRATIONS
from metering.settings import Settings
from metering.store import engine

SERVICE = Service(
    name="metering",
    settings=Settings,
    migrations=MIGRATIONS,
    create_app=create_app,
    load=load,
    migrate_more=engine.migrate,
    argument_commands={"limit": LIMIT, "replay": REPLAY},
)

if __name__ == "__main__":
    search_rarely()
    sys.exit(main(SERVICE))
