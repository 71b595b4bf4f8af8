"""One wire with several meters: whose turn it is, and what a dead one costs the others."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pytest
from tests.unit.meter_poller.parts import (
    HALF_HOUR,
    NOON,
    MemoryLog,
    ScriptedMemoryMeter,
    endpoint,
    joined,
    meter,
    quick_settings,
    raw_slot,
)

from common.clock import FixedClock
from meter_poller.errors import BadEndpoint, ConnectionRefused, NoReply, WrongSerial
from meter_poller.publish import Cursors
from meter_poller.wires import WirePoller
from topics.metering import Endpoint
from topics.poller import INTERVAL_BLOCKS, JOURNAL_ENTRIES, LINK_STATES, REGISTER_SNAPSHOTS


class NoLink:
    closed = False

    async def close(self) -> None:
        self.closed = True


class Wire:
    """A wire poller over scripted meters."""

    def __init__(
        self,
        *,
        meters: int = 3,
        slots_each: int = 2,
        placed: bool = True,
        of: type[ScriptedMemoryMeter] = ScriptedMemoryMeter,
        **settings: Any,
    ) -> None:
        self.clock = FixedClock(NOON)
        self.log = MemoryLog()
        self.link = NoLink()
        self.endpoint: Endpoint = endpoint(*(meter(i + 1, serial=str(i + 1)) for i in range(meters)))
        self.meters = [
            of(each, clock=self.clock, slots=[raw_slot(NOON - i * HALF_HOUR, i) for i in range(slots_each, 0, -1)])
            for each in self.endpoint.meters
        ]
        by_id = {each.meter.meter_id: each for each in self.meters}
        self.poller = WirePoller(
            self.endpoint,
            Cursors(self.endpoint.endpoint_id),
            settings=quick_settings(**settings),
            clock=self.clock,
            sender=self.log,
            link_of=lambda _endpoint, _settings: self.link,
            driver_of=lambda of, _link, _settings, _clock: by_id[of.meter_id],
        )
        if placed:
            self.poller.take_places()

    async def steps(self, count: int) -> None:
        for _ in range(count):
            await self.poller.step()
            await self.poller.outbox.deliver_waiting()

    def slots(self, index: int) -> int:
        wanted = self.meters[index].meter.meter_id
        return len(joined(block for block in self.log.of(INTERVAL_BLOCKS) if block.meter_id == wanted))

    def states(self) -> list[dict[int, str | None]]:
        return [
            {self.index(link.meter_id): link.error_code for link in message.meters}
            for message in self.log.of(LINK_STATES)
        ]

    def index(self, meter_id: Any) -> int:
        return next(i for i, each in enumerate(self.meters) if each.meter.meter_id == meter_id)


def begins(meters: Iterable[ScriptedMemoryMeter]) -> list[int]:
    return [len(each.begins) for each in meters]


async def test_a_round_reads_every_meter_once_and_tells_their_state_once():
    wire = Wire()
    await wire.steps(1)
    assert [wire.slots(i) for i in range(3)] == [2, 2, 2]
    assert len(wire.log.of(REGISTER_SNAPSHOTS)) == 3
    assert wire.states() == [{0: None, 1: None, 2: None}]
    await wire.steps(2)
    assert len(wire.log.of(REGISTER_SNAPSHOTS)) == 6
    assert len(wire.states()) == 1
    assert wire.clock.now() == NOON + HALF_HOUR


async def test_a_dead_meter_costs_its_neighbours_one_attempt_a_round():
    """INVARIANT: the neighbours of a dead meter have their half hours, and it is asked once a round."""
    wire = Wire()
    wire.meters[0].fault = NoReply("silence")
    await wire.steps(1)
    assert [wire.slots(i) for i in range(3)] == [0, 2, 2]
    # It was not known to be dead: the second attempt comes after all others.
    assert len(wire.meters[0].begins) == 2
    assert wire.states() == [{0: "timeout", 1: None, 2: None}]
    for _ in range(3):
        before = len(wire.meters[0].begins)
        await wire.steps(2)
        assert len(wire.meters[0].begins) == before + 1
    assert len(wire.log.of(REGISTER_SNAPSHOTS)) == 8
    assert len(wire.states()) == 1


async def test_a_dead_meter_is_asked_last_and_its_recovery_is_told():
    wire = Wire()
    wire.meters[0].fault = NoReply("silence")
    await wire.steps(1)
    order: list[int] = []
    for i, each in enumerate(wire.meters):
        begin = each.begin

        async def noted(i: int = i, begin: Any = begin) -> None:
            order.append(i)
            await begin()

        each.begin = noted  # type: ignore[method-assign]
    wire.meters[0].fault = None
    await wire.steps(2)
    assert list(dict.fromkeys(order)) == [1, 2, 0]
    assert wire.states()[-1] == {0: None, 1: None, 2: None}
    assert wire.slots(0) == 2


async def test_one_garbled_reply_is_mended_within_the_round():
    wire = Wire()

    async def fail_once() -> None:
        del wire.meters[1].begin
        raise NoReply("noise")

    wire.meters[1].begin = fail_once  # type: ignore[method-assign]
    await wire.steps(1)
    assert wire.states() == [{0: None, 1: None, 2: None}]
    assert [wire.slots(i) for i in range(3)] == [2, 2, 2]


async def test_a_wrong_serial_number_is_not_tried_again_in_the_round():
    wire = Wire()
    wire.meters[0].fault = WrongSerial("another meter")
    await wire.steps(1)
    assert len(wire.meters[0].begins) == 1
    assert wire.states() == [{0: "wrong_serial", 1: None, 2: None}]
    assert wire.slots(0) == 0


async def test_a_wire_that_is_down_is_not_tried_for_each_meter():
    wire = Wire()
    for each in wire.meters:
        each.fault = ConnectionRefused("no gateway")
    await wire.steps(1)
    assert begins(wire.meters) == [1, 0, 0]
    assert wire.states() == [dict.fromkeys(range(3), "connection_refused")]


async def test_a_fault_of_ours_in_one_meter_leaves_the_others_alone():
    wire = Wire()
    wire.meters[0].fault = RuntimeError("our mistake")
    await wire.steps(1)
    assert wire.states() == [{0: "internal", 1: None, 2: None}]
    assert [wire.slots(i) for i in range(3)] == [0, 2, 2]


async def test_history_is_read_in_turns_between_the_rounds():
    wire = Wire(meters=2, slots_each=40, records_per_turn=10)
    await wire.steps(1)
    assert [wire.slots(i) for i in range(2)] == [10, 10]
    for expected in ([20, 10], [20, 20], [30, 20]):
        await wire.steps(1)
        assert [wire.slots(i) for i in range(2)] == expected


async def test_a_due_round_comes_before_history():
    wire = Wire(meters=2, slots_each=40, records_per_turn=10)
    await wire.steps(1)
    wire.clock.instant += HALF_HOUR
    await wire.steps(1)
    assert [wire.slots(i) for i in range(2)] == [20, 20]
    assert len(wire.log.of(REGISTER_SNAPSHOTS)) == 4


async def test_history_of_a_meter_that_fails_waits_for_the_next_round():
    wire = Wire(meters=2, slots_each=40, records_per_turn=10)
    await wire.steps(1)
    wire.meters[0].fault = NoReply("silence")
    await wire.steps(3)
    assert len(wire.meters[0].begins) == 4
    assert wire.slots(1) == 30
    assert wire.states()[-1] == {0: "timeout", 1: None}


async def test_journals_are_read_at_their_own_pace_after_the_half_hours():
    wire = Wire(meters=1)
    await wire.steps(7)
    reads = wire.meters[0].journal_reads
    assert reads == [NOON, NOON + 2 * HALF_HOUR]
    assert wire.log.of(JOURNAL_ENTRIES) == []


async def test_a_meter_that_is_late_is_asked_later():
    wire = Wire(meters=1)
    wire.meters[0].drift_seconds = -90.0
    await wire.steps(4)
    assert (wire.meters[0].begins[-1] - NOON) % HALF_HOUR == HALF_HOUR * 0.05


async def test_an_endpoint_that_cannot_be_polled_says_so_and_waits():
    log = MemoryLog()
    of = endpoint(meter(1, clock_zone="Mars/Olympus"), meter(2, credential="none"), meter(3, driver="abacus"))
    poller = WirePoller(of, Cursors(of.endpoint_id), settings=quick_settings(), clock=FixedClock(NOON), sender=log)
    with suppress(TimeoutError):
        await asyncio.wait_for(poller.run(), 0.05)
    (state,) = log.of(LINK_STATES)
    assert [link.error_code for link in state.meters] == [
        "bad_configuration",
        "unknown_credential",
        "bad_configuration",
    ]


async def test_an_unknown_protocol_fails_every_meter_of_the_endpoint():
    log = MemoryLog()
    of = endpoint(meter(1), meter(2), protocol="smoke-signals")
    poller = WirePoller(of, Cursors(of.endpoint_id), settings=quick_settings(), clock=FixedClock(NOON), sender=log)
    with suppress(TimeoutError):
        await asyncio.wait_for(poller.run(), 0.05)
    assert [link.error_code for link in log.of(LINK_STATES)[0].meters] == ["bad_configuration"] * 2


async def test_an_address_that_is_there_twice_is_polled_once():
    log = MemoryLog()
    of = endpoint(meter(1, serial="1"), meter(1, serial="2"))
    poller = WirePoller(of, Cursors(of.endpoint_id), settings=quick_settings(), clock=FixedClock(NOON), sender=log)
    poller.take_places()
    state = poller._states.take_change()
    assert state is not None
    assert [(link.meter_id, link.error_code) for link in state.meters] == [(of.meters[1].meter_id, "bad_configuration")]


async def test_stopping_delivers_what_waits_for_the_log():
    wire = Wire(meters=1, placed=False)
    wire.meters[0].fault = NoReply("silence")
    asked, plain = asyncio.Event(), wire.log.send

    async def never(_topic: object, _messages: object) -> None:
        asked.set()
        await asyncio.Event().wait()

    wire.log.send = never  # type: ignore[assignment,method-assign]
    task = asyncio.create_task(wire.poller.run())
    await asked.wait()
    wire.log.send = plain  # type: ignore[method-assign]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert wire.states() == [{0: "timeout"}]


async def test_stopping_closes_the_link():
    wire = Wire(placed=False)
    task = asyncio.create_task(wire.poller.run())
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert wire.link.closed


def test_a_bad_endpoint_is_a_fault_of_configuration():
    assert BadEndpoint("x").code == "bad_configuration"
