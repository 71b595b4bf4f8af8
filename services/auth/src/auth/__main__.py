"""`python -m auth [api | worker | migrate | load FILE | rotate-keys | replace-keys | reseal | end-sessions]`."""

import sys

from auth.api import create_app
from auth.keys import replace_keys, rotate_keys
from auth.load import load
from auth.resources import MIGRATIONS
from auth.root_secret import reseal
from auth.service.sessions import end_every_session
from auth.settings import Settings
from common.cli import Service, main

SERVICE = Service(
    name="auth",
    settings=Settings,
    migrations=MIGRATIONS,
    create_app=create_app,
    load=load,
    commands={
        "rotate-keys": rotate_keys,
        "replace-keys": replace_keys,
        "reseal": reseal,
        "end-sessions": end_every_session,
    },
)

if __name__ == "__main__":
    sys.exit(main(SERVICE))
