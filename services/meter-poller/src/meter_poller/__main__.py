"""`python -m meter_poller`: polls the wires, with health and metrics over HTTP."""

import asyncio
import sys
from collections.abc import Callable

from common.logging import configure_logging
from common.process import WorkerEnded, serve
from meter_poller.api import create_app
from meter_poller.settings import Settings

LoopFactory = Callable[[], asyncio.AbstractEventLoop]

LOOP: LoopFactory
try:
    import uvloop
except ImportError:  # not made for every platform
    LOOP = asyncio.new_event_loop
else:
    LOOP = uvloop.new_event_loop


def main() -> int:
    """Run until SIGTERM. Returns 1 if the worker ended by itself."""
    settings = Settings()
    configure_logging("meter-poller", settings.log_level)
    try:
        with asyncio.Runner(loop_factory=LOOP) as runner:
            runner.run(serve(create_app(settings), settings))
    except WorkerEnded:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
