"""The loop of a worker that takes its work from tables: turn after turn, a pause, patience with faults that pass."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import DBAPIError

from common.errors import Busy
from common.logging import get_logger
from metering.repository.faults import passes

log = get_logger(__name__)


async def take_turns(turn: Callable[[], Awaitable[object]], *, worker: str, pause_seconds: float) -> None:
    """Take turns until cancelled: at once again while a turn returns something true, else after the pause.

    A fault that passes is logged, and the next turn starts over from the tables. Raises every other fault.
    """
    while True:
        try:
            has_more = bool(await turn())
        except (Busy, OSError, DBAPIError) as error:
            if isinstance(error, DBAPIError) and not passes(error):
                raise
            log.warning("worker.paused", worker=worker, error=repr(error), pause_seconds=pause_seconds)
            has_more = False
        if not has_more:
            await asyncio.sleep(pause_seconds)
