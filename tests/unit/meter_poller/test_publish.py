import asyncio
from datetime import timedelta

import pytest
from tests.unit.meter_poller.parts import ANY_ID, NOON, MemoryLog

from common.clock import FixedClock
from meter_poller.publish import Batch, Cursors, Delivery, Outbox, Step
from topics.poller import CURSORS, LINK_STATES, LinkState, MeterCursor

FORMER = MeterCursor(meter_id=ANY_ID, profile_until=NOON)
NEXT = MeterCursor(meter_id=ANY_ID, profile_until=NOON + timedelta(hours=1))
STATES = Batch(LINK_STATES, [LinkState(endpoint_id=ANY_ID, changed_at=NOON, meters=[])])


def delivery(log: MemoryLog, pauses: list[float]) -> Delivery:
    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    return Delivery(log, Cursors(ANY_ID, [FORMER]), clock=FixedClock(NOON), pauses_seconds=(0.2, 1.0), sleep=sleep)


async def test_the_cursor_moves_only_after_telemetry_and_cursor_are_acknowledged():
    """INVARIANT: at no moment does memory know of half hours that the broker does not have."""
    log, pauses = MemoryLog(), list[float]()
    sending = delivery(log, pauses)
    seen: list[tuple[str, MeterCursor]] = []
    log.on_send = lambda name: seen.append((name, sending.cursors.of(ANY_ID)))
    await sending.deliver(Step([STATES], NEXT))
    assert seen == [(LINK_STATES.name, FORMER), (CURSORS.name, FORMER)]
    assert sending.cursors.of(ANY_ID) == NEXT
    assert log.last_cursor.meters == [NEXT]


@pytest.mark.parametrize("taken", [0, 1])
async def test_a_log_that_is_away_is_waited_for_and_asked_again(taken: int):
    """INVARIANT: Busy repeats the same telemetry; the cursor is not sent before it is through."""
    log, pauses = MemoryLog(), list[float]()
    log.busy, log.taken = 3, taken
    sending = delivery(log, pauses)
    await sending.deliver(Step([STATES], NEXT))
    assert log.attempts == [LINK_STATES.name] * 4 + [CURSORS.name]
    assert pauses == [0.2, 1.0, 1.0]
    assert sending.cursors.of(ANY_ID) == NEXT


async def test_a_cursor_that_the_log_did_not_take_is_sent_again_before_memory_moves():
    log, pauses = MemoryLog(), list[float]()
    sending = delivery(log, pauses)

    def fail_once(name: str) -> None:
        if name == CURSORS.name and log.attempts.count(name) == 1:
            log.busy = 1

    log.on_send = fail_once
    await sending.deliver(Step([STATES], NEXT))
    assert log.attempts == [LINK_STATES.name, CURSORS.name, CURSORS.name]
    assert sending.cursors.of(ANY_ID) == NEXT


async def test_nothing_to_send_is_not_sent():
    log, pauses = MemoryLog(), list[float]()
    await delivery(log, pauses).deliver(Step([Batch(LINK_STATES, [])]))
    assert log.attempts == []


def test_the_message_holds_the_cursors_of_all_meters():
    other = MeterCursor(meter_id=NEXT.meter_id.__class__(int=9))
    cursors = Cursors(ANY_ID, [FORMER, other])
    assert {cursor.meter_id for cursor in cursors.replaced(NEXT).meters} == {ANY_ID, other.meter_id}
    assert cursors.of(ANY_ID) == FORMER


def test_an_unknown_meter_begins_from_nothing():
    assert Cursors(ANY_ID).of(ANY_ID) == MeterCursor(meter_id=ANY_ID)


async def test_an_outbox_takes_steps_while_the_log_is_away_and_delivers_them_in_order():
    log, pauses = MemoryLog(), list[float]()
    sending = delivery(log, pauses)
    outbox = Outbox(sending)
    log.busy = 2
    await outbox.put(Step([STATES]), Step((), NEXT))
    assert log.attempts == []
    await outbox.deliver_waiting()
    assert log.attempts == [LINK_STATES.name] * 3 + [CURSORS.name]
    assert sending.cursors.of(ANY_ID) == NEXT


async def test_a_full_outbox_holds_its_wire_back():
    outbox = Outbox(delivery(MemoryLog(), []), limit=1)
    await outbox.put(Step([STATES]))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(outbox.put(Step([STATES])), 0.01)


async def test_a_step_that_was_cancelled_half_way_is_not_passed_by_the_next():
    """INVARIANT: no cursor moves past telemetry whose delivery was cut short."""
    log = MemoryLog()
    sending = delivery(log, [])
    outbox = Outbox(sending)
    stuck = asyncio.Event()
    plain = log.send

    async def never(_topic: object, _messages: object) -> None:
        stuck.set()
        await asyncio.Event().wait()

    log.send = never  # type: ignore[assignment,method-assign]
    await outbox.put(Step([STATES]), Step((), NEXT))
    running = asyncio.create_task(outbox.run())
    await stuck.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    log.send = plain  # type: ignore[method-assign]
    await outbox.deliver_waiting()
    assert log.attempts == [LINK_STATES.name, CURSORS.name]
    assert sending.cursors.of(ANY_ID) == NEXT
