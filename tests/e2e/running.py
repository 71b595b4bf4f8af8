"""A stack with fast days, and the truth about its meters; shared by the tests of the main path and of the ledger."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.e2e import fast_days
from tests.e2e.stack import Stack, running_stack

from common.clock import ScaledClock
from local_stack.paths import REPOSITORY
from simulators.config import read_config
from simulators.fleet import Fleet

SLOT = timedelta(minutes=30)


@dataclass(frozen=True)
class Running:
    """A stack with fast days, and the truth about its meters."""

    stack: Stack
    log: Path
    clock: ScaledClock
    fleet: Fleet
    ready_at: datetime

    def next_slot(self) -> datetime:
        """Return the border of half hours after the running one: from there on a fresh window begins."""
        seconds = int(self.clock.now().timestamp()) // 1800 * 1800
        return datetime.fromtimestamp(seconds, UTC) + 2 * SLOT

    def wait_until(self, instant: datetime) -> None:
        time.sleep(max(0.0, (instant - self.clock.now()).total_seconds() / self.clock.speed))


@contextmanager
def fast_stack(folder: Path) -> Iterator[Running]:
    """Start the stack and stop it at the end."""
    anchor_at = datetime.now(UTC)
    clock = ScaledClock(anchor_at=anchor_at, start_at=fast_days.CLOCK_START_AT, speed=fast_days.CLOCK_SPEED)
    demo = fast_days.write_demo(folder / "demo", deploy_demo=REPOSITORY / "deploy" / "local" / "demo")
    with running_stack(
        folder / "stack",
        demo_dir=demo,
        clock_speed=fast_days.CLOCK_SPEED,
        clock_anchor_at=anchor_at,
        clock_start_at=fast_days.CLOCK_START_AT,
        border_tolerance_seconds=fast_days.REGISTER_STEP_SECONDS,
    ) as stack:
        fleet = Fleet(read_config(demo / "simulators.json"), clock)
        yield Running(stack, folder / "stack" / "stack.log", clock, fleet, ready_at=clock.now())
