"""`python -m tickets [api | worker | migrate]`."""

import sys

from common.cli import Service, main
from tickets.api import create_app
from tickets.resources import MIGRATIONS
from tickets.settings import Settings

SERVICE = Service(
    name="tickets",
    settings=Settings,
    migrations=MIGRATIONS,
    create_app=create_app,
)

if __name__ == "__main__":
    sys.exit(main(SERVICE))
