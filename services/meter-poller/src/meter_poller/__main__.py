"""`python -m meter_poller`: polls the wires, with health and metrics over HTTP."""

import sys

from common.logging import configure_logging
from common.process import WorkerEnded, run, serve
from meter_poller.api import create_app
from meter_poller.settings import Settings


def main() -> int:
    """Run until SIGTERM. Returns 1 if the worker ended by itself."""
    settings = Settings()
    configure_logging("meter-poller", settings.log_level)
    try:
        run(serve(create_app(settings), settings))
    except WorkerEnded:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
