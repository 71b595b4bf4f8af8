"""`python -m notify [api | worker | migrate]`."""

import sys

from common.cli import Service, main
from notify.api import create_app
from notify.resources import MIGRATIONS
from notify.settings import Settings

SERVICE = Service(
    name="notify",
    settings=Settings,
    migrations=MIGRATIONS,
    create_app=create_app,
)

if __name__ == "__main__":
    sys.exit(main(SERVICE))
