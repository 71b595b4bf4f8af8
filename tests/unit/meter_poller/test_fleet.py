import asyncio
from uuid import UUID

import msgspec
import pytest
from structlog.testing import capture_logs
from tests.unit.meter_poller.parts import ANY_ID, NOON, endpoint, meter

from meter_poller.fleet import Fleet
from meter_poller.metrics import WIRES
from meter_poller.publish import Cursors
from topics.metering import Endpoint
from topics.poller import MeterCursor


class Polls:
    """Takes down which wires run, and with which cursors."""

    def __init__(self) -> None:
        self.running: dict[UUID, Endpoint] = {}
        self.cursors: list[Cursors] = []
        self.failures = 0

    async def __call__(self, of: Endpoint, cursors: Cursors) -> None:
        assert of.endpoint_id not in self.running, "two masters of one wire"
        self.running[of.endpoint_id] = of
        self.cursors.append(cursors)
        try:
            if self.failures:
                self.failures -= 1
                raise RuntimeError("our mistake")
            await asyncio.Event().wait()
        finally:
            # Stopping takes a moment: the fleet has to wait for it.
            await asyncio.sleep(0.01)
            del self.running[of.endpoint_id]


def version(of: Endpoint, number: int, *, deleted: bool = False) -> Endpoint:
    return msgspec.structs.replace(of, version=number, deleted=deleted)


async def test_a_new_version_restarts_the_wire_and_keeps_its_cursors():
    polls, of = Polls(), endpoint(meter())
    fleet = Fleet(polls)
    known = Cursors(of.endpoint_id, [MeterCursor(meter_id=ANY_ID, profile_until=NOON)])
    await fleet.show(of, known)
    await asyncio.sleep(0)
    await fleet.show(version(of, 2))
    await asyncio.sleep(0)
    assert polls.running[of.endpoint_id].version == 2
    assert polls.cursors == [known, known]
    await fleet.close()


async def test_an_older_or_equal_version_changes_nothing():
    polls, of = Polls(), endpoint(meter(), version=3)
    fleet = Fleet(polls)
    await fleet.show(of)
    await fleet.show(version(of, 2, deleted=True))
    await fleet.show(version(of, 3))
    await asyncio.sleep(0)
    assert len(polls.cursors) == 1
    assert fleet.endpoint_ids == {of.endpoint_id}
    await fleet.close()


async def test_a_deleted_endpoint_ends_its_wire():
    polls, of = Polls(), endpoint(meter())
    fleet = Fleet(polls)
    await fleet.show(of)
    await asyncio.sleep(0)
    await fleet.show(version(of, 2, deleted=True))
    assert polls.running == {}
    assert fleet.endpoint_ids == frozenset()


async def test_an_older_version_does_not_revive_a_deleted_endpoint():
    """After a rebalance the log is read from its beginning, former versions included."""
    polls, of = Polls(), endpoint(meter(), version=2)
    fleet = Fleet(polls)
    await fleet.show(version(of, 2, deleted=True), Cursors(of.endpoint_id))
    await fleet.show(version(of, 1))
    await asyncio.sleep(0)
    assert polls.cursors == []
    await fleet.close()


async def test_an_endpoint_that_comes_back_goes_on_from_its_cursors():
    polls, of = Polls(), endpoint(meter())
    fleet = Fleet(polls)
    known = Cursors(of.endpoint_id, [MeterCursor(meter_id=ANY_ID, profile_until=NOON)])
    await fleet.show(of, known)
    await asyncio.sleep(0)
    await fleet.show(version(of, 2, deleted=True))
    await fleet.show(version(of, 3))
    await asyncio.sleep(0)
    assert polls.cursors == [known, known]
    await fleet.close()
    assert fleet.endpoint_ids == frozenset()


async def test_stopping_waits_until_the_wires_have_ended():
    polls = Polls()
    fleet = Fleet(polls)
    before = WIRES._value.get()
    for _ in range(5):
        await fleet.show(endpoint(meter()))
    await asyncio.sleep(0)
    assert len(polls.running) == 5
    assert WIRES._value.get() == before + 5
    await fleet.close()
    assert polls.running == {}
    assert WIRES._value.get() == before


async def test_a_wire_that_fails_is_started_anew(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("meter_poller.fleet.RESTART_SECONDS", (0.01,))
    polls, of = Polls(), endpoint(meter())
    polls.failures = 2
    fleet = Fleet(polls)
    with capture_logs() as lines:
        await fleet.show(of)
        async with asyncio.timeout(5):
            while len(polls.cursors) < 3:
                await asyncio.sleep(0.01)
    assert [line["event"] for line in lines] == ["wire.started", "wire.failed", "wire.failed"]
    assert of.endpoint_id in polls.running
    await fleet.close()
