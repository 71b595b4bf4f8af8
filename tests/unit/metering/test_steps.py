"""What the steps do with a batch when a part is away."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from tests.unit.metering.telemetry import NOW, Place

from common.clock import FixedClock
from common.errors import Busy
from metering.domain.interval_columns import columns_of
from metering.domain.intervals import CheckedBlocks
from metering.domain.registry import Registry
from metering.pipeline.steps import Steps

PLACE = Place()
LOGGED = [round(NOW.timestamp() * 1_000)]


class Parts:
    """A store, a sender, marks and holds in one: what they were called for, in order, and who is away."""

    def __init__(self, away: str | None = None) -> None:
        self.away = away
        self.calls: list[str] = []

    async def _called(self, name: str) -> None:
        await asyncio.sleep(0)
        self.calls.append(name)
        if name == self.away:
            raise Busy(f"{name} is away")

    async def insert_intervals(self, checked: CheckedBlocks, *, stored_at: datetime) -> None:
        del checked, stored_at
        await self._called("store")

    async def blocks_stored(self, checked: CheckedBlocks, *, now: datetime) -> None:
        del checked, now
        await self._called("marks")

    async def hold(self, checked: CheckedBlocks, codes: frozenset[str], *, now: datetime) -> None:
        del checked, codes, now
        await self._called("held")

    async def send_raw(self, records: Any) -> None:
        await self._called(f"send {len(records)}")


class Known:
    """A registry of one place, whose supplier may be without streams."""

    def __init__(self, *, streams: bool) -> None:
        without = frozenset() if streams else frozenset({PLACE.supplier})
        known = Registry.of([PLACE.installed()], {})
        self.registry = Registry(known.installations, places=known.places, without_streams=without)

    def current(self) -> Registry:
        return self.registry

    async def refreshed(self) -> bool:
        return False


async def taken(parts: Parts, *, streams: bool) -> None:
    of_parts: Any = parts
    steps = Steps(
        registry=Known(streams=streams),
        store=of_parts,
        sender=of_parts,
        marks=of_parts,
        held=of_parts,
        clock=FixedClock(NOW),
    )
    finish = await steps.intervals([columns_of(PLACE.block([500]))], LOGGED)
    await finish()


@pytest.mark.parametrize(
    ("away", "called"),
    [
        ("store", ["store"]),
        ("marks", ["store", "marks"]),
        ("held", ["store", "marks", "held"]),
        (None, ["store", "marks", "held", "send 0"]),
    ],
)
async def test_nobody_is_told_of_what_is_not_stored_and_marked(away: str | None, called: list[str]):
    """INVARIANT: what goes to a supplier is stored before, and what cannot go yet is held before the rest goes."""
    parts = Parts(away)
    if away is None:
        await taken(parts, streams=False)
    else:
        with pytest.raises(Busy, match=f"{away} is away"):
            await taken(parts, streams=False)
    assert parts.calls == called


async def test_a_supplier_with_streams_gets_its_message_last():
    parts = Parts()
    await taken(parts, streams=True)
    assert parts.calls == ["store", "marks", "send 1"]
