"""A supplier whose streams are not provisioned stops nobody, and is sent everything once they are."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import text
from tests.service.metering.conftest import Chain, Portal
from tests.unit.metering.fake_log import FakeLog
from tests.unit.metering.telemetry import Place

from metering.domain.registry import Registry
from metering.settlement import held, replay
from metering.settlement.held import HeldDays
from topics.poller import INTERVAL_BLOCKS


async def test_what_was_held_back_is_replayed_once_the_streams_are_there(portal: Portal, worker: Any):
    """INVARIANT: nothing that is stored is kept from its supplier for good, and nobody waits for another's topics."""
    other = Place(supplier="other")
    known = worker.registry.current()
    both = Registry.of([portal.place.installed(), other.installed()], {})
    registry = replace(both, without_streams=frozenset({"demo"}))
    chain = Chain(portal.chain.store, FakeLog(), registry, held=HeldDays(portal.engine))

    for _ in range(2):
        await chain.take(INTERVAL_BLOCKS, portal.place.block([1, 2]), other.block([3]))

    assert chain.log.supplied("demo") == []
    assert [message.a_plus_wh for message in chain.log.supplied("other")] == [[3], [3]]
    assert list(chain.log.committed.values()) == [4]

    worker.registry._registry = replace(known, without_streams=frozenset({"demo"}))
    await held.step(worker)
    assert not await replay.step(worker)

    worker.registry._registry = known
    await held.step(worker)
    await held.step(worker)
    while await replay.step(worker):
        pass
    assert [message.a_plus_wh for message in worker.publisher.messages] == [[1, 2]]
    async with portal.engine.connect() as connection:
        assert (await connection.execute(text("select count(*) from held_streams"))).scalar_one() == 0
        ((start, end),) = await connection.execute(text("select from_day, to_day from replays"))
    assert start <= date(2026, 3, 10) < end
