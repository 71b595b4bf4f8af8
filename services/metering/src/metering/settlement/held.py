"""Holds back what a supplier without streams would be sent, and has it replayed from the store once they are there.

One supplier whose topics are not provisioned stops nobody else, and loses nothing: docs/architecture/metering.md.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from common.errors import Busy, TooMany
from common.logging import get_logger
from metering.domain.intervals import CheckedBlocks
from metering.repository import held
from metering.repository.faults import passes
from metering.resources import Resources
from metering.settlement import replay
from metering.turns import take_turns

log = get_logger(__name__)

LOOK_EVERY_SECONDS: Final = 15.0
ONE_DAY: Final = timedelta(days=1)


class HeldDays:
    """Remembers in PostgreSQL which days of which suppliers were stored and not sent on. A repeat is harmless."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def hold(self, checked: CheckedBlocks, codes: frozenset[str], *, now: datetime) -> None:
        """To be called when the half hours are stored, and before their offsets are committed. Raises Busy."""
        days = days_of(checked, codes)
        if not days:
            return
        try:
            async with self._engine.begin() as connection:
                await held.hold(connection, days, now=now)
        except (OSError, DBAPIError) as error:
            if not passes(error):
                raise
            raise Busy(f"what is held back was not noted: {error!r}") from error


def days_of(checked: CheckedBlocks, codes: frozenset[str]) -> Mapping[str, tuple[date, date]]:
    """Return local days [from, to) of any zone on earth in which something of these suppliers was stored."""
    days: dict[str, tuple[date, date]] = {}
    for piece in checked.pieces:
        code, rows = piece.installed.supplier_code, slice(piece.first, piece.last)
        if code not in codes or not np.any(checked.slots.stored[rows]):
            continue
        starts = checked.slots.starts[rows]
        start = datetime.fromtimestamp(int(starts[0]), UTC).date() - ONE_DAY
        end = datetime.fromtimestamp(int(starts[-1]), UTC).date() + 2 * ONE_DAY
        known = days.get(code, (start, end))
        days[code] = (min(known[0], start), max(known[1], end))
    return days


async def run(resources: Resources) -> None:
    """Look for streams that have been provisioned, until cancelled."""
    await resources.registry.loaded()
    await take_turns(lambda: step(resources), worker="held", pause_seconds=LOOK_EVERY_SECONDS)


async def step(resources: Resources) -> None:
    """Ask for a replay of what waits for streams that are there now."""
    async with resources.engine.begin() as connection:
        for stream in await held.held_streams(connection):
            if stream.supplier_code in resources.registry.current().without_streams:
                continue
            end = min(stream.to_day, stream.from_day + replay.MAX_DAYS * ONE_DAY)
            try:
                await replay.ask(
                    connection,
                    stream.supplier_code,
                    what="intervals",
                    point_ids=[],
                    start=stream.from_day,
                    end=end,
                    asked_by=None,
                    asked_at=resources.clock.now(),
                )
            except TooMany:
                continue
            await held.let_go(connection, stream, until=end)
            log.info("held.replayed", supplier=stream.supplier_code, start=str(stream.from_day), end=str(end))
