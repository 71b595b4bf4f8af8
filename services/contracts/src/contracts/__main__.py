"""`python -m contracts [api | worker | migrate | load FILE]`."""

import sys

from common.cli import Service, main
from contracts.api import create_app
from contracts.load import load
from contracts.resources import MIGRATIONS
from contracts.settings import Settings

SERVICE = Service(
    name="contracts",
    settings=Settings,
    migrations=MIGRATIONS,
    create_app=create_app,
    load=load,
)

if __name__ == "__main__":
    sys.exit(main(SERVICE))
