"""`python -m contracts [api | worker | migrate | load FILE]`."""

import sys
from pathlib import Path

from common.cli import Service, main
from contracts.api import create_app
from contracts.load import load
from contracts.settings import Settings

SERVICE = Service(
    name="contracts",
    settings=Settings,
    migrations=Path(__file__).with_name("migrations") / "postgres",
    create_app=create_app,
    load=load,
)

if __name__ == "__main__":
    sys.exit(main(SERVICE))
