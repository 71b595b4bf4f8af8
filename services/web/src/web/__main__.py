"""`python -m web`: serve the client until SIGTERM."""

import sys

from pydantic import ValidationError

from common.errors import HalfhourError
from common.logging import configure_logging
from common.process import run, serve
from web.api import create_app
from web.settings import Settings


def main() -> int:
    """Serve, and return the exit code. A fault of the installation is one line on standard error."""
    try:
        settings = Settings()
    except ValidationError as error:
        sys.stderr.write(f"web: {error}\n")
        return 2
    configure_logging("web", settings.log_level)
    try:
        run(serve(create_app(settings), settings))
    except HalfhourError as error:
        sys.stderr.write(f"web: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
