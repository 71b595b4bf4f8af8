"""Looks now and then at what no event tells: what billing leaves open, the canary's half hours, the calendar's end.

Shows both as metrics. Every process of workers may look: nothing is changed but by the canary's alarm, told once.
"""

from typing import Final

from metering.domain.production_calendar import days_left
from metering.metrics import CALENDAR_DAYS_LEFT, DAYS_OPEN, DAYS_OPEN_AGE_SECONDS
from metering.repository import accounting
from metering.resources import Resources
from metering.turns import take_turns
from metering.watches import canary

LOOK_EVERY_SECONDS: Final = 30.0


async def run(resources: Resources) -> None:
    """Look until cancelled. A failure that passes is tried again at the next look."""
    await resources.registry.loaded()
    await take_turns(lambda: look(resources), worker="watch", pause_seconds=LOOK_EVERY_SECONDS)


async def look(resources: Resources) -> None:
    """Count what is open by supplier, and check the canary if there is one."""
    now = resources.clock.now()
    CALENDAR_DAYS_LEFT.set(days_left(now.date()))
    async with resources.engine.connect() as connection:
        found = await accounting.count_open(connection)
    for code in resources.registry.current().supplier_codes:
        count, oldest = found.get(code, (0, now))
        DAYS_OPEN.labels(supplier=code).set(count)
        DAYS_OPEN_AGE_SECONDS.labels(supplier=code).set(max(0.0, (now - oldest).total_seconds()))
    await canary.check(resources)
