"""A process of the ledger's worker and the outbox relay, with telemetry of its own store, that may kill itself.

    python -m tests.service.metering.closing_worker FAMILY never|before_tell|before_commit|after_commit|before_mark

It stores and marks DAYS days, of which a rule questions one point's, says `ready`, and begins to close them when it is
told to. The environment is that of metering. A kill is SIGKILL: nothing is cleaned up.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from typing import Any

import msgspec
from tests.service.metering.month import FIRST, Month, midnight

from common.clock import FixedClock
from common.outbox import OutboxRelay
from metering import own_values
from metering.closing import ledger
from metering.closing.ledger import DayMarks, Ledger
from metering.closing.review import Review
from metering.domain.interval_columns import INTERVAL_COLUMNS
from metering.pipeline.steps import Steps
from metering.repository import ledger as repository
from metering.resources import open_resources
from metering.settings import Settings
from metering.settlement.held import HeldDays
from metering.store import engine
from metering.store.days import write_values
from topics.poller import INTERVAL_BLOCKS, IntervalBlock, RegisterSnapshot

POINTS, DAYS = 12, 3
KILL_AT_TURN = 2


def kill(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(where: str) -> None:
    """Have this process killed when it has written what it decided, in its second turn, or before the relay deletes."""
    write, add, turns = Ledger._write, repository.add_revisions, 0

    async def put_last(*arguments: Any, **options: Any) -> int:
        stored = await write_values(*arguments, **options)
        kill()
        return stored

    async def counted(*arguments: Any) -> Any:
        nonlocal turns
        turns += 1
        result = await (add if where == "before_commit" else write)(*arguments)
        if turns == KILL_AT_TURN:
            kill()
        return result

    if where == "before_commit":
        repository.add_revisions = counted  # type: ignore[assignment]
    elif where == "after_commit":
        Ledger._write = counted  # type: ignore[assignment, method-assign]
    elif where == "before_tell":
        own_values.write_values = put_last  # type: ignore[attr-defined]
    elif where == "before_mark":
        OutboxRelay._forget = kill  # type: ignore[assignment]


def stuck(block: IntervalBlock, month: Month) -> IntervalBlock:
    """Have the first point's meter say one value all day."""
    if block.meter_id != month.points[0].meter_id():
        return block
    return msgspec.structs.replace(block, a_plus_wh=[None if each is None else 700 for each in block.a_plus_wh])


async def main(family: int, where: str) -> None:
    settings = Settings.model_validate({})
    await engine.migrate(settings)
    ledger.DAYS_A_TURN = 5  # type: ignore[misc]
    async with open_resources(settings) as resources:
        clock = FixedClock(midnight(FIRST + timedelta(days=DAYS), "Europe/Kaliningrad") + timedelta(hours=7))
        registry = resources.registry
        await registry.refresh()
        marks = DayMarks(resources.engine, settle_seconds=0)
        held = HeldDays(resources.engine)
        steps = Steps(
            registry=registry, store=resources.store, sender=resources.publisher, marks=marks, held=held, clock=clock
        )
        month = Month(POINTS, family)
        for number in range(DAYS):
            said = list(month.day(FIRST + timedelta(days=number)))
            blocks = [INTERVAL_BLOCKS.encode(stuck(each, month)) for each in said if isinstance(each, IntervalBlock)]
            headers = INTERVAL_COLUMNS.headers()
            logged = [round(clock.now().timestamp() * 1_000)] * len(blocks)
            store = await steps.intervals([INTERVAL_COLUMNS.decode(each, headers) for each in blocks], logged)
            await store()
            store = await steps.registers([each for each in said if isinstance(each, RegisterSnapshot)], logged)
            await store()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        arm(where)
        looks = Review(engine=resources.engine, store=resources.store.engine)
        worker = Ledger(settings, engine=resources.engine, review=looks, registry=registry, clock=clock)
        await asyncio.gather(worker.run(), OutboxRelay(settings).run())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
