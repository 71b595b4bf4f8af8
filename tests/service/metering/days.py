"""One point's ledger whose days are closed by hand, for tests."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from common.clock import FixedClock
from metering.closing.ledger import Ledger
from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import local_day
from topics.poller import INTERVAL_BLOCKS
from topics.supplier import supplier_days, supplier_intervals
from topics.supplier_days import SupplierDay

if TYPE_CHECKING:
    from tests.service.metering.conftest import Portal

DAY = local_day(date(2026, 3, 18), "Europe/Samara")
START = DAY.ends_at - timedelta(days=1)
MINUTE = timedelta(minutes=1)


class Days:
    """One point's ledger, closed by hand."""

    def __init__(self, portal: "Portal", ledger: Ledger, clock: FixedClock) -> None:
        self.portal = portal
        self.ledger = ledger
        self.clock = clock

    async def take(self, values: Sequence[int | None], *, start: Any = START, **changes: Any) -> None:
        """Let half hours come, and a minute go by."""
        block = self.portal.place.block(values, start=start, **{"polled_at": DAY.ends_at, **changes})
        await self.portal.chain.take(INTERVAL_BLOCKS, block)
        self.clock.instant += MINUTE

    async def told(self) -> list[SupplierDay]:
        """Look at what is due; return every revision that the supplier has been told of, in order."""
        await self.ledger.turn()
        async with self.portal.engine.connect() as connection:
            rows = await connection.execute(text("select topic, payload from outbox order by id"))
            topic = supplier_days("demo")
            return [topic.decode(row.payload, topic.headers()) for row in rows if row.topic == topic.name]

    async def told_versions(self) -> list[tuple[int, int]]:
        """Start and version of each half hour that the outbox has for the supplier's stream, in order."""
        topic = supplier_intervals("demo")
        async with self.portal.engine.connect() as connection:
            rows = await connection.execute(text("select topic, payload from outbox order by id"))
            messages = [topic.decode(row.payload, topic.headers()) for row in rows if row.topic == topic.name]
        return sorted(
            (int(message.start.timestamp()) + STEP_SECONDS * number, version)
            for message in messages
            for number, version in enumerate(message.versions)
            if version
        )
